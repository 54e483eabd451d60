import { canonicalJson } from '../../../core/json/canonical.ts';
import { MlregError } from '../../../core/errors.ts';
import type { RegistryEvent } from '../../../core/events/event.ts';
import { eventsWithin, replay, wholeHistory } from '../../../core/versions/amendments.ts';
import { formatReference } from '../../../core/versions/reference.ts';
import type { VersionFacts } from '../../../core/versions/version-record.ts';
import { factsHash } from '../../../storage/facts-hash.ts';
import { hashOfJson, isIntact } from '../../../storage/hash-chain.ts';
import type { ForeignVersion } from '../../../storage/versions.ts';

/**
 * INTEGRITY unless every event of the history matches its hash, and the facts are the registered
 * ones.
 */
export function checkDocument({
  facts,
  history,
  addedGolden,
}: Pick<ForeignVersion, 'facts' | 'history' | 'addedGolden'>): void {
  const { name, artifact, entry, golden, metadata } = facts;
  const identity = hashOfJson({ name, digest: artifact.digest, entry, golden: golden?.digest, metadata });
  if (facts.identity !== identity) throw damaged(facts, 'its identity does not match its bytes and metadata');
  checkExecutable(facts);
  const listings = new Map(addedGolden.map((artifact) => [artifact.digest, hashOfJson(artifact)]));
  for (const { digest, facts: hash } of replay({}, wholeHistory(history)).golden)
    if (listings.get(digest) !== hash) throw damaged(facts, 'a golden set does not match its event');
  checkEvents(facts, factsHash(facts), history);
}

/** The executable files must be files of the version, in its order and without repeats. */
function checkExecutable(facts: VersionFacts): void {
  const { artifact, executable } = facts;
  if (executable === null) return;
  const sound = artifact.files.map(({ path }) => path).filter((path) => executable.includes(path));
  if (canonicalJson(sound) !== canonicalJson(executable))
    throw damaged(facts, 'its list of executable files names a file that it does not have');
}

function checkEvents(facts: VersionFacts, hash: string, history: readonly RegistryEvent[]): void {
  for (const event of history) {
    if (!isIntact(event)) throw damaged(facts, `event ${event.seq} does not match its hash`);
    const begins = event.action === 'register' || event.action === 'import';
    if (begins && event.details['facts'] !== hash)
      throw damaged(facts, 'it does not match its registration event');
    checkEvents(facts, hash, eventsWithin(event));
  }
}

function damaged({ name, version }: VersionFacts, why: string): MlregError {
  const ref = formatReference(name, version);
  return new MlregError('INTEGRITY', `${ref} in the export is damaged: ${why}; nothing was imported`, {
    hint: 'export it again from a registry that passes mlreg verify',
    details: { ref },
  });
}
