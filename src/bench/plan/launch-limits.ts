import type { SandboxLimits } from '../../runtime/sandbox.ts';
import type { ResolvedPlan } from './plan.ts';

/** What is left to a launch of the time that the whole measurement has: `deadline` is a reading of performance.now(). */
export function launchLimits(plan: ResolvedPlan, deadline: number): SandboxLimits {
  const { timeoutMs, timeoutIsStall, memoryLimitBytes } = plan;
  if (timeoutIsStall) return { timeoutMs, timeoutIsStall, memoryLimitBytes };
  const leftMs = Math.max(1, deadline - performance.now());
  return { timeoutMs: leftMs, namedTimeoutMs: timeoutMs, memoryLimitBytes };
}
