import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readCgroupLimits,
  readThrottling,
  defaultThreads,
  readTopology,
} from '../../src/machine/resources.ts';
import { fingerprint, hostDrift, readCounters, readFacts } from '../../src/machine/environment.ts';

const files =
  (texts: Record<string, string>) =>
  (path: string): string | null =>
    texts[path] ?? null;

const cpuinfo = (cores: [package_: number, core: number][]): string =>
  cores
    .map(([package_, core], cpu) => `processor\t: ${cpu}\nphysical id\t: ${package_}\ncore id\t\t: ${core}\n`)
    .join('\n');

test('hyper-threads share a core', () => {
  const topology = readTopology(
    files({
      '/proc/cpuinfo': cpuinfo([
        [0, 0],
        [0, 1],
        [0, 0],
        [0, 1],
      ]),
    }),
  );
  assert.deepEqual([topology.physicalCores, topology.allowedCores, topology.smt], [2, 2, true]);
  assert.equal(defaultThreads(topology, 4), 2);
});

test('cores of two packages are told apart', () => {
  const topology = readTopology(
    files({
      '/proc/cpuinfo': cpuinfo([
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ]),
    }),
  );
  assert.deepEqual([topology.physicalCores, topology.smt], [4, false]);
});

test('only cores that the affinity allows count', () => {
  const topology = readTopology(
    files({
      '/proc/cpuinfo': cpuinfo([
        [0, 0],
        [0, 1],
        [0, 2],
        [0, 3],
      ]),
      '/proc/self/status': 'Name:\tnode\nCpus_allowed_list:\t0,2-3\n',
    }),
  );
  assert.deepEqual([topology.physicalCores, topology.allowedCores], [4, 3]);
});

test('without core ids sysfs is asked, and without that the system is believed', () => {
  assert.equal(
    readTopology(files({ '/proc/cpuinfo': 'processor\t: 0\n\nprocessor\t: 1\n' })).physicalCores,
    null,
  );
  const any = readTopology((path) => (path.endsWith('core_id') ? '0\n' : null));
  assert.equal(any.physicalCores, 1);
  assert.equal(defaultThreads({ logicalCpus: 8, physicalCores: null, allowedCores: null, smt: null }, 3), 3);
});

test('a cgroup quota limits the threads', () => {
  const topology = { logicalCpus: 8, physicalCores: 8, allowedCores: 8, smt: false };
  assert.equal(defaultThreads(topology, 2), 2);
  assert.equal(defaultThreads(topology, 0), 1);
});

test('cgroup v2: the tightest limit up to the root', () => {
  const read = files({
    '/proc/self/cgroup': '0::/a/b\n',
    '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/a/cpu.max': '150000 100000\n',
    '/sys/fs/cgroup/a/b/memory.max': '536870912\n',
    '/sys/fs/cgroup/a/memory.max': 'max\n',
    '/sys/fs/cgroup/a/b/cpu.stat': 'usage_usec 1\nnr_periods 4\nnr_throttled 3\nthrottled_usec 2500\n',
  });
  assert.deepEqual(readCgroupLimits(read), { cpuQuota: 1.5, memoryBytes: 536870912 });
  assert.deepEqual(readThrottling(read), { periods: 3, ms: 2.5 });
});

test('cgroup v1, with only the root of the mount in the container', () => {
  const read = files({
    '/proc/self/cgroup': '4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '200000\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.stat': 'nr_throttled 2\nthrottled_time 3000000\n',
  });
  assert.deepEqual(readCgroupLimits(read), { cpuQuota: 2, memoryBytes: null });
  assert.deepEqual(readThrottling(read), { periods: 2, ms: 3 });
});

test('no cgroup, no limit; a v1 quota of −1 is none', () => {
  assert.deepEqual(readCgroupLimits(files({})), { cpuQuota: null, memoryBytes: null });
  const read = files({
    '/proc/self/cgroup': '1:cpu:/\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
  });
  assert.deepEqual(readCgroupLimits(read), { cpuQuota: null, memoryBytes: null });
  assert.equal(readThrottling(files({})), null);
});

test('steal and load are shares of the time between two readings', () => {
  const at = (line: string) => readCounters(files({ '/proc/stat': `${line}\ncpu0 1 2 3\n` }));
  const drift = hostDrift(at('cpu  100 0 100 800 0 0 0 0 0 0'), at('cpu  150 0 110 830 0 0 0 10 0 0'));
  assert.deepEqual(drift, { steal: 0.1, busy: 0.7, throttledPeriods: null, throttledMs: null });
  const unknown = readCounters(files({}));
  assert.deepEqual(hostDrift(unknown, unknown), {
    steal: null,
    busy: null,
    throttledPeriods: null,
    throttledMs: null,
  });
});

test('the fingerprint changes with what matters, and only then', () => {
  const runtime = { onnxruntime: '1.30.0', provider: 'cpu', intraOpThreads: 1, interOpThreads: 1, extra: {} };
  const facts = readFacts(runtime);
  assert.match(fingerprint(facts), /^[0-9a-f]{16}$/);
  assert.equal(fingerprint(readFacts(runtime)), fingerprint(facts));
  assert.equal(fingerprint({ ...facts, memoryBytes: facts.memoryBytes + 4096 }), fingerprint(facts));
  assert.notEqual(fingerprint({ ...facts, intraOpThreads: 2 }), fingerprint(facts));
  assert.notEqual(fingerprint({ ...facts, onnxruntime: '1.31.0' }), fingerprint(facts));
});
