import type { GateResult, GateVerdict } from '../../core/events/gate-result.ts';
import { escapeText } from '../../core/text/quote.ts';
import { hanging } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import type { Style } from '../view.ts';

const widestGate = 40;

/** One line per gate: `✓ accuracy>=0.85  accuracy is 0.9796, which is >= 0.85`. */
export function gatesText(gates: readonly GateResult[], style: Style, indent = 2): string {
  const names = gates.map(({ gate }) => escapeText(gate));
  const width = Math.min(widestGate, Math.max(0, ...names.map((name) => name.length)));
  return gates
    .map(({ verdict, reason }, index) => {
      const name = names[index] ?? '';
      const lead = `${' '.repeat(indent)}${verdictMark(verdict, style)} ${name.padEnd(width)}  `;
      const columns = indent + 2 + Math.max(width, name.length) + 2;
      const text = verdict === 'inconclusive' ? `inconclusive: ${reason}` : reason;
      return hanging(lead, columns, escapeText(text), style.width, style.color.dim);
    })
    .join('\n');
}

export function verdictMark(verdict: GateVerdict, { color }: Style): string {
  return { pass: color.green('✓'), fail: color.red('✗'), inconclusive: color.yellow('?') }[verdict];
}

const signs = { pass: '✅', fail: '❌', inconclusive: '❔' };

export function gatesMarkdown(gates: readonly GateResult[]): string {
  const rows = gates.map(({ gate, verdict, observed, threshold, reason }) => [
    `${signs[verdict]} ${verdict}`,
    code(gate),
    code(observed),
    code(threshold),
    code(reason),
  ]);
  return markdownTable(['verdict', 'gate', 'observed', 'threshold', 'why'], rows);
}

/** One row per gate, for a pipe. */
export function gateRow({ gate, verdict, observed, threshold, reason }: GateResult): string[] {
  return [gate, verdict, observed, threshold, reason];
}
