import { runBatch } from '../support/batches.ts';

runBatch('models');
