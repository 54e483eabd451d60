import * as z from 'zod';
import { count, texts } from './kinds.ts';

/** How runs follow each other. */
export const load = {
  scenario: z.enum(['single', 'multi', 'server', 'offline']),
  rate: z.number().nullable().describe('Runs that become due per second; null but in server'),
  concurrency: count.describe('Sessions that run at once'),
  samplesPerQuery: count.nullable().describe('Null but in multi'),
};

/** Null: the system does not say. */
export const hostFacts = z
  .strictObject({
    platform: z.string(),
    arch: z.string(),
    kernel: z.string(),
    libc: z.string().nullable(),
    cpuModel: z.string().nullable(),
    cpuFlags: z.array(z.string()).nullable().describe('Those that ONNX Runtime has kernels for'),
    logicalCpus: count,
    physicalCores: count.nullable(),
    availableCpus: count.describe('Those that the process may use'),
    smt: z.boolean().nullable(),
    governor: z.string().nullable(),
    cgroupCpuQuota: z.number().nullable(),
    cgroupMemoryBytes: z.number().nullable(),
    memoryBytes: z.number(),
    node: z.string(),
    onnxruntime: z.string().nullable(),
    provider: z.string(),
    intraOpThreads: count.nullable().describe('Null: as ONNX Runtime has it'),
    interOpThreads: count.nullable(),
    extra: texts,
    load: z.strictObject(load).optional().describe('Absent: one run after the other'),
  })
  .meta({ id: 'HostFacts', description: 'What a latency depends on besides the model; null: not known' });

export const hostDrift = z
  .strictObject({
    steal: z.number().nullable().describe('Share of CPU time given to other machines, 0 … 1'),
    busy: z.number().nullable().describe('Share of CPU time in use, 0 … 1'),
    throttledPeriods: z.number().nullable(),
    throttledMs: z.number().nullable(),
    contextSwitches: z.strictObject({ voluntary: count, involuntary: count }).nullable(),
    gc: z.strictObject({ count, ms: z.number() }).nullable(),
  })
  .meta({ id: 'HostDrift', description: 'What moved while the samples were taken; null: not counted' });
