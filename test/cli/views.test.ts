import { Chalk } from 'chalk';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelName, StageName } from '../../src/core/versions/reference.ts';
import type { Version } from '../../src/core/versions/version.ts';
import type { MoveResult } from '../../src/registry/stages/move-stage.ts';
import { historyView } from '../../src/render/inspect/history-view.ts';
import { modelsView, versionsView } from '../../src/render/inspect/list-view.ts';
import { demoteView, promoteView, rollbackView } from '../../src/render/stages/move-view.ts';
import { verifyView } from '../../src/render/maintain/verify-view.ts';
import { yankView } from '../../src/render/versions/yank-view.ts';

const style = { color: new Chalk({ level: 0 }), width: 80, now: 0 };
const name = 'digits' as ModelName;
const version = (text: string): Version => text as Version;

test('a list with more pages says what to type, with the whole token', () => {
  const nextPage = `a/${'x'.repeat(120)}`;
  const list = {
    models: [{ name, versions: 1, latest: null, stages: [], description: null, owner: null }],
    stages: [],
    filtered: false,
    nextPage,
  };
  assert.match(modelsView.text(list, style), new RegExp(`more: repeat with --page '${nextPage}'$`));
  assert.deepEqual(modelsView.json(list)['nextPage'], nextPage);
  assert.match(modelsView.text({ ...list, models: [], nextPage: null }, style), /mlreg register/);
  const none = {
    name,
    description: null,
    owner: null,
    holders: [],
    versions: [],
    yankedHidden: 0,
    filtered: false,
    nextPage: null,
  };
  assert.match(versionsView.text(none, style), /were deleted \(mlreg history digits/);
  assert.match(versionsView.text({ ...none, yankedHidden: 1 }, style), /are yanked .*--all/);
});

test('an empty list that was filtered does not say that there is nothing', () => {
  const models = modelsView.text({ models: [], stages: [], filtered: true, nextPage: null }, style);
  assert.equal(models, 'no model matches');
  const none = {
    name,
    description: null,
    owner: null,
    holders: [],
    versions: [],
    yankedHidden: 0,
    filtered: true,
    nextPage: null,
  };
  assert.equal(versionsView.text(none, style), 'no version of digits matches');
});

function move(facts: Partial<MoveResult>): MoveResult {
  return {
    name,
    stage: 'production' as StageName,
    from: version('1.0.0'),
    to: version('1.1.0'),
    generation: 2,
    changed: true,
    gates: [],
    event: null,
    warnings: [],
    ...facts,
  };
}

const moveViews = { promote: promoteView, rollback: rollbackView, demote: demoteView };

test('a move says what it did, or that there was nothing to do', () => {
  const text = (action: 'promote' | 'rollback' | 'demote', facts: Partial<MoveResult> = {}): string =>
    moveViews[action].text(move(facts), style);
  assert.match(
    text('promote'),
    /now points at 1\.1\.0[^]*before +1\.0\.0[^]*mlreg rollback digits --stage production/,
  );
  assert.doesNotMatch(text('promote', { from: null }), /undo/);
  assert.match(text('rollback'), /is back at 1\.1\.0/);
  assert.match(text('demote', { to: null }), /is now empty/);
  assert.match(text('promote', { changed: false }), /already .*; nothing changed/);
  assert.match(
    text('promote', { changed: false, dryRun: true }),
    /would move from 1\.0\.0 to 1\.1\.0 \(dry run; nothing changed\)/,
  );
  assert.deepEqual(demoteView.quiet(move({ to: null })), []);
  assert.equal(promoteView.plain(move({ dryRun: true }))[0]?.at(-1), 'dry-run');
});

const looked = {
  changed: false,
  ref: null,
  quick: false,
  checked: { events: 1, blobs: 2, bytes: 3 },
  repaired: [],
  unneeded: { files: 0, bytes: 0 },
  lost: false,
};

test('nothing to tell is told', () => {
  assert.equal(historyView.text({ events: [], nextPage: null }, style), 'no events yet');
  assert.match(
    historyView.text({ events: [], at: 0, holders: [], nextPage: null }, style),
    /all stages were empty at 1970-01-01/,
  );
  assert.match(verifyView.text({ ...looked, ok: true, problems: [] }, style), /is intact/);
});

test('verify lists every problem, escaped', () => {
  const problems = [
    { subject: 'a\u001b[2J', problem: 'the blob is corrupt' },
    { subject: 'b', problem: 'the blob is missing' },
  ];
  const result = { ...looked, ok: false, problems };
  const text = verifyView.text(result, style);
  assert.match(text, /2 problems/);
  assert.doesNotMatch(text, /\u001b/);
  assert.deepEqual(verifyView.quiet(result), ['a\u001b[2J', 'b']);
});

test('a yank says what the version is now', () => {
  const result = { ref: 'digits@1.0.0', name, version: version('1.0.0'), stages: [], warnings: [] };
  assert.match(yankView.text({ ...result, yanked: true, changed: true }, style), /is now yanked/);
  assert.match(
    yankView.text({ ...result, yanked: false, changed: false }, style),
    /already not yanked; nothing changed/,
  );
});
