import type { StageStore } from '../../stages.ts';
import { onePointer, pointersOf } from '../fixed-queries.ts';
import { applyPolicy, approveVersion, noteEvent, removePolicy } from './gate-events.ts';
import { selectPointer, toPointer, toPointers } from './pointer-rows.ts';
import type { Session } from '../session.ts';
import { addStage, removeStage, selectStages } from './stage-list.ts';
import { moveStage, selectMovesAt, selectStack } from './stage-moves.ts';

export function sqlStageStore({ db, rows, read, write }: Session): StageStore {
  return {
    stages: () => selectStages(db()),
    addStage: (input) => write(input, addStage),
    removeStage: (input) => write(input, removeStage),

    pointers: async (name) => toPointers(name, await rows(pointersOf, { name })),
    pointer: async (name, stage) => toPointer(name, stage, await rows(onePointer, { name, stage })),
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
