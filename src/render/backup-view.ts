import { escapeText } from '../core/quote.ts';
import type { BackupResult } from '../registry/backup.ts';
import { bytes } from './format.ts';
import type { View } from './view.ts';

export const backupView: View<BackupResult> = {
  json: ({ directory, checked, checkpoint }) => ({ directory, checked, checkpoint }),
  text: ({ directory, checked, checkpoint }, { color }) =>
    `${color.green('✓')} backed up to ${color.bold(escapeText(directory))}, read again and whole ` +
    color.dim(`(${checked.events} events, ${checked.blobs} blobs, ${bytes(checked.bytes)})`) +
    `\n  ${color.dim(`it is a registry of its own with the same id, ${checkpoint.registry}: mlreg list --registry DIR`)}`,
  plain: ({ directory, checked, checkpoint }) => [
    [directory, checkpoint.seq, checkpoint.hash, checked.blobs, checked.bytes],
  ],
  quiet: ({ directory }) => [directory],
};
