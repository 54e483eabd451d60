import type { Json } from '../../api/verb.ts';
import type { initOutput } from '../../api/verbs/maintain/init.ts';
import { escapeText } from '../../core/text/quote.ts';
import { viewOf } from '../view.ts';

export interface InitResult {
  home: string;
  id: string;
  stages: string[];
  /** Whether the group of its folder may use it. */
  shared: boolean;
  changed: boolean;
  /**
   * The option that selects the registry for commands in this folder, with a leading space; empty
   * if they find it without one.
   */
  option: string;
}

export const initView = viewOf<InitResult, Json<typeof initOutput>>()({
  json: ({ home, id, stages, shared }) => ({ registry: home, id, stages, shared }),
  text: ({ home, stages, shared, changed, option }, { color }) =>
    changed
      ? `${color.green('✓')} created a registry in ${color.bold(escapeText(home))} with stages ${stages.map(escapeText).join(', ')}${shared ? ", shared with the folder's group" : ''}\n  ${color.dim('next')}  mlreg register NAME PATH${option}`
      : `${color.green('✓')} ${color.bold(escapeText(home))} is already a registry; nothing changed`,
  plain: ({ home, id, changed }) => [[home, id, changed ? 'created' : 'unchanged']],
  quiet: ({ home }) => [home],
});
