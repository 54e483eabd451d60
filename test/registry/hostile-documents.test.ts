import { after, before, test } from 'node:test';
import type { Descriptor } from '../../src/core/versions/oci-layout.ts';
import { factsHash } from '../../src/storage/facts-hash.ts';
import { folderOf, openHostileLayouts, tarFile, type HostileLayouts } from '../support/hostile-layouts.ts';
import {
  blobOf,
  jsonOf,
  rehash,
  reindex,
  tarOf,
  withDocument,
  type Json,
  type Layout,
} from '../support/layouts.ts';
import { digestOfText } from '../support/metadata-samples.ts';

let whole: Layout;
let assertRefused: HostileLayouts['assertRefused'];
const cleanups: (() => void | Promise<void>)[] = [];

before(async () => {
  const cleanup = { after: (action: () => void | Promise<void>): void => void cleanups.push(action) };
  ({ whole, assertRefused } = await openHostileLayouts(cleanup));
});

after(async () => {
  for (const action of cleanups.toReversed()) await action();
});

const first = (layout: Layout): Descriptor[] => jsonOf(layout, 'index.json')['manifests'] as Descriptor[];

const event = (document: Json, at = 0): Json => document['history'][at] as Json;
/** Changes an event and makes its hash right, as whoever forges one would. */
const forged = (at: number, edit: (one: Json) => unknown) => (document: Json) => {
  edit(event(document, at));
  rehash(event(document, at));
};

/** The second event as one that brought events from another registry. */
const newEvents =
  (applied: Json, edit: (within: Json) => unknown = () => undefined) =>
  (document: Json): void => {
    const within = structuredClone(event(document, 1));
    const { hash } = within;
    edit(within);
    if (within['hash'] === hash) rehash(within);
    const details = { registry: document['registry'] as string, history: [within], applied };
    forged(1, (one) => Object.assign(one, { action: 'import-events', details }))(document);
  };

const documents: [what: string, message: RegExp, edit: (document: Json) => unknown][] = [
  ['another format', /formatVersion/, (document) => void (document['formatVersion'] = 2)],
  ['a member that is not known', /x/, (document) => void (document['x'] = 1)],
  ['a member that is missing', /bump/, (document) => void delete document['bump']],
  ['a registry that is none', /registry/, (document) => void (document['registry'] = '../x')],
  ['a name that is none', /model name/, (document) => void (document['name'] = '../x')],
  ['a name that is a device', /reserved/, (document) => void (document['name'] = 'con')],
  ['a version that is none', /semantic version/, (document) => void (document['version'] = '1.0')],
  [
    'a version in another spelling',
    /not in canonical form/,
    (document) => void (document['version'] = 'v1.0.0'),
  ],
  ['another version', /another version/, (document) => void (document['version'] = '1.0.1')],
  ['another name', /another version/, (document) => void (document['name'] = 'cars')],
  ['metadata that is none', /unknown key/, (document) => void (document['metadata'] = { x: 1 })],
  [
    'metadata with a metric that is a text',
    /metrics/,
    (document) => void (document['metadata'] = { metrics: { a: 'x' } }),
  ],
  ['metadata of nothing', /"metadata" is null/, (document) => void (document['metadata'] = null)],
  ['other metadata', /identity/, (document) => void (document['metadata'] = { metrics: { auc: 0.99 } })],
  ['another identity', /identity/, (document) => void (document['identity'] = '0'.repeat(64))],
  ['another actor', /registration/, (document) => void (document['actor'] = 'eve')],
  ['an empty actor', /actor/, (document) => void (document['actor'] = '')],
  ['a time beyond time', /createdAt/, (document) => void (document['createdAt'] = 9e15)],
  ['another time', /registration/, (document) => void (document['createdAt'] += 1)],
  ['another bump', /does not match its registration/, (document) => void (document['bump'] = 'major')],
  [
    'another source',
    /does not match its registration/,
    (document) => void (document['source'] = { commit: 'x' }),
  ],
  ['parents that are no version', /parent/, (document) => void (document['parents'] = ['digits@^1'])],
  [
    'parents that are no reference',
    /reference|model name/,
    (document) => void (document['parents'] = ['../x@1.0.0']),
  ],
  ['a kind that is none', /format/, (document) => void (document['format'] = '../x')],
  ['another kind', /"format" is not onnx/, (document) => void (document['format'] = 'pickle')],
  [
    'an entry that is none of its files',
    /identity/,
    (document) => void (document['entry'] = '../model.onnx'),
  ],
  ['an ONNX file without its facts', /"entry" and "onnx"/, (document) => void (document['onnx'] = null)],
  [
    'another artifact',
    /does not match its subject/,
    (document) => void (document['artifact'] = digestOfText('x')),
  ],
  ['another golden set', /lacks its golden set/, (document) => void (document['golden'] = digestOfText('x'))],
  [
    'a golden set that is no artifact',
    /schemaVersion/,
    (document) => void (document['golden'] = digestOfText('{}')),
  ],
  ['new events that change a tag to a number', /what it changed/, newEvents({ set: { a: 1 }, remove: [] })],
  ['new events that change nothing known', /what it changed/, newEvents({ set: {}, remove: [], x: 1 })],
  [
    'new events that add a golden set which is not there',
    /blob sha256:\w+ is missing|golden set/,
    newEvents({
      set: {},
      remove: [],
      golden: [{ digest: digestOfText('x'), self: false, facts: '0'.repeat(64), at: 1, actor: 'eve' }],
    }),
  ],
  [
    'new events of another version',
    /events of another version/,
    newEvents({ set: {}, remove: [] }, (one) => (one['version'] = '2.0.0')),
  ],
  [
    'new events that do not match their hash',
    /does not match its hash/,
    newEvents({ set: {}, remove: [] }, (one) => (one['hash'] = '0'.repeat(64))),
  ],
  ['no history', /history/, (document) => void (document['history'] = [])],
  ['a history without its begin', /misplaced/, (document) => void document['history'].shift()],
  ['a history that begins twice', /misplaced/, (document) => void document['history'].push(event(document))],
  ['a history out of order', /out of order/, (document) => void document['history'].push(event(document, 1))],
  [
    'an event that was changed',
    /does not match its hash/,
    (document) => void (event(document, 1)['actor'] = 'eve'),
  ],
  ['an event of another version', /another version/, forged(1, (one) => (one['version'] = '2.0.0'))],
  ['an event of another kind', /action/, forged(1, (one) => (one['action'] = 'delete'))],
  ['an event of a kind that is unknown', /action/, forged(1, (one) => (one['action'] = 'x'))],
  [
    'tags that are none',
    /what it changed/,
    forged(1, (one) => (one['details'] = { set: { a: 1 }, remove: [] })),
  ],
  ['tags that are missing', /what it changed/, forged(1, (one) => (one['details'] = {}))],
  [
    'an amendment that is none',
    /what it changed/,
    forged(1, (one) => Object.assign(one, { action: 'describe', details: { metrics: 'x' } })),
  ],
  [
    'a registration of other facts',
    /does not match its registration/,
    forged(0, (one) => (one['details']['facts'] = '0'.repeat(64))),
  ],
  [
    'an import that brought nothing',
    /lacks the imported history/,
    forged(0, (one) => Object.assign(one, { action: 'import' })),
  ],
  ['text that is no JSON', /not valid JSON/, () => '{'],
  ['text with a prototype key', /constructor/, () => '{"constructor":1}'],
  ['deep text', /nested more than/, () => '{"a":'.repeat(200) + '1' + '}'.repeat(200)],
];

for (const [what, message, edit] of documents) {
  test(`a version is refused for ${what}, though every digest is right`, async (context) => {
    await assertRefused(tarFile(context, tarOf(withDocument(whole, edit))), undefined, message);
  });
}

test('facts of the model that its file denies are refused, even where all hashes were made to fit', async (context) => {
  const layout = withDocument(whole, (document) => {
    document['onnx']['signature']['inputs'][0]['name'] = 'Y';
    const { formatVersion: _one, registry: _registry, history: _history, ...facts } = document;
    const files = (digest: string) => {
      const manifest = jsonOf(whole, blobOf(digest));
      const list = (manifest['layers'] as Json[]).map((layer) => ({
        path: layer['annotations']['org.cncf.model.filepath'] as string,
        digest: layer['digest'] as string,
        size: layer['size'] as number,
      }));
      const size = list.reduce((sum, file) => sum + file.size, 0);
      return { digest, configDigest: manifest['config']['digest'] as string, size, files: list };
    };
    const hash = factsHash({
      ...facts,
      artifact: files(document['artifact'] as string),
      golden: files(document['golden'] as string),
    } as unknown as Parameters<typeof factsHash>[0]);
    event(document)['details']['facts'] = hash;
    rehash(event(document));
  });
  await assertRefused(tarFile(context, tarOf(layout)), 'INVALID_INPUT', /differently from its file/);
});

test('two versions of one number are refused', async (context) => {
  const copied = withDocument(
    whole,
    forged(0, (one) => (one['message'] = 'again')),
  );
  const all = [...first(whole), ...first(copied).slice(1, 2)];
  await assertRefused(
    folderOf(context, reindex(new Map([...whole, ...copied]), all)),
    'INVALID_INPUT',
    /duplicate version digits@1\.0\.0/,
  );
});
