/**
 * Children that this process starts record no coverage: one that is killed while it writes what it recorded leaves an empty file, which the
 * report of all tests then stumbles over. Import it for that.
 */
delete process.env['NODE_V8_COVERAGE'];

export {};
