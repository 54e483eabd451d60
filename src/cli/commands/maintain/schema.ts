import { Argument, type Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { jsonText } from '../../../render/json-text.ts';
import type { Act } from '../../command-module.ts';
import { commandTable } from '../../command-table.ts';
import type { CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('schema')
    .addArgument(
      // Other words are refused below, with a list of what to type instead.
      new Argument('<of>', 'metadata, policy or output')
        .choices(['metadata', 'policy', 'output'])
        .argParser((text: string) => text),
    )
    .argument('[command]', 'with output: only this command, or error')
    .summary('print the JSON Schema of a metadata or policy file, or of the output')
    .description(
      'Prints a JSON Schema (draft 2020-12): "metadata" for the file of register --metadata, "policy" for the file of policy apply, "output" for what the commands print with --json, ' +
        'all of them or one. Output fields may be added, but are never renamed or removed. The schema is printed as JSON with or without --json.',
    )
    .action(
      act(async (session, of: string, command: string | undefined) => {
        const [published, { oneCommand }] = await Promise.all([
          import('../../../api/published.ts'),
          import('../../../api/one-command.ts'),
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
      ['Schema of a metadata file, for an editor or a check:', 'mlreg schema metadata'],
      ['Schema of a policy:', 'mlreg schema policy'],
      ['The JSON output of show:', 'mlreg schema output show'],
      ['The JSON error on stderr:', 'mlreg schema output error'],
    ],
    output: 'The schema as JSON, with or without --json.',
    exitCodes: { 2: 'no such schema' },
    seeAlso: ['register', 'policy', 'show', 'metadata'],
  };
}

function unknownSchema(what: string): MlregError {
  return new MlregError('USAGE', `no schema ${quote(what)}`, {
    hint: 'mlreg schema metadata, mlreg schema policy, mlreg schema output, or mlreg schema output COMMAND',
  });
}
