import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockReader, cutDelimited } from '../../src/data/read-blocks.ts';
import { createBatch, type RejectedRow } from '../../src/data/row-batch.ts';
import { delimitedScanner } from '../../src/data/scan-delimited.ts';

interface Scanned {
  rows: { text: string; cells: string[] }[];
  rejected: (RejectedRow & { text: string })[];
}

/** All rows of a table without a header, read in blocks of this many bytes. */
async function scan(table: string, width: number, blockBytes: number): Promise<Scanned> {
  const bytes = Buffer.from(table);
  let read = 0;
  const source = {
    read: (into: Uint8Array, at: number) => {
      const count = Math.min(bytes.length - read, into.length - at);
      into.set(bytes.subarray(read, read + count), at);
      read += count;
      return Promise.resolve(count);
    },
    bytesRead: () => read,
    sha256: () => '',
  };
  const reader = blockReader(source, { cut: cutDelimited(44), blockBytes, mostBytes: 2 ** 20 });
  const columns = Array.from({ length: width }, (_, at) => `c${at}`);
  const dictionaries = columns.map(() => new Map<string, number>());
  const codes = columns.map(() => new Int32Array(3));
  const targets = columns.map((_, column) => ({
    column,
    type: 'text' as const,
    into: codes[column]!,
    offset: 0,
    stride: 1,
    dictionary: dictionaries[column]!,
  }));
  const scanner = delimitedScanner({ columns, targets }, 44, 'reject');
  const batch = createBatch(3, null);
  const found: Scanned = { rows: [], rejected: [] };
  let line = 1;
  for (let block = await reader.next(); block !== null; block = await reader.next()) {
    const own = Buffer.from(block.bytes.buffer, 0, block.bytes.length);
    scanner.open(own, block.end);
    const take = (): void => {
      for (const one of scanner.takeRejected())
        found.rejected.push({
          ...one,
          line: line + one.line,
          text: own.toString('utf8', one.start, one.end),
        });
    };
    while (scanner.fill(batch)) {
      take();
      for (let row = 0; row < batch.count; row++)
        found.rows.push({
          text: own.toString('utf8', batch.starts[row], batch.ends[row]),
          cells: columns.map((_, column) => [...dictionaries[column]!.keys()][codes[column]![row]!]!),
        });
    }
    take();
    line += scanner.lines();
    reader.reuse(block.bytes);
  }
  return found;
}

const cell = fc.string({
  unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r\n', 'ü', '7', ';', '\t'),
  maxLength: 6,
});
const plainEnough = /^[^,"\r\n]+$/;
const quoted = (text: string): string => (plainEnough.test(text) ? text : `"${text.replaceAll('"', '""')}"`);

test('rows come back as they were written, whatever their cells, line ends and blocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 12 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.integer({ min: 8, max: 64 }),
      async (rows, lineEnd, endsWithNewline, blockBytes) => {
        const lines = rows.map((cells) => cells.map(quoted).join(','));
        const table = lines.join(lineEnd) + (endsWithNewline ? lineEnd : '');
        const { rows: found, rejected } = await scan(table, 3, blockBytes);
        assert.deepEqual(rejected, []);
        assert.deepEqual(
          found.map(({ cells }) => cells),
          rows,
        );
        assert.deepEqual(
          found.map(({ text }) => text),
          lines,
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test('any bytes at all: every row is kept or rejected, with its line', async () => {
  const noise = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '1'), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(noise, fc.integer({ min: 8, max: 40 }), async (table, blockBytes) => {
      const [small, large] = await Promise.all([scan(table, 2, blockBytes), scan(table, 2, 4096)]);
      // Where a block ends makes no difference.
      assert.deepEqual(small.rows, large.rows);
      const facts = ({ rejected }: Scanned) =>
        rejected.map(({ line, column, reason, text }) => ({ line, column, reason, text }));
      assert.deepEqual(facts(small), facts(large));
      // A rejected row begins on its line, unless a quote holds the line ends.
      for (const { line, text } of large.rejected)
        assert.ok(
          table
            .split('\n')
            .slice(line - 1)
            .join('\n')
            .startsWith(text),
          JSON.stringify(table),
        );
    }),
    { numRuns: 3000 },
  );
});

test('trouble is named: fields, quotes, UTF-8', async () => {
  const reasons = async (table: string) =>
    (await scan(table, 2, 4096)).rejected.map(({ line, reason }) => [line, reason]);
  assert.deepEqual(await reasons('a\na,b\na,b,c\n\n"x"y,b\n"a\n\n,b",c\na,"b\n'), [
    [1, '1 field, 2 expected'],
    [3, '3 fields, 2 expected'],
    [5, 'text follows a closing quote'],
    [9, 'a quote is not closed'],
  ]);
});
