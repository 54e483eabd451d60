import type { Route } from './route.ts';

/** A route that fits a path. */
export interface Match {
  route: Route;
  model: string;
  version: string | undefined;
  id?: string | undefined;
}

export type Routed =
  | { kind: 'match'; match: Match }
  /** The path exists, but for other methods. */
  | { kind: 'method'; allowed: string[] }
  | { kind: 'none' };

interface Pattern {
  route: Route;
  segments: string[];
}

/** Paths whose route is remembered; a client can send any number of others. */
const mostKept = 1000;

/**
 * Finds routes. A model's name is one or more segments, or one segment with `%2F`. If several routes
 * fit, the longest name that is served wins; if none of the names is served, the longest.
 */
export function openRouter(
  routes: readonly Route[],
  isServed: (name: string) => boolean,
): (method: string, url: string) => Routed {
  const patterns = routes.map((route): Pattern => ({ route, segments: route.path.split('/').slice(1) }));
  const kept = new Map<string, Routed>();
  return (method, url) => {
    const key = `${method} ${url}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const found = find(patterns, isServed, method, url);
    if (found.kind === 'match' && url.length < 512) {
      if (kept.size >= mostKept) kept.clear();
      kept.set(key, found);
    }
    return found;
  };
}

function find(
  patterns: readonly Pattern[],
  isServed: (name: string) => boolean,
  method: string,
  url: string,
): Routed {
  const segments = segmentsOf(url);
  if (segments === undefined) return { kind: 'none' };
  let best: { match: Match; served: boolean } | undefined;
  const allowed = new Set<string>();
  for (const { route, segments: wanted } of patterns) {
    const found = fit(wanted, segments, isServed);
    if (found === undefined) continue;
    if (route.method !== method) {
      if (found.served || found.model === '') allowed.add(route.method);
      continue;
    }
    const better =
      best === undefined ||
      (found.served && !best.served) ||
      (found.served === best.served && found.model.length > best.match.model.length);
    if (better)
      best = {
        match: { route, model: found.model, version: found.version, id: found.id },
        served: found.served,
      };
  }
  // The end of a path can also be that of a name: `/v2/models/a/infer` is metadata of `a/infer`.
  if (best !== undefined && (best.served || allowed.size === 0)) return { kind: 'match', match: best.match };
  return allowed.size === 0 ? { kind: 'none' } : { kind: 'method', allowed: [...allowed] };
}

/** Undefined for a path that is no text. A trailing slash is left out. */
function segmentsOf(url: string): string[] | undefined {
  const [path = ''] = url.split('?', 1);
  const parts = path.split('/').slice(1);
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  try {
    return parts.map((part) => (part.includes('%') ? decodeURIComponent(part) : part));
  } catch {
    return undefined;
  }
}

function fit(
  wanted: readonly string[],
  given: readonly string[],
  isServed: (name: string) => boolean,
): { model: string; version: string | undefined; id?: string | undefined; served: boolean } | undefined {
  const at = wanted.indexOf('{model}');
  if (at === -1) {
    const isId = (word: string): boolean => word === '{id}';
    const same =
      wanted.length === given.length && wanted.every((word, index) => isId(word) || word === given[index]);
    const id = given[wanted.findIndex(isId)];
    // A path without a name is rather meant than a name that is not served.
    return same ? { model: '', version: undefined, id, served: true } : undefined;
  }
  // Every other segment stands for itself, so the length of the name follows.
  const length = given.length - (wanted.length - 1);
  if (length < 1) return undefined;
  let version: string | undefined;
  for (let index = 0; index < wanted.length; index++) {
    if (index === at) continue;
    const segment = given[index < at ? index : index + length - 1] ?? '';
    if (wanted[index] === '{version}') version = segment;
    else if (wanted[index] !== segment) return undefined;
  }
  const model = given.slice(at, at + length).join('/');
  return model === '' ? undefined : { model, version, served: isServed(model) };
}
