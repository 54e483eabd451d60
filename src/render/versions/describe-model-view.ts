import type { Json } from '../../api/verb.ts';
import type { describeModelVerb } from '../../api/verbs/versions/describe.ts';
import { escapeLines, escapeText } from '../../core/text/quote.ts';
import type { DescribeModelResult } from '../../registry/versions/describe-model.ts';
import { facts } from '../format.ts';
import { viewOf } from '../view.ts';

export const describeModelView = viewOf<DescribeModelResult, Json<typeof describeModelVerb>>()({
  json: ({ name, description, owner }) => ({ name, description, owner }),
  text: ({ name, description, owner, changed }, { color, width }) => {
    const head = changed
      ? `described the model ${color.bold(name)}`
      : `the model ${color.bold(name)} already has these values; nothing changed`;
    const rows = facts(
      [
        ['description', description === null ? 'none' : escapeLines(description)],
        ['owner', owner === null ? 'none' : escapeText(owner)],
        // For users who forgot the version.
        ['version', `to describe one of its versions: mlreg describe ${name}@VERSION TEXT`],
      ],
      color.dim,
      width,
    );
    return `${color.green('✓')} ${head}\n${rows}`;
  },
  plain: ({ name, description, owner, changed }) => [
    [name, changed ? 'changed' : 'unchanged'],
    ['description', description],
    ['owner', owner],
  ],
  quiet: ({ name }) => [name],
});
