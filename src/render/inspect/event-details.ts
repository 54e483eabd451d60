import { shortDigest } from '../../core/versions/artifact.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import { escapeText } from '../../core/text/quote.ts';
import { pairs, plural } from '../format.ts';

/**
 * What an event says besides its subject: `set owner=ada, removed draft`. Empty for moves,
 * registrations and yanks, whose other fields say everything. `most`: the maximum number of names
 * or values of a kind. The details may come from another registry, or from a damaged row.
 */
export function eventDetails({ action, details }: RegistryEvent, most = Infinity): string {
  const said = (name: string): unknown => details[name];
  switch (action) {
    case 'tag':
      return together(
        labelled('set', assigned(said('set'), most)),
        labelled('removed', listed(said('remove'), most)),
      );
    case 'describe':
      return together(
        labelled('metrics', assigned(said('metrics'), most)),
        said('description') === undefined
          ? ''
          : said('description') === ''
            ? 'no description'
            : 'description',
      );
    case 'golden':
      return together(
        said('self') === true ? 'self-made' : '',
        shortDigest(word(said('digest'))),
        some(said('cases'), 'case'),
      );
    case 'model-describe':
      return together(
        said('owner') === null ? 'no owner' : labelled('owner', word(said('owner'))),
        said('description') === null ? 'no description' : 'description',
      );
    case 'model-delete':
      return some(said('versions'), 'version');
    case 'import':
      return labelled('from registry', word(said('registry')));
    case 'import-events': {
      const events = said('history');
      const count = Array.isArray(events) ? some(events.length, 'event') : '';
      return together(count, labelled('from registry', word(said('registry'))));
    }
    case 'bench':
      // A bench that failed a limit was still measured.
      return said('status') === 'ok' ? word(said('verdict')) || 'ok' : word(said('status'));
    case 'measure':
      return together(
        word(said('kind')),
        said('status') === 'ok' ? '' : word(said('status')),
        labelled('as', word(said('as'))),
        assigned(said('metrics'), most),
        labelled('with', word(said('baseline'))),
      );
    case 'predict':
      return together(
        some(said('rows'), 'row'),
        said('rejected') === 0 ? '' : labelled('rejected', word(said('rejected'))),
        labelled('shard', word(said('shard'))),
        labelled('data', shortDigest(word(said('data')))),
      );
    case 'serve':
      return together(word(said('outcome')), labelled('serving', word(said('serving'))));
    case 'hook':
      return labelled('ran', listed(said('command'), most, ' '));
    case 'delete':
      return labelled('was', shortDigest(word(said('digest'))));
    case 'policy':
      return together(labelled('removed', word(said('removed'))), policyDetails(said('policy'), most));
    case 'init':
    case 'stage-add':
    case 'stage-remove':
      return labelled('stages', listed(said('stages'), most));
    case 'fix-clock':
      return labelled('wrong clock in', some(said('wrong'), 'earlier event'));
    case 'collect':
      return together(some(said('blobs'), 'blob'), some(said('bytes'), 'byte'));
    case 'accept-history':
      return labelled('accepted the loss of events up to', word(record(said('lost'))['seq']));
    case 'register':
    case 'promote':
    case 'rollback':
    case 'demote':
    case 'yank':
    case 'unyank':
    case 'approve':
    case 'blocked':
      return '';
    default:
      return '';
  }
}

function policyDetails(policy: unknown, most: number): string {
  const stages = Object.keys(record(record(policy)['stages']));
  return stages.length === 0 ? 'no stages' : labelled('for', listed(stages, most));
}

function together(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

function labelled(label: string, text: string): string {
  return text === '' ? '' : `${label} ${text}`;
}

function assigned(value: unknown, most: number): string {
  return pairs(record(value), most, String);
}

function listed(value: unknown, most: number, between = ', '): string {
  const all = Array.isArray(value) ? value : [];
  const more = all.length > most ? [`+${all.length - most}`] : [];
  return [...all.slice(0, most).map(word), ...more].join(between);
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? escapeText(String(value)) : '';
}

function some(value: unknown, what: string): string {
  return typeof value === 'number' ? `${value} ${plural(value, what)}` : '';
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
