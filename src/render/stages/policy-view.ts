import type { Json } from '../../api/verb.ts';
import type { policyCheckVerb, policyRemoveVerb, policyShowVerb } from '../../api/verbs/stages/policy.ts';
import type { Policy, PolicyStage } from '../../core/events/policy.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { CheckPromotionResult } from '../../registry/stages/check-promotion.ts';
import type { PolicyResult, RemovePolicyResult } from '../../registry/stages/policy.ts';
import { eventJson } from '../inspect/event-json.ts';
import { facts, relativeTime } from '../format.ts';
import { gateRow, gatesMarkdown, gatesText, verdictMark } from './gates-text.ts';
import { jsonText } from '../json-text.ts';
import { code } from '../markdown.ts';
import { viewOf, type Style } from '../view.ts';

/** `policy show` and `policy apply`. */
export const policyView = viewOf<PolicyResult, Omit<Json<typeof policyShowVerb>, 'stage'>>()({
  json: ({ policy, event }) => ({ policy, event: event === null ? null : eventJson(event) }),
  text: ({ policy, event, changed }, style) => {
    const { color, now } = style;
    if (event === null || policy === null)
      return event === null
        ? 'no policy; apply one with mlreg policy apply FILE'
        : 'the policy has no requirements for this stage';
    const by = `by ${escapeText(event.actor)} ${relativeTime(event.at, now)} (event ${event.seq})`;
    const head = changed
      ? `${color.green('✓')} applied the policy (event ${event.seq})`
      : `current policy, applied ${by}`;
    return [head, ...sections(policy, style)].join('\n\n');
  },
  plain: ({ policy }) => [
    ...Object.entries(policy?.stages ?? {}).flatMap(([name, stage]) =>
      stageRows(stage).map(([key, value]) => [name, key, value]),
    ),
    ...Object.entries(policy?.metrics ?? {}).map(([name, direction]) => ['metrics', name, direction]),
  ],
  quiet: eventHash,
});

/** `policy remove` */
export const policyRemoveView = viewOf<RemovePolicyResult, Json<typeof policyRemoveVerb>>()({
  json: ({ stage, policy, event }) => ({
    stage,
    policy,
    event: event === null ? null : eventJson(event),
  }),
  text: ({ stage, policy, event, changed }, style) => {
    const name = escapeText(stage);
    if (!changed) return `${style.color.green('✓')} ${name} has no policy; nothing changed`;
    const head = `${style.color.green('✓')} ${name} has no policy now (event ${event?.seq})`;
    return [head, ...(policy === null ? [] : sections(policy, style))].join('\n\n');
  },
  plain: ({ stage, changed }) => [[stage, changed ? 'removed' : 'unchanged']],
  quiet: eventHash,
});

/** What a policy requires of each stage, and the directions it gives to metrics. */
function sections(policy: Policy, style: Style): string[] {
  const stages = Object.entries(policy.stages ?? {}).map(
    ([name, stage]) => `${style.color.bold(escapeText(name))}\n${stageText(stage, style)}`,
  );
  const metrics = Object.entries(policy.metrics ?? {}).map(
    ([name, direction]) => `  ${escapeText(name)}: ${direction} is better`,
  );
  if (stages.length + metrics.length === 0) return ['no requirements'];
  return [...stages, ...(metrics.length > 0 ? [metrics.join('\n')] : [])];
}

function eventHash({ event }: PolicyResult): string[] {
  return event === null ? [] : [event.hash];
}

function stageText(stage: PolicyStage, { color, width }: Style): string {
  const byKey = Map.groupBy(stageRows(stage), ([key]) => key);
  const rows = [...byKey].map(([key, all]): [string, string] => [
    key,
    all.map(([, value]) => escapeText(value)).join('\n'),
  ]);
  return rows.length === 0 ? '  no requirements' : facts(rows, color.dim, width);
}

/** One row per requirement of a stage. */
function stageRows(stage: PolicyStage) {
  const {
    from,
    require,
    whenEmpty,
    soak,
    protected: actors,
    bench,
    golden,
    maxAge,
    monitor,
    onPromote,
  } = stage;
  const rows: [string, string][] = [
    ...(from ?? []).map((name): [string, string] => ['from', name]),
    ...(require ?? []).map((gate): [string, string] => ['require', gate]),
    ...(actors ?? []).map((actor): [string, string] => ['protected', actor]),
  ];
  if (whenEmpty !== undefined) rows.push(['whenEmpty', whenEmpty]);
  if (soak !== undefined) rows.push(['soak', soak]);
  if (bench !== undefined) rows.push(['bench', jsonText(bench)]);
  if (golden !== undefined) rows.push(['golden', jsonText(golden)]);
  if (maxAge !== undefined) rows.push(['maxAge', maxAge]);
  if (monitor !== undefined) rows.push(['monitor', jsonText(monitor)]);
  if (onPromote !== undefined) rows.push(['onPromote', jsonText(onPromote)]);
  return rows;
}

/** `policy check` */
export const policyCheckView = viewOf<CheckPromotionResult, Json<typeof policyCheckVerb>>()({
  json: ({ ref, name, version, stage, holder, verdict, gates }) => ({
    ref,
    name,
    version,
    stage,
    holder,
    verdict,
    gates,
  }),
  text: ({ ref, stage, holder, verdict, gates }, style) => {
    const said = { pass: 'meets', fail: 'does not meet', inconclusive: 'may not meet' }[verdict];
    const head = `${verdictMark(verdict, style)} ${style.color.bold(ref)} ${said} the requirements of ${escapeText(stage)}`;
    const held = style.color.dim(`(now ${holder ?? 'empty'})`);
    return [`${head} ${held}`, ...(gates.length === 0 ? [] : [gatesText(gates, style)])].join('\n');
  },
  plain: ({ ref, stage, holder, verdict, gates }) => [
    [ref, stage, holder, verdict],
    ...gates.map((gate) => ['gate', ...gateRow(gate)]),
  ],
  quiet: ({ ref }) => [ref],
  markdown: ({ ref, stage, holder, verdict, gates }) => {
    const sign = { pass: '✅', fail: '❌', inconclusive: '❔' }[verdict];
    const head = `### ${sign} ${code(ref)} → ${code(stage)}: ${verdict}`;
    const held = holder === null ? 'The stage is empty.' : `Current holder: ${code(holder)}.`;
    return [head, held, gates.length === 0 ? 'No requirements.' : gatesMarkdown(gates)].join('\n\n');
  },
});
