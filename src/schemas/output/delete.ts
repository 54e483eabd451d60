import { digest, modelName, reference, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const deletion = changing('delete', { ref: reference, name: modelName, version, digest });
