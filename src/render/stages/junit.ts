import { escapeText } from '../../core/text/quote.ts';
import type { CheckPromotionResult } from '../../registry/stages/check-promotion.ts';

/** The gates as JUnit test cases: a failed gate is a failure, an inconclusive one an error. */
export function junit({ ref, stage, gates }: CheckPromotionResult): string {
  const count = (verdict: string): number => gates.filter((gate) => gate.verdict === verdict).length;
  const counts = `tests="${gates.length}" failures="${count('fail')}" errors="${count('inconclusive')}"`;
  const suite = attribute(`${ref} to ${stage}`);
  const cases = gates.map(({ gate, verdict, observed, threshold, reason }) => {
    const open = `    <testcase classname="${suite}" name="${attribute(gate)}" time="0"`;
    if (verdict === 'pass') return `${open}/>`;
    const kind = verdict === 'fail' ? 'failure' : 'error';
    const found = `observed: ${observed}\nthreshold: ${threshold}`;
    return `${open}>\n      <${kind} type="${verdict}" message="${attribute(reason)}">${content(found)}</${kind}>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${suite}" ${counts} time="0">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/**
 * Control characters, most of which XML forbids, were escaped earlier. XML forbids U+FFFE and
 * U+FFFF too.
 */
function attribute(text: string): string {
  return escapeText(text)
    .replaceAll(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

function content(text: string): string {
  return text.split('\n').map(attribute).join('\n');
}
