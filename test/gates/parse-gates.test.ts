import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isMlregError } from '../../src/core/errors.ts';
import { isStageName, parseStageName, type StageName } from '../../src/core/versions/reference.ts';
import { byteUnits, timeUnits, type Amount } from '../../src/gates/bound.ts';
import { today, type Evidence } from '../../src/gates/gate-kinds.ts';
import type { Gate } from '../../src/gates/gate-kind.ts';
import { age } from '../../src/gates/kinds/age.ts';
import { approvals } from '../../src/gates/kinds/approvals.ts';
import { data } from '../../src/gates/kinds/data.ts';
import { golden } from '../../src/gates/kinds/golden.ts';
import { latency } from '../../src/gates/kinds/latency.ts';
import { metric } from '../../src/gates/kinds/metric.ts';
import { signature } from '../../src/gates/kinds/signature.ts';
import { size } from '../../src/gates/kinds/size.ts';
import { parseGates } from '../../src/gates/requirement.ts';

const declared = ['staging', 'production', 'production-eu', 'production-1', 'p'].map(parseStageName);
const parse = (text: string, stages: readonly StageName[] = declared): Gate<Evidence>[] =>
  parseGates(text, { what: '--require', declared: stages, grammar: today });
const read = (text: string): string[] => parse(text).map((gate) => gate.text);

const readable: [text: string, ...gates: string[]][] = [
  ['auc>=0.85', 'auc>=0.85'],
  ['  rmse < 4 ', 'rmse<4'],
  ['auc == .5', 'auc=0.5'],
  ['bias>=-0.5', 'bias>=-0.5'],
  ['bias>=-0', 'bias>=0'],
  ['n>=+1e3', 'n>=1000'],
  ['auc>=90%', 'auc>=90%'],
  ['val/auc!=1, f1@10>0.5', 'val/auc!=1', 'f1@10>0.5'],
  ['top-1>=0.7', 'top-1>=0.7'],
  ['metrics.auc>=0.8 and metric.f1>0.2', 'auc>=0.8', 'f1>0.2'],
  ['metrics.size>=3', '"size">=3'],
  ['"a b"">c"=1', '"a b"">c"=1'],
  ["'it''s'>=1", `"it's">=1`],
  ['auc>=production', 'auc>=production'],
  ['auc>=production-0.005', 'auc>=production-0.005'],
  ['auc >= production - 0.005', 'auc>=production-0.005'],
  ['auc>=production+1%', 'auc>=production+1%'],
  ['auc>=production*0.99', 'auc>=production*0.99'],
  // The longest declared stage that stands there.
  ['auc>=production-eu', 'auc>=production-eu'],
  ['auc>=production-eu-0.005', 'auc>=production-eu-0.005'],
  ['auc>=production-e5', '!'],
  ['auc>=production-1', 'auc>="production-1"'],
  ['auc>=production - 1', 'auc>=production - 1'],
  ['auc>=production-1.5', 'auc>=production-1.5'],
  ['auc>=production-2', 'auc>=production - 2'],
  ['auc>="production-1"-1', 'auc>="production-1" - 1'],
  ['auc>=p, auc>=p*2', 'auc>=p', 'auc>=p*2'],
  ['p95<20ms', 'p95<20ms'],
  ['p99<=1.5s, p50<7µs, p90<300us', 'p99<=1.5s', 'p50<7us', 'p90<300us'],
  ['p95<=production*1.05', 'p95<=production*1.05'],
  ['p95 <= production + 5%', 'p95<=production+5%'],
  ['p95<=production*105%', 'p95<=production*105%'],
  ['size<100MB', 'size<100MB'],
  ['size<=2GiB and size>1kB', 'size<=2GiB', 'size>1kB'],
  ['size<=production+10MB', 'size<=production+10MB'],
  ['size<=production*2', 'size<=production*2'],
  ['age<30d', 'age<30d'],
  ['golden', 'golden'],
  ['golden AND data,signature=compatible', 'golden', 'data', 'signature=compatible'],
  ['signature == compatible', 'signature=compatible'],
  ['approvals>=2', 'approvals>=2'],
  ['eval.accuracy >= 0.95', 'eval.accuracy>=0.95'],
  ['eval.recall_by_class.Ærø>50%', 'eval.recall_by_class.Ærø>50%'],
  ['eval(hard-cases).rmse<=production*1.05', 'eval(hard-cases).rmse<=production*1.05'],
  ['"eval.accuracy">=1, metrics.eval.f1<1', '"eval.accuracy">=1', '"eval.f1"<1'],
  // Only their beginnings are words.
  ['eval>=1, better<2, evaluation.f1>0', 'eval>=1', 'better<2', 'evaluation.f1>0'],
  ['better(accuracy) and golden', 'better(accuracy)', 'golden'],
  ['better( log_loss )', 'better(log_loss)'],
  ['notworse(accuracy; 0.5%)', 'notworse(accuracy;0.5%)'],
  ['notworse(rmse;.05),"notworse(rmse">1', 'notworse(rmse;0.05)', '"notworse(rmse">1'],
];

for (const [text, ...gates] of readable.filter(([, gate]) => gate !== '!')) {
  test(`reads ${text}`, () => assert.deepEqual(read(text), gates));
}

const unreadable: [text: string, position: number, expected: RegExp][] = [
  ['', 1, /a gate/],
  ['auc', 4, /one of >=/],
  ['auc>=', 6, /a number or a stage/],
  ['auc>=high', 6, /a number or a declared stage/],
  ['auc>=prodution-0.1', 6, /a declared stage/],
  ['auc>="qa"', 6, /a declared stage/],
  ['auc>=production-e5', 17, /a number/],
  ['auc>=production~1', 16, /a declared stage|a comma/],
  ['auc>=5ms', 6, /a number without a unit/],
  ['auc>=5xy', 7, /a unit/],
  ['auc>=1e400', 6, /a finite number/],
  ['rows>=9007199254740993', 7, /a number that fits a double/],
  ['auc>=0.8 golden', 10, /a comma, "and" or the end/],
  ['auc>=0.8,', 10, /a gate/],
  ['auc>=0.8 and', 10, /a comma, "and" or the end/],
  ['and', 1, /a gate/],
  ['>=1', 1, /a gate/],
  ['"auc>=1', 8, /a closing " \(opened at character 1\)/],
  ['""=1', 1, /a gate/],
  ['p95<20', 5, /a duration/],
  ['p95<20MB', 5, /a duration/],
  ['p95<-1ms', 5, /a duration/],
  ['p95>20ms', 4, /one of <= </],
  ['p95<=production*0.9', 16, /a factor of at least 1/],
  ['p95<=production-5%', 16, /a factor of at least 1/],
  ['p95<=production+1ms', 17, /a factor \(for example 1\.05/],
  ['size<100', 6, /a size/],
  ['size=100MB', 5, /one of/],
  ['age<production', 5, /a duration/],
  ['golden=1', 7, /a comma/],
  ['signature=other', 11, /"compatible"/],
  ['signature=compatibleish', 11, /"compatible"/],
  ['approvals>=0', 12, /an integer of at least 1/],
  ['approvals>=1.5', 12, /an integer of at least 1/],
  ['approvals>1', 10, />=/],
  ['eval.>=1', 6, /a metric of evaluations/],
  ['eval.accuracy', 14, /one of >=/],
  ['eval.accuracy>=5ms', 16, /a number without a unit/],
  ['eval().f1>1', 6, /the name of a data set/],
  ['eval(a b).f1>1', 7, /"\)\."/],
  ['better()', 8, /a metric/],
  ['better(a', 9, /"\)"/],
  ['better(a;1%)', 9, /"\)"/],
  ['notworse(a)', 11, /";" and the margin/],
  ['notworse(a;-1)', 12, /a number/],
  ['notworse(a;1ms)', 12, /a number without a unit/],
];

for (const [text, position, expected] of unreadable) {
  test(`refuses ${JSON.stringify(text)} and names the place`, () => {
    assert.throws(
      () => read(text),
      (error) => {
        assert.ok(isMlregError(error, 'INVALID_INPUT'), String(error));
        assert.match(String(error.details?.['expected']), expected);
        if (text !== 'auc>=production~1') assert.equal(error.details?.['position'], position, error.message);
        assert.ok(error.hint !== '');
        return true;
      },
    );
  });
}

test('an unknown stage is answered with those that there are', () => {
  assert.throws(
    () => read('auc>=prod'),
    (error) => isMlregError(error) && /unknown stage "prod".*staging, production/.test(error.hint),
  );
});

test('what was read is escaped and shortened in errors, and a long text is refused unread', () => {
  assert.throws(
    () => read(`auc>=\u001b[2J${'x'.repeat(500)}`),
    (error) => {
      assert.ok(isMlregError(error));
      assert.doesNotMatch(error.message, /\u001b/);
      return error.message.length < 400;
    },
  );
  assert.throws(() => read('auc>=1,'.repeat(1000)), /7000 characters/);
});

/** Any text is read or refused, never an accident. */
test('every text is read, or refused with INVALID_INPUT', () => {
  const words = fc.constantFrom(
    'auc',
    '>=',
    '<',
    '=',
    'production',
    '-',
    '*',
    '0.5',
    'ms',
    '%',
    ',',
    ' and ',
    'golden',
    '"',
    "'",
    'p95',
    'size',
    'eval.',
    'eval(a).',
    'better(',
    'notworse(',
    ';1)',
    '~',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((all) => all.join('')),
      ),
      (text) => {
        try {
          const gates = read(text);
          assert.deepEqual(read(gates.join(', ')), gates);
        } catch (error) {
          assert.ok(isMlregError(error, 'INVALID_INPUT'), String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

const stageName = fc
  .stringMatching(/^[a-z][a-z0-9_-]{0,12}$/)
  .filter(isStageName)
  .map(parseStageName);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const positive = fc.double({ min: 0, max: 1e12, noNaN: true }).map((value) => value + 0);
const amount = (value: fc.Arbitrary<number>, units: Amount['unit'][]) =>
  fc.record({ value, unit: fc.constantFrom(...units) });
const bytes = Object.keys(byteUnits) as Amount['unit'][];
const times = Object.keys(timeUnits) as Amount['unit'][];

function gatesOver(stages: readonly StageName[]): fc.Arbitrary<Gate<Evidence>> {
  const stage = fc.constantFrom(...stages);
  const bound = (plain: fc.Arbitrary<Amount>, shift: fc.Arbitrary<Amount>) =>
    fc.oneof(
      plain.map((one) => ({ kind: 'amount' as const, amount: one })),
      fc.record({
        kind: fc.constant('stage' as const),
        stage,
        shift: fc.option(
          fc.oneof(
            fc.record({ operator: fc.constantFrom('+' as const, '-' as const), amount: shift }),
            fc.record({ operator: fc.constant('*' as const), amount: amount(positive, [null, '%']) }),
          ),
        ),
      }),
    );
  const ordering = fc.constantFrom('>=' as const, '<=' as const, '>' as const, '<' as const);
  return fc.oneof(
    fc
      .record({
        name: fc.oneof(
          fc.string({ minLength: 1 }),
          fc.constantFrom('auc', 'size', 'and', 'AND', 'metrics.x', 'golden'),
        ),
        comparator: fc.oneof(ordering, fc.constantFrom('=' as const, '!=' as const)),
        bound: bound(amount(finite, [null, '%']), amount(positive, [null, '%'])),
      })
      .map((terms) => metric.gate(terms, today.isReserved)),
    fc
      .record({
        comparator: ordering,
        bound: bound(amount(positive, bytes), amount(positive, [...bytes, '%'])),
      })
      .map((terms) => size.gate(terms)),
    fc
      .record({
        statistic: fc.constantFrom('p50' as const, 'p90' as const, 'p95' as const, 'p99' as const),
        comparator: fc.constantFrom('<' as const, '<=' as const),
        bound: fc.oneof(
          amount(positive, times).map((one) => ({ kind: 'amount' as const, amount: one })),
          fc.record({
            kind: fc.constant('stage' as const),
            stage,
            shift: fc.option(
              fc.oneof(
                fc.record({
                  operator: fc.constant('*' as const),
                  amount: amount(fc.double({ min: 1, max: 100, noNaN: true }), [null]),
                }),
                fc.record({ operator: fc.constant('+' as const), amount: amount(positive, ['%']) }),
              ),
            ),
          }),
        ),
      })
      .map((terms) => latency.gate(terms)),
    fc.record({ comparator: ordering, amount: amount(positive, times) }).map((terms) => age.gate(terms)),
    fc.record({ count: fc.integer({ min: 1, max: 9999 }) }).map((terms) => approvals.gate(terms)),
    fc.constantFrom(signature.gate(null), golden.gate(null), data.gate(null)),
  );
}

const said = ({ kind, text, terms }: Gate<Evidence>) => structuredClone({ kind, text, terms });

test('what is written is read again as it was, whichever stages are declared', () => {
  const cases = fc.array(stageName, { minLength: 1, maxLength: 6 }).chain((stages) =>
    fc.record({
      stages: fc.constant(stages),
      gates: fc.array(gatesOver(stages), { minLength: 1, maxLength: 3 }),
    }),
  );
  fc.assert(
    fc.property(cases, ({ stages, gates }) => {
      const text = gates.map((gate) => gate.text).join(', ');
      fc.pre(text.length <= 2000);
      assert.deepEqual(parse(text, stages).map(said), gates.map(said));
    }),
    { numRuns: 2000 },
  );
});
