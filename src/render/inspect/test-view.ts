import type { Json } from '../../api/verb.ts';
import type { testVerb } from '../../api/verbs/run/test.ts';
import { escapeText } from '../../core/text/quote.ts';
import { placeOf, shownAllowance, shownValue } from '../../registry/inspect/test-failure.ts';
import { casesBySet, type TestCase, type TestResult } from '../../registry/inspect/test-result.ts';
import { counted, facts, number, shortHash } from '../format.ts';
import { viewOf, type Style } from '../view.ts';

export const testView = viewOf<TestResult, Json<typeof testVerb>>()({
  json: ({ warnings: _warnings, ...result }) => result,
  text: (result, style) =>
    [
      headline(result, style),
      ...casesBySet(result).flatMap((each) => setLines(each, result.goldenSets.length > 1, style)),
      ...leftOut(result, style),
    ].join('\n'),
  plain: ({ ref, verdict, status, skippedOutputs, error, ...result }) => [
    ['ref', ref],
    ['verdict', verdict],
    ['status', status],
    ...(error === null ? [] : [['error', error.case, error.message]]),
    ...casesBySet(result).flatMap(({ set, cases }) => [
      ['golden', set.source, set.digest, ...(set.self ? ['self'] : [])],
      ...cases.map((one) => ['case', one.case, outcomeOf(one), ...detail(one)]),
    ]),
    ...skippedOutputs.map(({ name, type }) => ['not_compared', name, type]),
  ],
  quiet: ({ ref }) => [ref],
});

function headline({ ref, verdict, status, error, cases, goldenSets }: TestResult, { color }: Style): string {
  const [first] = goldenSets;
  const whose = first?.source === 'file' ? 'the' : 'its';
  const self = goldenSets.length === 1 && first?.self === true ? ', which it made itself' : '';
  const sets = goldenSets.length === 1 ? `golden set${self}` : `${goldenSets.length} golden sets`;
  const count = counted(cases.length, 'case');
  const name = color.bold(ref);
  if (verdict === 'pass') {
    const skipped = cases.filter((one) => one.skipped !== undefined).length;
    const some = skipped === 0 ? count : `${count}, ${skipped} skipped`;
    return `${color.green('✓')} outputs of ${name} match ${whose} ${sets} ${color.dim(`(${some})`)}`;
  }
  if (verdict === 'fail') {
    const differing = cases.filter(({ match }) => match === false).length;
    return `${color.red('✗')} outputs of ${name} differ from ${whose} ${sets} in ${differing} of ${count}`;
  }
  if (status === 'ok') {
    const what = goldenSets.length === 1 ? 'nothing' : 'nothing of a golden set';
    return `${color.yellow('○')} ${name}: ${what} could be compared ${color.dim(`(${count})`)}`;
  }
  const where = error?.case === null || error === null ? '' : ` in ${escapeText(error.case)}`;
  return `${color.red('✗')} ${name} ${status}${where}: ${escapeText(error?.message ?? '')}`;
}

/** If there are several sets, each has a line of its own before its cases. */
function setLines(
  { set, cases }: ReturnType<typeof casesBySet>[number],
  several: boolean,
  style: Style,
): string[] {
  const lines = cases.flatMap((one) => caseLines(one, style));
  if (!several) return lines;
  const about = set.self ? 'added, made from its own outputs' : set.source;
  const title = `  golden set ${shortHash(set.digest ?? '')}  ${style.color.dim(about)}`;
  return [title, ...lines.map((line) => indent(line, '  '))];
}

function outcomeOf({
  match,
  error,
  skipped,
}: TestCase): 'match' | 'mismatch' | 'error' | 'skipped' | 'unknown' {
  if (match !== null) return match ? 'match' : 'mismatch';
  if (skipped !== undefined) return 'skipped';
  return error === undefined ? 'unknown' : 'error';
}

/** Columns of a pipe. */
function detail({ worst, skipped, error }: TestCase): (string | number | null)[] {
  if (worst === null) return [skipped ?? error ?? null];
  const { output, index, expected, actual, abs, rel } = worst;
  return [output, index === null ? null : index.join(','), String(expected), String(actual), abs, rel];
}

function caseLines(one: TestCase, style: Style): string[] {
  const { color } = style;
  const { worst, skipped, error, outputs } = one;
  const name = escapeText(one.case);
  if (skipped !== undefined) return [`  ${color.yellow('○')} ${name}  skipped: ${escapeText(skipped)}`];
  if (error !== undefined) return [`  ${color.red('✗')} ${name}  error: ${escapeText(error)}`];
  if (one.match === null) return [];
  const mark = one.match ? color.green('✓') : color.red('✗');
  if (worst === null) return [`  ${mark} ${name}  ${color.dim('equal')}`];
  if (one.match) {
    const off = `off by at most ${measured(worst.abs ?? 0)}, at ${placeOf(worst)}`;
    return [`  ${mark} ${name}  ${color.dim(off)}`];
  }
  const { mismatches = 0, elements = 0 } = outputs.find(({ output }) => output === worst.output) ?? {};
  const others = outputs.filter(({ match, output }) => !match && output !== worst.output).length;
  const more = others === 0 ? '' : `, and in ${counted(others, 'more output')}`;
  const count =
    worst.index === null ? '' : `  ${color.dim(`${mismatches} of ${elements} elements differ${more}`)}`;
  return [`  ${mark} ${name}  ${placeOf(worst)}${count}`, indent(difference(worst, style))];
}

function difference(worst: NonNullable<TestCase['worst']>, { color }: Style): string {
  const { abs, rel, expected } = worst;
  const share = typeof rel === 'number' ? `, ${measured(100 * rel)}% of the expected value` : '';
  return facts(
    [
      ['expected', shownValue(expected, worst)],
      ['got', shownValue(worst.actual, worst)],
      ['off by', abs === null ? undefined : `${measured(abs)}${share}`],
      ['allowed', shownAllowance(worst, measured)],
    ],
    color.dim,
  );
}

/** The outputs that were not compared. */
function leftOut({ skippedOutputs, cases }: TestResult, { color }: Style): string[] {
  const types = new Map(skippedOutputs.map(({ name, type }) => [name, type]));
  const names = new Set([...types.keys(), ...cases.flatMap((one) => one.skippedOutputs)]);
  if (names.size === 0) return [];
  const shown = [...names].map(
    (name) => `${escapeText(name)}${types.has(name) ? ` ${escapeText(types.get(name) ?? '')}` : ''}`,
  );
  return [facts([['not compared', shown.join(', ')]], color.dim)];
}

function measured(value: number | string): string {
  return typeof value === 'number' ? number(value, 3) : value;
}

function indent(text: string, by = '    '): string {
  return text.replaceAll(/^/gm, by);
}
