import { Argument, type Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/quote.ts';
import { jsonText } from '../../render/json-text.ts';
import type { Act } from '../command-module.ts';
import { commandTable } from '../command-table.ts';
import type { CommandHelp } from '../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('schema')
    .addArgument(
      // What is none of them is refused below, with what can be typed instead.
      new Argument('<of>', 'metadata, policy or output')
        .choices(['metadata', 'policy', 'output'])
        .argParser((text: string) => text),
    )
    .argument('[command]', 'of the output: only what this command prints; or error')
    .summary('print the JSON Schema of a metadata or policy file, or of the output')
    .description(
      'Prints a JSON Schema (draft 2020-12): "metadata" of the file that register --metadata takes, "policy" of the one that policy apply takes, "output" of what the commands print with --json, ' +
        'of all of them or of one. Fields of the output are added, never renamed or removed. The schema is JSON with or without --json.',
    )
    .action(
      act(async (session, of: string, command: string | undefined) => {
        const [published, { oneCommand }] = await Promise.all([
          import('../../schemas/published.ts'),
          import('../../schemas/one-command.ts'),
        ]);
        if (of === 'metadata' && command === undefined)
          return session.output.print(jsonText(published.metadata, 2));
        if (of === 'policy' && command === undefined)
          return session.output.print(jsonText(published.policy, 2));
        if (of !== 'output') throw unknownSchema(command === undefined ? of : `${of} ${command}`);
        if (command === undefined) return session.output.print(jsonText(published.output, 2));
        const name = commandTable.find(({ names }) => names.includes(command))?.names[0] ?? command;
        const schema = oneCommand(published.output, name);
        if (schema === undefined) throw unknownSchema(`output ${command}`);
        session.output.print(jsonText(schema, 2));
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['What a metadata file may hold, for an editor or a check:', 'mlreg schema metadata'],
      ['What a policy may hold:', 'mlreg schema policy'],
      ['What scripts get from show:', 'mlreg schema output show'],
      ['What they get on stderr where the exit code is not 0:', 'mlreg schema output error'],
    ],
    output: 'The schema itself is the JSON, with and without --json.',
    exitCodes: { 2: 'there is no such schema' },
    seeAlso: ['register', 'policy', 'show', 'metadata'],
  };
}

function unknownSchema(what: string): MlregError {
  return new MlregError('USAGE', `there is no schema of ${quote(what)}`, {
    hint: 'mlreg schema metadata, mlreg schema policy, mlreg schema output, or mlreg schema output COMMAND',
  });
}
