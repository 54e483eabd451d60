import { modelName, reference, texts, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const tag = changing('tag', {
  ref: reference,
  name: modelName,
  version,
  tags: texts.describe('Current tags'),
});
