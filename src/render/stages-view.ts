import { escapeText } from '../core/quote.ts';
import type { StagesResult } from '../registry/stages.ts';
import type { View } from './view.ts';

export const stagesView: View<StagesResult> = {
  json: ({ stages }) => ({ stages }),
  text: ({ stages }, { color }) =>
    stages.length === 0
      ? 'no stages are declared: mlreg stage add NAME'
      : stages.map((stage) => color.bold(escapeText(stage))).join(color.dim(' → ')),
  plain: ({ stages }) => stages.map((stage) => [stage]),
  quiet: ({ stages }) => stages,
};
