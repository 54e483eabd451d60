import { Option, type Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseStageName, type StageName, type ModelName } from '../../core/versions/reference.ts';
import { parseExpectedHolder } from '../../core/versions/expected-holder.ts';
import type { Version } from '../../core/versions/version.ts';

/** The values of the options that name a command's stage. */
export interface StageFlags {
  to?: string;
  stage?: string;
}

/** The options that a command has for its stage. */
export type StageWays = readonly ('--to' | '--stage')[];

/** For commands that bring a version to a stage. */
export const toStage: StageWays = ['--to', '--stage'];
/** For commands about a model's stage. */
export const ofStage: StageWays = ['--stage'];

/**
 * Adds the ways to name the stage of a command: an argument after those it has, and options that
 * mean the same. `otherwise` is the stage if none is given.
 */
export function addStageArgument(command: Command, ways: StageWays, otherwise?: StageName): Command {
  const standard = otherwise === undefined ? '' : ` (default ${otherwise})`;
  command.argument('[stage]', `stage, for example staging${standard}; ${ways.join(' or ')} also names it`);
  for (const way of ways) command.option(`${way} <stage>`, 'stage, instead of the argument');
  return command;
}

/** The stage that a command line names, once or several times; undefined if it names none. */
export function givenStage(argument: string | undefined, { to, stage }: StageFlags): StageName | undefined {
  const given = [
    { text: argument, typed: argument },
    { text: to, typed: `--to ${to}` },
    { text: stage, typed: `--stage ${stage}` },
  ].flatMap(({ text, typed }) => (text === undefined ? [] : [{ name: parseStageName(text), typed }]));
  const [first] = given;
  const other = given.find(({ name }) => name !== first?.name);
  if (first === undefined || other === undefined) return first?.name;
  throw new MlregError('USAGE', `two different stages: ${first.typed} and ${other.typed}`, {
    hint: 'omit one of them',
  });
}

/** As `givenStage`. USAGE if no stage is named: `typed` is the command line without it. */
export function requiredStage(
  argument: string | undefined,
  flags: StageFlags,
  { typed, ways }: { typed: string; ways: StageWays },
): StageName {
  const stage = givenStage(argument, flags);
  if (stage !== undefined) return stage;
  throw new MlregError('USAGE', 'the stage is missing', {
    hint: `${typed} STAGE, or ${ways.map((way) => `${way} STAGE`).join(', or ')} instead of STAGE`,
  });
}

/** For commands that move a stage; `readExpect` reads it. */
export function expectOption(): Option {
  return new Option(
    '--expect <version>',
    'only if this version of the model holds the stage ("none": only if it is empty)',
  );
}

/** The value of `--expect` as a part of a verb's input: no key if it was not given. */
export function readExpect(text: string | undefined, name: ModelName): { expect?: Version | 'none' } {
  return text === undefined ? {} : { expect: parseExpectedHolder(text, name, '--expect') };
}
