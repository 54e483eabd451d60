import * as z from 'zod';
import { count, texts } from './kinds.ts';

/** How runs follow each other. */
export const load = {
  scenario: z.enum(['single', 'multi', 'server', 'offline']),
  rate: z.number().nullable().describe('Arrivals per second; null except in server'),
  concurrency: count.describe('Concurrent sessions'),
  samplesPerQuery: count.nullable().describe('Samples per query; null except in multi'),
};

/** Null if the system does not say. */
export const hostFacts = z
  .strictObject({
    platform: z.string(),
    arch: z.string(),
    kernel: z.string(),
    libc: z.string().nullable(),
    cpuModel: z.string().nullable(),
    cpuFlags: z
      .array(z.string())
      .nullable()
      .describe('CPU instruction sets that ONNX Runtime has kernels for'),
    logicalCpus: count,
    physicalCores: count.nullable(),
    availableCpus: count.describe('CPUs available to the process'),
    smt: z.boolean().nullable(),
    governor: z.string().nullable(),
    cgroupCpuQuota: z.number().nullable(),
    cgroupMemoryBytes: z.number().nullable(),
    memoryBytes: z.number(),
    node: z.string(),
    onnxruntime: z.string().nullable(),
    provider: z.string(),
    intraOpThreads: count.nullable().describe('null: the default of ONNX Runtime'),
    interOpThreads: count.nullable(),
    extra: texts,
    load: z.strictObject(load).optional().describe('absent: runs are sequential'),
    server: z
      .string()
      .optional()
      .describe('URL of the server that was measured over the network; absent: measured on this machine'),
  })
  .meta({ id: 'HostFacts', description: 'Environment that affects latency; null: unknown' });

export const hostDrift = z
  .strictObject({
    steal: z.number().nullable().describe('CPU steal: share of CPU time given to other machines, 0 to 1'),
    busy: z.number().nullable().describe('CPU utilization: share of CPU time in use, 0 to 1'),
    throttledPeriods: z.number().nullable(),
    throttledMs: z.number().nullable(),
    contextSwitches: z.strictObject({ voluntary: count, involuntary: count }).nullable(),
    gc: z.strictObject({ count, ms: z.number() }).nullable(),
  })
  .meta({ id: 'HostDrift', description: 'Changes during the measurement; null: not measured' });
