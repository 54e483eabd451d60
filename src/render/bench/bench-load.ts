import type { BenchReport, LatencySummary, LoadResult } from '../../bench/report/result.ts';
import { percent } from '../../core/text/numbers.ts';
import { escapeText } from '../../core/text/quote.ts';
import { counted, latency as ms, perSecond } from '../format.ts';

/** `server at 200/s with 2 concurrent sessions` */
export function loadName({ scenario, rate, concurrency, samplesPerQuery }: LoadResult): string {
  const parts = [
    scenario,
    ...(rate === null ? [] : [`at ${rate.toLocaleString('en', { maximumFractionDigits: 20 })}/s`]),
    ...(samplesPerQuery === null ? [] : [`with ${counted(samplesPerQuery, 'sample')} per query`]),
    `${samplesPerQuery === null ? 'with' : 'and'} ${concurrency === 1 ? 'one session' : `${concurrency} concurrent sessions`}`,
  ];
  return escapeText(parts.join(' '));
}

/** The facts of a load besides the latency, as labels with text. */
export function loadFacts(open: LoadResult | null): [label: string, text: string][] {
  if (open === null) return [];
  const { achievedRate, service, response } = open;
  const kept = [
    `${perSecond(achievedRate)} runs/s`,
    ...(open.utilisation === null ? [] : [`utilisation ${percent(open.utilisation, 3)}`]),
    ...(open.sendLagP99Ms === null ? [] : [`scheduling delay p99 ${ms(open.sendLagP99Ms)}`]),
  ];
  return [
    ['scenario', loadName(open)],
    ['achieved', kept.join(', ')],
    ...(response === null ? [] : ([['service', percentilesOf(service)]] as [string, string][])),
  ];
}

function percentilesOf({ p50, p95, p99 }: LatencySummary): string {
  return Object.entries({ p50, p95, p99 })
    .flatMap(([name, found]) => (found === null ? [] : [`${name} ${ms(found.value)}`]))
    .join(', ');
}

/** The same facts as rows of tab-separated values. */
export function loadRows(open: LoadResult | null): (string | number | null)[][] {
  if (open === null) return [];
  return [
    ['scenario', open.scenario],
    ['rate', open.rate],
    ['concurrency', open.concurrency],
    ['samples_per_query', open.samplesPerQuery],
    ['service_p50_ms', open.service.p50?.value ?? null],
    ['service_p95_ms', open.service.p95?.value ?? null],
    ['send_lag_p99_ms', open.sendLagP99Ms],
    ['saturated', String(open.saturated)],
  ];
}

/** `2 × 1 of 4 CPUs` */
export function threadsUsed(
  { intraOpThreads }: BenchReport['session'],
  availableCpus: number,
  sessions = 1,
): string {
  if (intraOpThreads === null) return `ONNX Runtime's own threads on ${availableCpus} CPUs`;
  return `${sessions > 1 ? `${sessions} × ` : ''}${intraOpThreads} of ${availableCpus} CPUs`;
}

/** The load under which a stored bench was measured; null if there was none. */
export function storedLoad(result: unknown): LoadResult | null {
  return (result as { open?: LoadResult | null }).open ?? null;
}
