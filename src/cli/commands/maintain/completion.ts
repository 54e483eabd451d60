import { Argument, type Command } from 'commander';
import type { Act } from '../../command-module.ts';
import { shells, type Shell } from '../../completion-script.ts';
import type { CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('completion')
    .addArgument(new Argument('<shell>', 'shell to complete in').choices(shells))
    .summary('print a script that completes commands in your shell')
    .description(
      'Prints a script for your shell that completes commands, flags, models, versions and stages as you type. The script calls mlreg, ' +
        'so it does not change when mlreg is upgraded.',
    )
    .action(
      act(async (session, shell: Shell) => {
        const [{ completionScript }, { completionView }] = await Promise.all([
          import('../../completion-script.ts'),
          import('../../../render/completion-view.ts'),
        ]);
        await session.output.show('completion', completionView, { shell, script: completionScript(shell) });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['bash, as a line of ~/.bashrc:', 'eval "$(mlreg completion bash)"'],
      [
        'zsh, in a folder that fpath names before compinit runs:',
        'mkdir -p ~/.zfunc && mlreg completion zsh > ~/.zfunc/_mlreg',
      ],
      [
        'fish:',
        'mkdir -p ~/.config/fish/completions &&\n  mlreg completion fish > ~/.config/fish/completions/mlreg.fish',
      ],
    ],
    output: 'In other forms the script alone.',
    exitCodes: { 2: 'unknown shell' },
    seeAlso: ['references'],
  };
}
