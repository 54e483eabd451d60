// Entry of the child process that serves a model. See runtime/start-child.ts for its arguments.
import { runSession } from './runtime/child/session-loop.ts';
import { openEngine } from './serve/engine/open-engine.ts';
import type { EnginePlan } from './serve/engine/plan.ts';
import { rehearse } from './serve/engine/rehearse.ts';

await runSession((runtime, plan: EnginePlan, begins) => openEngine(runtime, plan, { begins }), rehearse);
