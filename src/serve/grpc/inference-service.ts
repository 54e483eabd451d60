import {
  describeAllStats,
  describeIndex,
  describeModel,
  describeServer,
  describeStats,
} from '../front/describe.ts';
import { requireVersion } from '../front/require-version.ts';
import type { FrontContext, Named } from '../front/route.ts';
import { decodeMessage, encodeMessage, type MessageValues } from '../protobuf/described-message.ts';
import { inferMethod, inferPath, streamInferMethod, streamInferPath } from './infer-methods.ts';
import { inferenceProtocol } from './protocols.ts';
import type { Method } from './server.ts';
import { answering } from './unary.ts';

/** Whether the server is there and ready, which everybody may ask. */
export const livePaths: readonly string[] = ['ServerLive', 'ServerReady'].map(pathOf);

function pathOf(method: string): string {
  return `/inference.GRPCInferenceService/${method}`;
}

/** The methods of `inference.GRPCInferenceService`. */
export function inferenceMethods(front: FrontContext): [path: string, method: Method][] {
  const rare: Record<string, (request: MessageValues) => MessageValues> = {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: front.isReady() }),
    ServerMetadata: () => describeServer(),
    ModelReady: (request) => {
      requireVersion(namedOf(request));
      return { ready: front.isReady() };
    },
    ModelMetadata: (request) => describeModel(namedOf(request)),
    ModelStatistics: (request) => {
      const named = namedOf(request);
      // As over REST: no name means everything.
      const stats: object = named.model === '' ? describeAllStats(front) : describeStats(named);
      // Interfaces have no index signature, but these are fields and numbers only.
      return stats as MessageValues;
    },
    RepositoryIndex: ({ ready }) => ({
      models: describeIndex(front).filter(({ state }) => ready !== true || state === 'READY'),
    }),
  };
  return [
    [inferPath, inferMethod(front)],
    [streamInferPath, streamInferMethod(front)],
    ...Object.entries(rare).map(([name, answer]): [string, Method] => [
      pathOf(name),
      answering((request) =>
        encodeMessage(
          inferenceProtocol,
          `inference.${name}Response`,
          answer(decodeMessage(inferenceProtocol, `inference.${name}Request`, request)),
        ),
      ),
    ]),
  ];

  function namedOf({ name, version }: MessageValues): Named {
    const named = typeof version === 'string' && version !== '' ? version : undefined;
    return { front, model: typeof name === 'string' ? name : '', version: named };
  }
}
