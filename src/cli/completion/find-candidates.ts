import type { Argument, Command, Option } from 'commander';
import { parseModelName, parseReference } from '../../core/versions/reference.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Suggestion } from '../../registry/inspect/suggest.ts';
import { commandTable } from '../command-table.ts';
import { topics } from '../help/topics.ts';
import { endsValues, findOption, nextArgument, readWords, takesValue, type TypedLine } from './read-words.ts';

/** What can replace the word that is being typed. */
export interface Candidates {
  suggestions: Suggestion[];
  /** Ask the shell to complete paths after `lead`, with which the word begins. */
  paths?: { kind: 'files' | 'folders'; lead: string };
}

type Verbs = typeof import('../../registry/inspect/suggest.ts');
type Ask = (verbs: Verbs, registry: Registry) => Promise<Suggestion[]>;

/**
 * Asks the registry of the command line: `flag` is its `--registry`. Resolves to nothing if there
 * is no registry.
 */
export type AskRegistry = (flag: string | undefined, ask: Ask) => Promise<Suggestion[]>;

const nothing: Candidates = { suggestions: [] };
const limit = 200;
/** Metrics are collected from as many versions as `trend` draws by default. */
const trendLimit = 30;

/**
 * `words` are the words after `mlreg`; the last one is being typed. Commands, options and fixed
 * values come from the definitions of `program`. The placeholder of an argument or a value says
 * what it is: `<ref>`, `<stage>`, `<[name=]path>`.
 */
export async function findCandidates(
  program: Command,
  words: readonly string[],
  askRegistry: AskRegistry,
): Promise<Candidates> {
  const typed = words.at(-1) ?? '';
  const line = readWords(program, words.slice(0, -1));
  if (line === undefined) return nothing;
  if (line.awaits !== undefined && !endsValues(line, typed))
    return awaited(line, line.awaits, typed, askRegistry);
  if (typed.startsWith('-') && !line.onlyOperands) {
    const [, flag = '', value] = /^(--[^=]+)=(.*)$/s.exec(typed) ?? [];
    if (value === undefined) return begun(typed, optionsOf(line.command));
    const option = findOption(line.command, flag);
    if (option === undefined || !takesValue(option)) return nothing;
    return behind(`${flag}=`, await valuesOf(line, option, value, askRegistry));
  }
  const subcommands = line.operands.length === 0 ? commandsOf(line.command) : [];
  const argument = nextArgument(line);
  if (argument === undefined) return begun(typed, subcommands);
  if (argument.name() === 'topic')
    return begun(typed, line.operands.length > 0 ? [] : [...commandsOf(program), ...topicsToo()]);
  if (argument.name() === 'command') return begun(typed, line.operands[0] === 'output' ? described() : []);
  const values = await valuesOf(line, argument, typed, askRegistry);
  return { ...values, suggestions: [...begun(typed, subcommands).suggestions, ...values.suggestions] };
}

/** Values of an option. After the values of a variadic option, a reference can follow as well. */
async function awaited(
  line: TypedLine,
  option: Option,
  typed: string,
  askRegistry: AskRegistry,
): Promise<Candidates> {
  const values = await valuesOf(line, option, typed, askRegistry);
  const argument = line.values.has(option.long ?? '') ? nextArgument(line) : undefined;
  if (!option.variadic || argument === undefined) return values;
  const { suggestions } = await valuesOf(line, argument, typed, askRegistry);
  return { ...values, suggestions: [...values.suggestions, ...suggestions] };
}

async function valuesOf(
  line: TypedLine,
  place: Option | Argument,
  typed: string,
  askRegistry: AskRegistry,
): Promise<Candidates> {
  if (place.argChoices !== undefined) {
    return begun(
      typed,
      place.argChoices.map((word) => ({ word, about: '' })),
    );
  }
  const placeholder = 'flags' in place ? (/<(.+)>/.exec(place.flags)?.[1] ?? '') : place.name();
  if (placeholder === 'axis=values...') return begun(typed, await axes(line, askRegistry));
  const ask = askFor(placeholder, typed, line.operands[0]);
  if (ask === undefined) return pathsFor(placeholder, typed);
  return begun(typed, await askRegistry(line.values.get('--registry'), ask));
}

/** `operand` is the command's first argument: the model that a stage or a version belongs to. */
function askFor(placeholder: string, typed: string, operand: string | undefined): Ask | undefined {
  const model = () => parseModelName(/^(?:models:\/{1,3})?([^@#]*)/.exec(operand ?? '')?.[1] ?? '');
  switch (placeholder) {
    case 'ref':
    case 'refs':
      return ({ suggestReferences }, registry) => suggestReferences(registry, { start: typed, limit });
    case 'name':
      return ({ suggestModels }, registry) => suggestModels(registry, { start: typed, limit });
    case 'stage':
      return ({ suggestStages }, registry) =>
        suggestStages(registry, operand === undefined ? undefined : model());
    case 'id':
      return ({ suggestBenches }, registry) => suggestBenches(registry, { start: typed, limit });
    case 'version':
      return ({ suggestVersions }, registry) =>
        suggestVersions(registry, { name: model(), start: typed, limit });
    case 'metric':
      return ({ suggestMetrics }, registry) => suggestMetrics(registry, { name: model(), limit: trendLimit });
    case 'key':
      return ({ suggestTags }, registry) => suggestTags(registry, parseReference(operand ?? ''));
    default:
      return undefined;
  }
}

/** The axes of the named model, or else those that every model has. */
async function axes(line: TypedLine, askRegistry: AskRegistry): Promise<Suggestion[]> {
  const { axesOf } = await import('../../bench/plan/matrix-axes.ts');
  const [operand] = line.operands;
  const asWords = (names: string[]): Suggestion[] => names.map((name) => ({ word: `${name}=`, about: '' }));
  const own = await askRegistry(line.values.get('--registry'), async ({ inputsOf }, registry) =>
    operand === undefined ? [] : asWords(axesOf(await inputsOf(registry, parseReference(operand)))),
  );
  return own.length > 0 ? own : asWords(axesOf([]));
}

/** The names under which there is a schema: of commands, and `error`. */
function described(): Suggestion[] {
  const names = commandTable.flatMap((entry) => entry.names).filter((name) => name !== 'schema');
  return [...names, 'error'].map((word) => ({ word, about: '' }));
}

/** `<file>`, `<dir>`, `<[name=]path>` */
function pathsFor(placeholder: string, typed: string): Candidates {
  const [, prefix = '', what = ''] = /^(\[.*=\])?(path|file|dir)$/.exec(placeholder) ?? [];
  if (what === '') return nothing;
  const lead = prefix === '' ? '' : typed.slice(0, typed.indexOf('=') + 1);
  return { suggestions: [], paths: { kind: what === 'dir' ? 'folders' : 'files', lead } };
}

function optionsOf(command: Command): Suggestion[] {
  const options = command.createHelp().visibleOptions(command);
  return options.map((option) => ({ word: option.long ?? option.flags, about: option.description }));
}

function commandsOf(parent: Command): Suggestion[] {
  const help = parent.createHelp();
  return help.visibleCommands(parent).flatMap((command) =>
    [command.name(), ...command.aliases()].map((word) => ({
      word,
      about: help.subcommandDescription(command),
    })),
  );
}

function topicsToo(): Suggestion[] {
  return Object.entries(topics).map(([word, about]) => ({ word, about }));
}

function begun(typed: string, suggestions: Suggestion[]): Candidates {
  return { suggestions: suggestions.filter(({ word }) => word.startsWith(typed)).slice(0, limit) };
}

/** The same candidates as values after `--flag=`. */
function behind(flag: string, { suggestions, paths }: Candidates): Candidates {
  return {
    suggestions: suggestions.map(({ word, about }) => ({ word: flag + word, about })),
    ...(paths === undefined ? {} : { paths: { ...paths, lead: flag + paths.lead } }),
  };
}
