import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bin, cleanEnv } from '../../support/run-cli.ts';
import { classifier, identity } from '../../support/passing-models.ts';
import { fixture } from '../../support/temp-folder.ts';
import { attempt } from '../install.ts';
import type { ServiceOutcome } from '../service.ts';
import { showPage } from './browser.ts';

const browsers = ['chromium', 'chromium-browser', 'google-chrome'];
const hostile =
  '</td><script src="http://127.0.0.1:9/x.js"></script><img src=http://127.0.0.1:9/y onerror=alert(1)>';

/** How a page is looked at. */
const looks = { light: { dark: false }, dark: { dark: true }, phone: { dark: false, width: 390 } };

/**
 * Opens reports of `mlreg evaluate --html` and `mlreg monitor --html` in headless Chromium, light,
 * dark and on a phone: nothing may leave the page, and nothing may be complained about. The pictures stay in the cache, to be looked at.
 */
export async function htmlReport(cache: string): Promise<ServiceOutcome> {
  const skipped: string[] = [];
  const has = (name: string): boolean => spawnSync(name, ['--version']).error === undefined;
  if (!browsers.some(has))
    attempt('chromium', skipped, () =>
      execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], { stdio: 'pipe' }),
    );
  const program = browsers.find(has);
  if (program === undefined) return { ran: false, ok: true, skipped };
  const pictures = join(cache, 'html-report');
  mkdirSync(pictures, { recursive: true });
  const folder = mkdtempSync(join(cache, 'html-report-'));
  try {
    for (const [name, file] of Object.entries(writeReports(folder))) {
      assert.ok(statSync(file).size < 250_000, `${name} is small`);
      for (const [look, screen] of Object.entries(looks)) {
        const url = pathToFileURL(file).href;
        const shown = await showPage(program, url, { profile: join(folder, 'profile'), ...screen });
        const picture = join(pictures, `${name}-${look}.png`);
        writeFileSync(picture, shown.picture);
        assert.match(shown.title, /^m(?:@1\.0\.0 evaluated| production: few)$/);
        assert.deepEqual(shown.requests, [url], 'only the page itself');
        assert.deepEqual(shown.complaints, []);
        console.log(`${name}, ${look}: ${picture}`);
      }
    }
    return { ran: true, ok: true, skipped };
  } catch (error) {
    console.log(error);
    return { ran: true, ok: false, skipped };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A report of each kind, with texts of others that would be markup. */
function writeReports(folder: string): Record<string, string> {
  const report = (name: string, model: string, data: string, ...more: string[]): string => {
    const home = join(folder, name);
    const run = (...args: string[]): void =>
      void execFileSync(process.execPath, [bin, ...args, '--registry', home], {
        cwd: folder,
        env: cleanEnv({ HOME: folder }),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    run('init');
    run('register', 'm', model);
    const file = join(folder, `${name}.html`);
    run('evaluate', 'm', '--data', data, '--target', 'target', '--html', file, '--importance', ...more);
    return file;
  };
  const trend = (data: string): string => {
    const home = join(folder, 'trend');
    const run = (...args: string[]): void =>
      void execFileSync(process.execPath, [bin, ...args, '--registry', home], {
        cwd: folder,
        env: cleanEnv({ HOME: folder }),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    run('init');
    run('register', 'm', fixture('digits_mlp/model.onnx'), '--stage', 'production');
    for (const day of [1, 2, 4])
      run('evaluate', 'm', '--data', data, '--target', 'target', '--save', '--at', `2026-01-0${day}`);
    const file = join(folder, 'trend.html');
    run('monitor', 'm', '--html', file);
    return file;
  };
  const write = (name: string, lines: string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, lines.join('\n'));
    return path;
  };
  const group = (at: number): string =>
    `"${(at % 3 === 0 ? hostile : `group ${at % 7}`).replaceAll('"', '""')}"`;
  const rows = Array.from({ length: 300 }, (_, at) => at);
  const binary = rows.map((at) => {
    const p = ((at * 37) % 300) / 300;
    const sure = (at * 11) % 10 > 2 === p > 0.5;
    return `${1 - p},${p},${sure ? 1 : 0},${group(at)}`;
  });
  const numbers = rows.map((at) => `${at + ((at * 7) % 40)},${at * 1.1},${group(at)}`);
  const models = { binary: join(folder, 'b'), numbers: join(folder, 'n') };
  for (const place of Object.values(models)) mkdirSync(place);
  const slice = ['--slice', 'group'];
  return {
    binary: report(
      'binary',
      classifier(models.binary, 2),
      write('binary.csv', ['p_0,p_1,target,group', ...binary]),
      ...slice,
    ),
    numbers: report(
      'numbers',
      identity(models.numbers),
      write('numbers.csv', ['x,target,group', ...numbers]),
      ...slice,
    ),
    digits: report(
      'digits',
      fixture('digits_mlp/model.onnx'),
      fixture('digits_mlp/test.csv'),
      '--slice',
      'target',
    ),
    trend: trend(fixture('digits_mlp/test.csv')),
  };
}
