import assert from 'node:assert/strict';

export interface ReadSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/**
 * The samples of a text that Prometheus would read. Fails where it would refuse: a sample without
 * its TYPE, a family in two places, the same series twice, buckets that decrease.
 */
export function readExposition(text: string): ReadSample[] {
  assert.match(text, /\n$/);
  const samples: ReadSample[] = [];
  const types = new Map<string, string>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      const [, name = '', kind = ''] = type;
      assert.ok(!types.has(name), `${name} has two families`);
      types.set(name, kind);
      current = name;
    } else if (!/^# HELP \S+ ./s.test(line)) {
      const sample = readSample(line);
      const suffixes = types.get(current) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      assert.ok(
        suffixes.some((suffix) => sample.name === current + suffix),
        `${sample.name} stands in the family ${current}`,
      );
      const series = `${sample.name} ${JSON.stringify(Object.entries(sample.labels))}`;
      assert.ok(!seen.has(series), `${series} stands there twice`);
      seen.add(series);
      samples.push(sample);
    }
  }
  for (const [name, kind] of types) if (kind === 'histogram') checkBuckets(name, samples);
  return samples;
}

function readSample(line: string): ReadSample {
  const [, name = '', pairs = '', number = ''] =
    sampleLine.exec(line) ?? assert.fail(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < pairs.length) {
    const [, key = '', value = ''] = label.exec(pairs) ?? assert.fail(`not labels: ${pairs}`);
    labels[key] = value.replaceAll(/\\(.)/g, (_, character: string) =>
      character === 'n' ? '\n' : character,
    );
  }
  const value = number === '+Inf' ? Infinity : Number(number);
  assert.ok(!Number.isNaN(value), `not a number: ${line}`);
  return { name, labels, value };
}

function checkBuckets(name: string, samples: readonly ReadSample[]): void {
  const bySeries = Map.groupBy(
    samples.filter((one) => one.name === `${name}_bucket`),
    ({ labels }) => JSON.stringify({ ...labels, le: undefined }),
  );
  for (const [series, buckets] of bySeries) {
    const values = buckets.map(({ value }) => value);
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
      `${name} ${series} decreases`,
    );
    assert.equal(buckets.at(-1)?.labels['le'], '+Inf');
    const count = samples.find(
      (one) => one.name === `${name}_count` && JSON.stringify(one.labels) === series,
    );
    assert.equal(count?.value, values.at(-1));
  }
}
