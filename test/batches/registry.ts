import { runBatch } from '../support/batches.ts';

runBatch('registry');
