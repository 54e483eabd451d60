/**
 * Children and threads that this process starts from now on record no coverage: one that is ended while it writes what it recorded leaves an empty file,
 * which the report of all tests then stumbles over.
 */
export function childrenRecordNothing(): void {
  delete process.env['NODE_V8_COVERAGE'];
}
