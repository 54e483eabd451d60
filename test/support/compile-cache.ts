/**
 * Loaded before each test file (`--import`): V8's code of the sources, and the JavaScript that Node
 * makes of their TypeScript, are kept from one test process to the next, children included.
 */
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(tmpdir(), 'mlreg-test-compile-cache');
enableCompileCache(folder);
process.env['NODE_COMPILE_CACHE'] ??= folder;
