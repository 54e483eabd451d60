import type { Json } from '../../api/verb.ts';
import type { goldenAddVerb } from '../../api/verbs/versions/golden.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { AddGoldenResult } from '../../registry/golden/golden-result.ts';
import { counted, facts, shortHash } from '../format.ts';
import { viewOf } from '../view.ts';

export const goldenView = viewOf<AddGoldenResult, Json<typeof goldenAddVerb>>()({
  json: ({ changed: _changed, warnings: _warnings, ...rest }) => rest,
  text: ({ ref, changed, golden, sets, trial }, { color, width }) => {
    const name = color.bold(ref);
    const made = golden.self ? ' made from its own outputs' : '';
    const did = changed
      ? `added a golden set${made} to ${name}`
      : `${name} already has this golden set; nothing changed`;
    const rows = facts(
      [
        ['golden', `${counted(golden.cases, 'case')}  ${shortHash(golden.digest)}`],
        ['sets', `${sets} (all of them must pass)`],
        ['tried', trial === null ? undefined : escapeText(trial.reason)],
        ['next', changed ? `mlreg test ${ref}` : undefined],
      ],
      color.dim,
      width,
    );
    return `${color.green('✓')} ${did}\n${rows}`;
  },
  plain: ({ ref, changed, golden, sets, trial }) => [
    [ref, golden.digest, changed ? 'added' : 'unchanged', golden.self ? 'self' : 'given', golden.cases, sets],
    ...(trial === null ? [] : [['trial', trial.verdict, trial.reason]]),
  ],
  quiet: ({ ref }) => [ref],
});
