import type { Json } from '../../api/verb.ts';
import type { SelfTestCase, SelfTestResult, selfTestVerb } from '../../api/verbs/run/serve-selftest.ts';
import { escapeText } from '../../core/text/quote.ts';
import { placeOf, shownValue } from '../../registry/inspect/test-failure.ts';
import { counted } from '../format.ts';
import { viewOf, type Style } from '../view.ts';

/** One line for each way, and one for each case that does not match. */
export const selfTestView = viewOf<SelfTestResult, Json<typeof selfTestVerb>>()({
  json: (result) => result,
  text: (result, style) => [headline(result, style), ...wayLines(result, style)].join('\n'),
  plain: ({ ref, verdict, cases }) => [
    ['ref', ref],
    ['verdict', verdict],
    ...cases.map((one) => ['case', one.case, one.way, outcomeOf(one), one.skipped ?? one.error ?? null]),
  ],
  quiet: ({ ref }) => [ref],
});

const names = { 'rest-json': 'REST with JSON', 'rest-binary': 'REST with binary tensors', grpc: 'gRPC' };

function headline({ ref, verdict, url, started }: SelfTestResult, { color }: Style): string {
  const where = started ? 'a server of its own' : escapeText(url);
  if (verdict === 'pass')
    return `${color.green('✓')} ${where} answers for ${color.bold(ref)} as its golden set says`;
  return verdict === 'fail'
    ? `${color.red('✗')} ${where} does not answer for ${color.bold(ref)} as its golden set says`
    : `${color.yellow('○')} ${color.bold(ref)}: nothing could be compared`;
}

function wayLines({ cases }: SelfTestResult, style: Style): string[] {
  return [...Map.groupBy(cases, ({ way }) => way)].flatMap(([way, its]) => {
    const matching = its.filter(({ match }) => match === true).length;
    const skipped = its.filter((one) => one.skipped !== undefined).length;
    const some = skipped === 0 ? '' : `, ${skipped} skipped`;
    return [
      `  ${names[way]}: ${matching} of ${counted(its.length, 'case')} match${some}`,
      ...its.filter((one) => one.match !== true).map((one) => caseLine(one, style)),
    ];
  });
}

function caseLine(one: SelfTestCase, { color }: Style): string {
  const name = escapeText(one.case);
  if (one.skipped !== undefined)
    return `    ${color.yellow('○')} ${name}  skipped: ${escapeText(one.skipped)}`;
  if (one.error !== undefined) return `    ${color.red('✗')} ${name}  ${escapeText(one.error)}`;
  const { worst } = one;
  if (worst === null) return `    ${color.red('✗')} ${name}  an output is missing`;
  const values = `expected ${shownValue(worst.expected, worst)}, got ${shownValue(worst.actual, worst)}`;
  return `    ${color.red('✗')} ${name}  ${placeOf(worst)}: ${values}`;
}

function outcomeOf({ match, error }: SelfTestCase): string {
  if (error !== undefined) return 'error';
  return match === null ? 'skipped' : match ? 'match' : 'mismatch';
}
