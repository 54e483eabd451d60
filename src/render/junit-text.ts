import { escapeText } from '../core/text/quote.ts';

export interface JunitCase {
  name: string;
  /** Null: it passes. */
  problem: { kind: 'failure' | 'error'; type: string; message: string; text: string } | null;
}

/** Test cases as a JUnit report of one suite. */
export function junitText(suite: string, cases: readonly JunitCase[]): string {
  const count = (kind: string): number => cases.filter(({ problem }) => problem?.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`;
  const named = attribute(suite);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${named}" ${counts} time="0">`,
    ...cases.map(({ name, problem }) => {
      const open = `    <testcase classname="${named}" name="${attribute(name)}" time="0"`;
      if (problem === null) return `${open}/>`;
      const { kind, type, message, text } = problem;
      return `${open}>\n      <${kind} type="${attribute(type)}" message="${attribute(message)}">${content(text)}</${kind}>\n    </testcase>`;
    }),
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
