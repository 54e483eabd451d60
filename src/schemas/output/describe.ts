import { modelName, reference, version } from '../kinds.ts';
import { metadata } from '../metadata.ts';
import { changing } from '../result.ts';

export const describe = changing('describe', {
  ref: reference,
  name: modelName,
  version,
  metadata: metadata.describe('Current value'),
});
