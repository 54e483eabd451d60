import type { Json } from '../../api/verb.ts';
import type { lineageVerb } from '../../api/verbs/inspect/lineage.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { Lineage, Relative } from '../../registry/inspect/lineage.ts';
import { viewOf, type Style } from '../view.ts';

export const lineageView = viewOf<Lineage, Json<typeof lineageVerb>>()({
  json: ({ ref, stages, parents, children, cut }) => ({ ref, stages, parents, children, cut }),
  text: ({ ref, stages, parents, children, cut }, style) =>
    [
      `${style.color.bold(ref)}${marks('live', stages, style)}`,
      ...branch('derived from', parents, style),
      ...branch('derived versions', children, style),
      ...(cut ? [style.color.dim('  more relatives not shown')] : []),
    ].join('\n'),
  plain: ({ ref, stages, parents, children }) => [
    ['self', ref, 0, '', stages.join(',')],
    ...rows('parent', parents, 1),
    ...rows('child', children, 1),
  ],
  quiet: ({ parents, children }) => [...refs(parents), ...refs(children)],
});

function branch(title: string, relatives: Relative[], style: Style): string[] {
  const { dim } = style.color;
  if (relatives.length === 0) return [`  ${dim(`${title}: none`)}`];
  return [`  ${dim(title)}`, ...tree(relatives, '  ', style)];
}

/** Draws the children of each relative below it, with tree lines. */
function tree(relatives: Relative[], before: string, style: Style): string[] {
  return relatives.flatMap((relative, index) => {
    const last = index === relatives.length - 1;
    const { dim } = style.color;
    const line = `${before}${dim(last ? '└─ ' : '├─ ')}${escapeText(relative.ref)}${marks(relative.status, relative.stages, style)}`;
    const again = relative.repeated ? dim(' (see above)') : '';
    return [`${line}${again}`, ...tree(relative.relatives, `${before}${dim(last ? '   ' : '│  ')}`, style)];
  });
}

function marks(status: Relative['status'], stages: string[], { color }: Style): string {
  const held = stages.length === 0 ? '' : ` ${color.green(stages.map(escapeText).join(', '))}`;
  return status === 'live' ? held : `${held} ${color.red(status)}`;
}

function rows(side: string, relatives: Relative[], distance: number): (string | number)[][] {
  return relatives.flatMap((relative) => [
    [
      side,
      relative.ref,
      distance,
      relative.status === 'live' ? '' : relative.status,
      relative.stages.join(','),
    ],
    ...rows(side, relative.relatives, distance + 1),
  ]);
}

function refs(relatives: Relative[]): string[] {
  return relatives.flatMap(({ ref, relatives: further }) => [ref, ...refs(further)]);
}
