import { isMlregError } from '../../core/errors.ts';
import type { ModelName, StageName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import { authorship, type Registry } from '../../registry/registry.ts';
import type { SlotNews } from './slot-news.ts';

/**
 * Records in the history of a version that a server could not serve it, so that who promoted it
 * sees that. What cannot be recorded is a warning.
 */
export async function recordRejection(
  registry: Registry,
  { name, stage, to, from, message }: Extract<SlotNews, { kind: 'rejected' }>,
  warn: ((warning: string) => void) | undefined,
): Promise<void> {
  try {
    const now = await registry.again();
    try {
      await now.metadata.note({
        action: 'serve',
        model: name as ModelName,
        version: to as Version,
        stage: stage as StageName | null,
        details: { outcome: 'rejected', serving: from },
        ...authorship(registry, message),
      });
    } finally {
      await now.close();
    }
  } catch (error) {
    const why = isMlregError(error) ? error.message : String(error);
    warn?.(`that ${name}@${to} could not be served was not recorded: ${why}`);
  }
}
