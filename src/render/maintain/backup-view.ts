import type { Json } from '../../api/verb.ts';
import type { backupVerb } from '../../api/verbs/maintain/backup.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { BackupResult } from '../../registry/maintain/backup.ts';
import { bytes, counted } from '../format.ts';
import { viewOf } from '../view.ts';

export const backupView = viewOf<BackupResult, Json<typeof backupVerb>>()({
  json: ({ directory, checked, checkpoint }) => ({ directory, checked, checkpoint }),
  text: ({ directory, checked, checkpoint }, { color }) =>
    `${color.green('✓')} backed up to ${color.bold(escapeText(directory))}and verified ` +
    color.dim(
      `(${counted(checked.events, 'event')}, ${counted(checked.blobs, 'blob')}, ${bytes(checked.bytes)})`,
    ) +
    `\n  ${color.dim(`the copy is a registry with the same id, ${checkpoint.registry}: mlreg list --registry DIR`)}`,
  plain: ({ directory, checked, checkpoint }) => [
    [directory, checkpoint.seq, checkpoint.hash, checked.blobs, checked.bytes],
  ],
  quiet: ({ directory }) => [directory],
});
