import type { FieldsOf, Printed as PrintedBy } from '../../api/verb.ts';
import type { verbs } from '../../api/verbs.ts';
import type { MlregError } from '../../core/errors.ts';
import { escapeLines, escapeText } from '../../core/text/quote.ts';
import { jsonText } from '../../render/json-text.ts';
import type { Style, View } from '../../render/view.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { streamForm, usualForm, type Form } from '../options/form.ts';
import type { OutputStream } from './standard-output.ts';
import { columnsOf, hasColors } from './terminal.ts';

type Printed = PrintedBy<(typeof verbs)[number]>;
/** The fields that a command's view gives to --json. */
type Fields<Name> = FieldsOf<Extract<Printed, { command: Name }>>;

/** Where a command's output goes, and in which form. */
export interface Output {
  /** `command` names the verb; warnings go into the JSON, or to stderr. */
  show<Name extends Printed['command'], Result>(
    command: Name,
    view: View<Result, Fields<Name>, string | Promise<string>>,
    result: Result,
    options?: ShowOptions,
  ): Promise<void>;
  error(error: MlregError): Promise<void>;
  /** Prints text unchanged: help. */
  print(text: string): void;
}

export interface ShowOptions {
  /** For commands that can change something. */
  changed?: boolean;
  warnings?: string[];
  /**
   * Notes that a terminal's text and the JSON contain but the rows of a pipe or --quiet cannot:
   * these print them to stderr.
   */
  notes?: string[];
}

export interface OutputSettings {
  /** The form that flags ask for. */
  asked: Form | undefined;
  color: boolean | undefined;
  env: NodeJS.ProcessEnv;
  stdout: OutputStream;
  stderr: () => NodeJS.WriteStream;
  now: () => number;
  /** Warnings raised during the work; they are shown with the next result. */
  late?: string[];
}

export function createOutput(settings: OutputSettings): Output {
  const { asked, env, stdout } = settings;
  const guard = env['GITHUB_ACTIONS'] === 'true' ? withoutWorkflowCommands : (text: string): string => text;
  const write = (stream: OutputStream, text: string): void =>
    void (text === '' || stream.write(`${guard(text)}\n`));
  const writeJson = (stream: OutputStream, value: object): void =>
    void stream.write(`${jsonText(value, stream.isTTY ? 2 : undefined)}\n`);
  const formFor = (view: View<never, unknown, string | Promise<string>>): Form => {
    if (asked !== undefined && (asked !== 'markdown' || view.markdown !== undefined)) return asked;
    return view.document === true ? streamForm(stdout) : usualForm(env, stdout);
  };
  return {
    async show(command, view, result, { changed, warnings: found = [], notes = [] } = {}) {
      const warnings = [
        ...found,
        ...(settings.late?.splice(0) ?? []),
        ...(await tellJob(view, result, changed, env)),
      ];
      const form = formFor(view);
      if (form === 'json') {
        const change = changed === undefined ? {} : { changed };
        writeJson(stdout, {
          schemaVersion: 1,
          command,
          ...change,
          ...(view.json(result) as object),
          warnings,
        });
        return;
      }
      if (form === 'quiet') write(stdout, view.quiet(result).map(escapeText).join('\n'));
      else if (form === 'markdown') write(stdout, view.markdown?.(result) ?? '');
      else if (form === 'table') write(stdout, await view.text(result, await styleOf(stdout, settings)));
      else write(stdout, view.plain(result).map(tabbed).join('\n'));
      const asides = form === 'table' ? [] : notes;
      if (warnings.length + asides.length === 0) return;
      const stderr = settings.stderr();
      const { color } = await styleOf(stderr, settings);
      for (const note of asides) write(stderr, `${color.dim('note:')} ${escapeText(note)}`);
      for (const warning of warnings) write(stderr, `${color.yellow('warning:')} ${escapeText(warning)}`);
    },
    async error(error) {
      const { code, message, hint, details } = error;
      const stderr = settings.stderr();
      if (asked === 'json' || (asked === undefined && env['MLREG_FORMAT'] === 'json')) {
        const facts = {
          code,
          message,
          hint,
          exitCode: exitCodeOf(error),
          ...(details === undefined ? {} : { details }),
        };
        writeJson(stderr, { schemaVersion: 1, error: facts });
        return;
      }
      const { color } = await styleOf(stderr, settings);
      write(
        stderr,
        `${color.red('error:')} ${code === 'INTERNAL' ? escapeLines(message) : escapeText(message)}`,
      );
      write(stderr, `  ${color.dim('try:')} ${escapeText(hint)}`);
    },
    print: (text) => write(stdout, text.replace(/\n$/, '')),
  };
}

/**
 * Writes the files for a CI job. They are written before the result is printed, so that it can
 * report files that could not be written.
 */
async function tellJob<Result>(
  view: View<Result, unknown, string | Promise<string>>,
  result: Result,
  changed: boolean | undefined,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  if (view.outputs === undefined || (!env['GITHUB_OUTPUT'] && !env['GITHUB_STEP_SUMMARY'])) return [];
  const { writeStepFiles } = await import('./step-files.ts');
  const outputs = view.outputs(result);
  return outputs === null ? [] : writeStepFiles(env, { ...outputs, changed }, view.markdown?.(result));
}

function tabbed(row: (string | number | boolean | null)[]): string {
  return row.map((value) => (value === null ? '' : escapeText(String(value)))).join('\t');
}

/** Loaded only when text is drawn: `--json` starts faster without it. */
async function styleOf(stream: OutputStream, { env, color, now }: OutputSettings): Promise<Style> {
  const { Chalk } = await import('chalk');
  // Views use only the 16 colours of level 1.
  const level = hasColors(stream, env, color) ? 1 : 0;
  return { color: new Chalk({ level }), width: columnsOf(stream, env), now: now() };
}

/**
 * GitHub's runner treats a line that starts with `::` after blanks, or has `##[` anywhere, as a
 * command. Untrusted text must not be able to set variables or hide lines there.
 */
export function withoutWorkflowCommands(text: string): string {
  return text.replaceAll(/^(\s*):(?=:)/gm, '$1\\u{3a}').replaceAll('##[', '#\\u{23}[');
}

/**
 * A note for a pipe that the list continues: without it, a script could mistake the first page for
 * the whole list. A user who gave a limit needs no note.
 */
export function noteIfCut(limit: number | undefined, shown: number, nextPage: string | null): string[] {
  if (limit !== undefined || nextPage === null) return [];
  return [`showing ${shown}; for more use --page '${nextPage}' or a higher --limit`];
}
