import type { Command } from 'commander';
import { escapeText } from '../../core/text/quote.ts';
import type { Context } from '../context.ts';
import { findHome } from '../../defaults/home-and-actor.ts';
import { findCandidates, type AskRegistry, type Candidates } from './find-candidates.ts';

/** How long completion waits for other writers, at most. */
const waitMs = 200;

/**
 * `mlreg __complete -- WORDS…`, where the last word is being typed. The completion scripts call it.
 * It prints one candidate per line, `WORD` or `WORD<tab>WHAT IT IS`; or one line `:files LEAD` or
 * `:folders LEAD`, which asks the shell to complete paths. On any error it prints nothing and
 * succeeds: an error message would disturb the user who is typing.
 */
export function defineComplete(
  parent: Command,
  context: Context,
  programOf: (argv: readonly string[]) => Promise<Command>,
): void {
  parent
    .command('__complete [words...]', { hidden: true })
    .helpOption(false)
    .action(async (words: string[]) => {
      try {
        const program = await programOf(words.slice(0, -1));
        context.stdout.write(format(await findCandidates(program, words, registryOf(context))));
      } catch {
        // Nothing to offer.
      }
    });
}

function registryOf(context: Context): AskRegistry {
  return async (flag, ask) => {
    try {
      // The shell has not expanded `~` yet.
      const named = flag?.replace(/^~(?=\/|$)/, context.env['HOME'] ?? '~');
      const home = findHome(named, context.env, context.cwd);
      const [{ openRegistry }, verbs] = await Promise.all([
        import('../../open-registry.ts'),
        import('../../registry/inspect/suggest.ts'),
      ]);
      const { now, signal } = context;
      const registry = await openRegistry(home, { actor: '', waitMs, now, signal, asIs: true });
      try {
        return await ask(verbs, registry);
      } finally {
        await registry.close();
      }
    } catch {
      return [];
    }
  };
}

/**
 * The allowed characters of a candidate: shells insert it into the line almost unchanged. All valid
 * names and numbers match, but other programs may have written anything into the database.
 */
const harmless = /^[A-Za-z0-9-][A-Za-z0-9@~:/._+=#-]*$/;

function format({ suggestions, paths }: Candidates): string {
  if (paths !== undefined) return isShowable(paths.lead) ? `:${paths.kind} ${paths.lead}\n` : '';
  return suggestions
    .filter(({ word }) => harmless.test(word))
    .map(({ word, about }) => (about === '' ? `${word}\n` : `${word}\t${escapeText(about)}\n`))
    .join('');
}

/** The shell gets the typed prefix back, and removes it if it begins the word. */
function isShowable(lead: string): boolean {
  return escapeText(lead) === lead;
}
