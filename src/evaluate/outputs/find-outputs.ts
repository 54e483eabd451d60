import type { EvaluationTask } from '../../core/measurements/evaluation.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { CollectedOutput } from '../../predict/collected-rows.ts';

/** Outputs that a user names, instead of those that type and shape tell. */
export interface NamedOutputs {
  label?: string | undefined;
  probability?: string | undefined;
  prediction?: string | undefined;
}

/** What is evaluated: classes, by their label, their probabilities or both; or numbers. */
export type EvaluatedOutputs =
  | { task: 'classification'; label: CollectedOutput | null; probability: CollectedOutput | null }
  | { task: 'regression'; prediction: CollectedOutput };

/** What the cells of the target say about the task. */
export interface TargetFacts {
  /** All are numbers. */
  numeric: boolean;
  /** All are whole numbers. */
  whole: boolean;
  /** How many different ones there are. */
  distinct: number;
}

/**
 * Finds the outputs to evaluate. Labels are integers, booleans or strings, one per row;
 * probabilities floats, several per row, or one if there are two classes; numbers one per row.
 * INVALID_INPUT, naming the option, where several outputs or none fit.
 */
export function findOutputs(
  outputs: readonly CollectedOutput[],
  { task: asked, named, target }: { task: EvaluationTask | 'auto'; named: NamedOutputs; target: TargetFacts },
): EvaluatedOutputs {
  refuseMixed(asked, named);
  const task = asked === 'auto' ? guessTask(outputs, named, target) : asked;
  if (task === 'regression') return { task, prediction: findPrediction(outputs, named.prediction) };
  const label =
    named.label === undefined
      ? findLabel(outputs, named.probability)
      : widthOne(byName(outputs, named.label, '--label-output'), '--label-output');
  const probability =
    named.probability === undefined
      ? findProbability(outputs, label)
      : floats(byName(outputs, named.probability, '--probability-output'), '--probability-output');
  if (label === null && probability === null)
    throw none(outputs, 'classes', '--label-output NAME or --probability-output NAME');
  return { task, label, probability };
}

/**
 * By what is named; else numbers where a target is no whole number, or where all that the model
 * gives is one float per row, except for two classes, which such a float may be the probability of.
 */
function guessTask(
  outputs: readonly CollectedOutput[],
  named: NamedOutputs,
  { numeric, whole, distinct }: TargetFacts,
): EvaluationTask {
  if (named.prediction !== undefined) return 'regression';
  if (named.label !== undefined || named.probability !== undefined || !numeric) return 'classification';
  const single = outputs.filter((output) => isFloat(output) && output.width === 1);
  const several = outputs.some((output) => isFloat(output) && output.width > 1);
  if (!whole && several && single.length === 0) throw fractions(outputs);
  if (!whole) return 'regression';
  if (outputs.some(isLabel) || several) return 'classification';
  return distinct <= 2 && single.length === 1 && single.every(isShare) ? 'classification' : 'regression';
}

function fractions(outputs: readonly CollectedOutput[]): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `the target has numbers with fractions, but the model gives classes: ${listed(outputs)}`,
    { hint: 'check --target; to compare numbers anyway: --task regression' },
  );
}

function refuseMixed(task: EvaluationTask | 'auto', { label, probability, prediction }: NamedOutputs): void {
  const ofClasses =
    label !== undefined ? '--label-output' : probability !== undefined ? '--probability-output' : undefined;
  if (prediction !== undefined && (ofClasses !== undefined || task === 'classification'))
    throw mixed('--prediction-output', ofClasses ?? '--task classification');
  if (ofClasses !== undefined && task === 'regression') throw mixed(ofClasses, '--task regression');
}

function mixed(one: string, other: string): MlregError {
  return new MlregError('USAGE', `${one} and ${other} cannot be used together`, {
    hint: 'labels and probabilities are for classification, --prediction-output is for regression',
  });
}

function findPrediction(outputs: readonly CollectedOutput[], name: string | undefined): CollectedOutput {
  const flag = '--prediction-output';
  if (name !== undefined) {
    const output = widthOne(byName(outputs, name, flag), flag);
    if (output.dtype !== 'string' && output.dtype !== 'bool') return output;
    throw new MlregError('INVALID_INPUT', `${flag} ${quote(name)} is ${output.dtype}, not a number`, {
      hint: `numbers: ${listed(outputs.filter((one) => one.dtype !== 'string' && one.dtype !== 'bool'))}`,
    });
  }
  const single = outputs.filter(({ width }) => width === 1);
  const found = single.filter(isFloat);
  const whole = single.filter((output) => /int/.test(output.dtype));
  const chosen = only(found, 'number', flag) ?? only(whole, 'number', flag);
  if (chosen === null) throw none(outputs, 'a number per row', `${flag} NAME`);
  return chosen;
}

function findLabel(
  outputs: readonly CollectedOutput[],
  probability: string | undefined,
): CollectedOutput | null {
  const found = outputs.filter((output) => isLabel(output) && output.name !== probability);
  const named = found.filter(({ name }) => /label|class|predict/i.test(name));
  return only(named.length === 1 ? named : found, 'label', '--label-output');
}

function findProbability(
  outputs: readonly CollectedOutput[],
  label: CollectedOutput | null,
): CollectedOutput | null {
  const other = outputs.filter((output) => isFloat(output) && output.name !== label?.name);
  const wide = other.filter(({ width }) => width > 1);
  const found = wide.length > 0 ? wide : other;
  const named = found.filter(({ name }) => /prob|score|softmax|sigmoid/i.test(name));
  // Beside a label, a number need not be a probability.
  if (wide.length === 0 && label !== null && named.length === 0)
    return found.length === 1 && found.every(isShare) ? (found[0] ?? null) : null;
  return only(named.length === 1 ? named : found, 'probability', '--probability-output');
}

function only(found: readonly CollectedOutput[], what: string, flag: string): CollectedOutput | null {
  const [first, second] = found;
  if (second === undefined) return first ?? null;
  throw new MlregError(
    'INVALID_INPUT',
    `several outputs of the model could be the ${what}: ${listed(found)}`,
    { hint: `name it: ${flag} ${first?.name}` },
  );
}

function byName(outputs: readonly CollectedOutput[], name: string, flag: string): CollectedOutput {
  const found = outputs.find((output) => output.name === name);
  if (found !== undefined) return found;
  throw new MlregError('INVALID_INPUT', `${flag}: the model has no output ${quote(name)} that can be read`, {
    hint: `its outputs: ${listed(outputs)}`,
  });
}

function widthOne(output: CollectedOutput, flag: string): CollectedOutput {
  if (output.width === 1) return output;
  throw new MlregError(
    'INVALID_INPUT',
    `${flag} ${quote(output.name)} has ${output.width} values per row, not one`,
    { hint: 'name an output with one value per row; probabilities are --probability-output' },
  );
}

function floats(output: CollectedOutput, flag: string): CollectedOutput {
  if (isFloat(output)) return output;
  throw new MlregError('INVALID_INPUT', `${flag} ${quote(output.name)} is ${output.dtype}, not float`, {
    hint: 'name an output of floats; labels are --label-output',
  });
}

function none(outputs: readonly CollectedOutput[], what: string, flags: string): MlregError {
  return new MlregError('INVALID_INPUT', `no output of the model gives ${what}: it has ${listed(outputs)}`, {
    hint: `name the output: ${flags}, or choose another --task`,
  });
}

function listed(outputs: readonly CollectedOutput[]): string {
  if (outputs.length === 0) return 'none that can be read';
  return outputs
    .map(({ name, dtype, width }) => `${quote(name)} (${dtype}${width === 1 ? '' : `, ${width} per row`})`)
    .join(', ');
}

function isFloat({ dtype }: CollectedOutput): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}

function isLabel(output: CollectedOutput): boolean {
  return output.width === 1 && !isFloat(output);
}

/** Whether all values are from 0 to 1. */
function isShare({ data }: CollectedOutput): boolean {
  return (data as Float64Array).every((value) => value >= 0 && value <= 1);
}
