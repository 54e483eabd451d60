// What a server without isolation loads: see slots/inline.ts. The build makes a file of it.
export { loadRuntime, versionOf } from '../../runtime/child/session.ts';
export { openEngine } from './open-engine.ts';
