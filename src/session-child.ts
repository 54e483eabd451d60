// Entry of the child process that serves a model. See runtime/start-child.ts for its arguments.
import { runSession } from './runtime/child/session-loop.ts';
import { openEngine } from './serve/engine/open-engine.ts';
import { rehearse } from './serve/engine/rehearse.ts';

await runSession(openEngine, rehearse);
