import type { Json } from '../../api/verb.ts';
import type { stageListVerb } from '../../api/verbs/stages/stage.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { StageName } from '../../core/versions/reference.ts';
import type { StagesResult } from '../../registry/stages/stages.ts';
import { viewOf } from '../view.ts';

export const stagesView = viewOf<StagesResult, Json<typeof stageListVerb>>()({
  json: ({ stages }) => ({ stages }),
  text: ({ stages }, { color }) =>
    stages.length === 0
      ? 'no stages; add one with mlreg stage add NAME'
      : stages.map((stage) => color.bold(escapeText(stage))).join(color.dim(' → ')),
  plain: ({ stages }) => stages.map((stage) => [stage]),
  quiet: ({ stages }) => stages,
});

/** As `stagesView`, after declaring a stage: a terminal shows whether it was already declared. */
export function addedStageView(stage: StageName): typeof stagesView {
  return {
    ...stagesView,
    text: (result, style) => {
      const stages = stagesView.text(result, style);
      return result.changed ? stages : `${stages}\n${declaredBefore(stage)}`;
    },
  };
}

export function declaredBefore(stage: StageName): string {
  return `${stage} is already declared; nothing changed`;
}
