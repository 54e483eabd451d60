import { metadataSchema } from '../core/metadata/metadata.ts';

/** As given at registration; in results every section may be missing. */
export const metadata = metadataSchema.meta({ id: 'Metadata' });

export const dataEntries = metadataSchema.shape.data
  .unwrap()
  .describe('The data that the model was made with');
