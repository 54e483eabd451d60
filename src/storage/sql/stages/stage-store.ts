import type { StageStore } from '../../stages.ts';
import { applyPolicy, approveVersion, noteEvent, removePolicy } from './gate-events.ts';
import { selectPointer, selectPointers } from './pointer-rows.ts';
import type { Session } from '../session.ts';
import { addStage, removeStage, selectStages } from './stage-list.ts';
import { moveStage, selectMovesAt, selectStack } from './stage-moves.ts';

export function sqlStageStore({ db, read, write }: Session): StageStore {
  return {
    stages: () => selectStages(db),
    addStage: (input) => write(input, addStage),
    removeStage: (input) => write(input, removeStage),

    pointers: (name) => selectPointers(db, name),
    pointer: (name, stage) => selectPointer(db, name, stage),
    stack: ({ name, stage, from, limit }) =>
      read(async (trx) => selectStack(trx, from ?? (await selectPointer(trx, name, stage)).top, limit)),
    move: (input) => write(input, moveStage),
    movesAt: (query) => read((trx) => selectMovesAt(trx, query)),

    applyPolicy: (input) => write(input, applyPolicy),
    removePolicy: (input) => write(input, removePolicy),
    approve: (input) => write(input, approveVersion),
    note: (input) => write(input, noteEvent),
  };
}
