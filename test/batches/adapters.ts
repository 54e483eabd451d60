import { runBatch } from '../support/batches.ts';

runBatch('adapters');
