import { MlregError } from '../../core/errors.ts';
import type { ModelName } from '../../core/versions/reference.ts';
import { noRun } from '../../runtime/session/frames.ts';
import type { ModelRequest } from '../../runtime/session/supervise.ts';
import { type ChainView, writeStep } from '../engine/chain-codec.ts';
import { codecIds } from '../engine/codecs.ts';
import type { PartReply, Reply, ServedVersion, Slot } from '../served.ts';
import { misfit } from './chain-fit.ts';
import type { ChainPart, FollowedSlot } from './followed-slot.ts';

/** Versions that answer one after the other, each fed by the outputs of the one before, by name. */
export interface Chain {
  /** The chain as one version, under the chain's name. */
  slot: Slot;
  /** What its next part has to ask; `add` is called with that part. */
  part: () => ChainPart;
  /** Adds a part that is loaded. INVALID_INPUT if the part before cannot feed it. */
  add: (part: FollowedSlot) => void;
}

/** A version that waits until the other parts fit it. */
interface Offer {
  version: ServedVersion;
  answer: () => void;
}

/**
 * A version of a part answers only if it fits its neighbours. One that does not is kept loaded and
 * waits: two promotions that only fit together are then one swap, in which no request sees a half.
 */
export function openChain(name: ModelName, deadlineMs: number): Chain {
  const slots: FollowedSlot[] = [];
  /** The version of each part: all that change together change at once. */
  let chosen: ServedVersion[] = [];
  const offers = new Map<number, Offer>();
  const users = openUsers();
  let made: { of: readonly ServedVersion[]; served: ServedVersion } | undefined;

  function misfits(versions: readonly ServedVersion[]): string | undefined {
    for (const [at, version] of versions.entries()) {
      const before = versions[at - 1];
      const why = before === undefined ? undefined : misfit(before, version);
      if (why !== undefined) return why;
    }
    return undefined;
  }

  /** Lets in as many offers as fit together with what stays. */
  function settle(): void {
    const open = [...offers];
    const sets = Array.from({ length: 2 ** open.length }, (_, bits) =>
      open.filter((_offer, at) => (bits & (1 << at)) !== 0),
    ).toSorted((a, b) => b.length - a.length);
    for (const set of sets) {
      const next = [...chosen];
      for (const [at, { version }] of set) next[at] = version;
      if (misfits(next) !== undefined) continue;
      chosen = next;
      for (const [at] of set) offers.delete(at);
      for (const [, { answer }] of set) answer();
      return;
    }
  }

  const partAt = (at: number): ChainPart => ({
    takeNow(candidate) {
      const next = chosen.with(at, candidate);
      if (misfits(next) !== undefined) return false;
      chosen = next;
      offers.delete(at);
      return true;
    },
    admit: (version, signal, { answer, refuse }) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const offer: Offer = {
          version,
          answer: () => {
            answer();
            resolve();
          },
        };
        offers.set(at, offer);
        signal.addEventListener('abort', () => {
          if (offers.get(at) === offer) offers.delete(at);
          resolve();
        });
        const why = misfits(chosen.with(at, version));
        settle();
        if (offers.get(at) === offer)
          refuse(`${version.ref} does not fit the chain ${name}: ${why}; it waits for versions that it fits`);
      }),
    unused: users.none,
  });

  return {
    slot: {
      name,
      selector: { kind: 'latest' },
      stage: null,
      current() {
        if (slots.some(({ slot }) => slot.current() === undefined)) return undefined;
        if (made?.of !== chosen) made = { of: chosen, served: asOne(name, chosen, users, deadlineMs) };
        return made.served;
      },
      point: () => undefined,
    },
    part: () => partAt(slots.length),
    add(part) {
      const version = part.slot.current();
      if (version === undefined) return;
      const why = misfits([...chosen, version]);
      if (why !== undefined)
        throw new MlregError('INVALID_INPUT', `the chain ${name} does not fit together: ${why}`, {
          hint: `each part of --chain takes outputs of the part before, by name; see mlreg show ${version.ref}`,
        });
      slots.push(part);
      chosen = [...chosen, version];
    },
  };
}

/** How many requests need a version, also those that have not reached it yet. */
interface Users {
  use: (versions: readonly ServedVersion[]) => void;
  done: (versions: readonly ServedVersion[]) => void;
  none: (version: ServedVersion) => Promise<void>;
}

function openUsers(): Users {
  const counts = new Map<ServedVersion, number>();
  const waiting = new Map<ServedVersion, (() => void)[]>();
  return {
    use: (versions) => {
      for (const version of versions) counts.set(version, (counts.get(version) ?? 0) + 1);
    },
    done: (versions) => {
      for (const version of versions) {
        const left = (counts.get(version) ?? 0) - 1;
        if (left > 0) counts.set(version, left);
        else {
          counts.delete(version);
          for (const resolve of waiting.get(version) ?? []) resolve();
          waiting.delete(version);
        }
      }
    },
    none: (version) =>
      new Promise((resolve) => {
        if (!counts.has(version)) return resolve();
        waiting.set(version, [...(waiting.get(version) ?? []), resolve]);
      }),
  };
}

/** The parts as one version: `pre@1.0.0,net@2.1.0`. */
function asOne(
  name: ModelName,
  parts: readonly ServedVersion[],
  users: Users,
  deadlineMs: number,
): ServedVersion {
  const [first, last] = [parts[0] as ServedVersion, parts.at(-1) as ServedVersion];
  const version = parts.map(({ ref }) => ref).join(',');
  const view: ChainView = {
    name,
    version,
    inputs: first.inputs,
    outputs: last.outputs,
    signature: { ...last.signature, inputs: first.signature.inputs },
    unusable: { ...last.unusable, ...first.unusable },
  };
  const viewText = JSON.stringify(view);
  /** For each part but the last: where the inputs of the next are among its outputs. */
  const links = parts
    .slice(1)
    .map(({ inputs }, at) =>
      inputs.map((input) => parts[at]?.outputs.findIndex((one) => one.name === input.name) ?? -1),
    );
  const apart = parts.map(({ facts }) => facts.batches).find(({ joined }) => !joined);
  let pending = 0;

  async function run(request: ModelRequest, isGone: () => boolean): Promise<Reply> {
    const { kind, head, body } = request;
    const since = performance.now();
    const told: PartReply[] = [];
    let tensors: Uint8Array | undefined;
    for (const [at, served] of parts.entries()) {
      const reply = await served.infer({
        kind: codecIds.chain,
        head: 0,
        body: writeStep({
          view: viewText,
          original: at === 0 || at === links.length ? { kind, head, body } : undefined,
          tensors,
          wanted: links[at],
        }),
        isGone,
      });
      told.push({ served, reply });
      const totalMs = performance.now() - since;
      if (reply.status !== 200) return failed(served, at, { ...reply, totalMs, parts: told });
      if (at === links.length) return whole(told, totalMs);
      tensors = reply.body;
    }
    throw new Error('a chain has at least two parts');
  }

  return {
    ref: `${name} (${version})`,
    name,
    version,
    digest: parts.map(({ digest }) => digest).join(','),
    inputs: view.inputs,
    outputs: view.outputs,
    signature: view.signature,
    unusable: view.unusable,
    images: first.images,
    facts: { outputs: last.outputs, batches: apart ?? { joined: true }, goldenCases: null },
    example: async () => {
      const found = await first.example();
      return found === undefined ? undefined : { ...found, outputs: [] };
    },
    onnxruntime: last.onnxruntime,
    loadMs: parts.reduce((sum, { loadMs }) => sum + loadMs, 0),
    async infer(request) {
      let isLate = false;
      const since = performance.now();
      users.use(parts);
      pending += 1;
      const running = run(request, () => isLate || request.isGone?.() === true).finally(() => {
        users.done(parts);
        pending -= 1;
      });
      const late = Promise.withResolvers<Reply>();
      const timer = setTimeout(() => {
        isLate = true;
        const why = Buffer.from(`no answer within ${deadlineMs} ms`);
        late.resolve({ ...noRun, head: 0, status: 504, body: why, totalMs: performance.now() - since });
      }, deadlineMs);
      return Promise.race([running, late.promise]).finally(() => clearTimeout(timer));
    },
    pending: () => pending,
    // It has no process of its own; without one of theirs it cannot answer.
    pid: () => (parts.some((part) => part.pid() === undefined) ? undefined : process.pid),
    rssBytes: () => null,
    deaths: () => parts.reduce((sum, part) => sum + part.deaths(), 0),
    recycled: () => parts.reduce((sum, part) => sum + part.recycled(), 0),
    broken: () => parts.map((part) => part.broken()).find((why) => why !== null) ?? null,
    // The slots of its parts close them.
    close: () => Promise.resolve(),
  };
}

/** Says which part failed; what a later part refuses is not the client's fault. */
function failed({ ref }: ServedVersion, at: number, reply: Reply): Reply {
  const why = Buffer.from(reply.body).toString('utf8');
  if (reply.status === 400 && at === 0) return reply;
  const message =
    reply.status === 400 ? `${ref} does not take what the part before gave: ${why}` : `${ref}: ${why}`;
  return { ...reply, status: reply.status === 400 ? 500 : reply.status, body: Buffer.from(message) };
}

/** The last answer, with the times of all parts. */
function whole(parts: readonly PartReply[], totalMs: number): Reply {
  const sum = (of: 'computeMicros' | 'waitMicros' | 'inputMicros' | 'outputMicros'): number =>
    parts.reduce((total, { reply }) => total + reply[of], 0);
  const { reply } = parts.at(-1) as PartReply;
  return {
    ...reply,
    batch: Math.max(...parts.map((part) => part.reply.batch)),
    computeMicros: sum('computeMicros'),
    waitMicros: sum('waitMicros'),
    inputMicros: sum('inputMicros'),
    outputMicros: sum('outputMicros'),
    totalMs,
    parts,
  };
}
