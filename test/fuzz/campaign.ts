/** Sends made-up requests to a server, and finds out which of them do harm. */
import { connect as connectHttp2 } from 'node:http2';
import type { RunningServer } from '../../src/serve/running-server.ts';
import { registryWith, serving } from '../support/served.ts';
import type { Cleanup } from '../support/temp-folder.ts';
import { grpcCase, recordedCall, sendGrpc, sendWire, wireCase } from './fuzz-grpc.ts';
import { restCase, sendRest } from './fuzz-rest.ts';
import { grpcSeeds, restSeeds } from './seeds.ts';

/** Where the bytes of a case go. */
export type Kind = 'rest' | 'grpc' | 'wire';

export interface Finding {
  kind: Kind;
  number: number;
  what: string;
}

export interface Campaign {
  /** Sends these cases of a kind, many at once, and says what was wrong. */
  send(kind: Kind, numbers: readonly number[]): Promise<Finding[]>;
}

const atOnce = 16;

/** A server of two models, and cases that follow from `seed`. */
export async function openCampaign(test: Cleanup, seed: number): Promise<Campaign> {
  const registry = await registryWith(test, { digits: 'digits_mlp', 'team/cars': 'cars_mixed_inputs' });
  const server = await serving(test, registry, ['digits', 'team/cars'], { maxBodyBytes: 1_000_000 });
  const grpcPort = server.grpcPort ?? 0;
  const recorded = await recordedCall();
  const session = () => {
    const client = connectHttp2(`http://127.0.0.1:${grpcPort}`);
    client.on('error', () => undefined);
    return client;
  };
  const sendOne = async (kind: Kind, number: number): Promise<string | undefined> => {
    if (kind === 'rest') return sendRest(server.port, restCase(seed, number));
    if (kind === 'wire') return sendWire(grpcPort, wireCase(recorded, seed, number));
    // Of its own: what one call does to its connection is no matter of the next.
    const client = session();
    const found = await sendGrpc(client, grpcCase(seed, number));
    client.destroy();
    return found;
  };
  const deaths = (): number => server.processes().reduce((sum, one) => sum + one.deaths, 0);
  const together = async (kind: Kind, numbers: readonly number[]): Promise<Finding[]> => {
    const findings: Finding[] = [];
    const left = [...numbers];
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let number = left.shift(); number !== undefined; number = left.shift()) {
          const what = await sendOne(kind, number);
          if (what !== undefined) findings.push({ kind, number, what });
        }
      }),
    );
    return findings;
  };
  return {
    async send(kind, numbers) {
      const before = deaths();
      const findings = await together(kind, numbers);
      if (deaths() > before) findings.push(...(await deadly(kind, numbers)));
      const trouble = await stillAnswers(server);
      if (trouble !== undefined)
        findings.push({ kind, number: numbers[0] ?? 0, what: `afterwards ${trouble}` });
      return findings;
    },
  };

  /** One by one: which of them ends the process of a model. */
  async function deadly(kind: Kind, numbers: readonly number[]): Promise<Finding[]> {
    for (const number of numbers) {
      const before = deaths();
      await sendOne(kind, number);
      if (deaths() > before) return [{ kind, number, what: 'the process of the model ended' }];
    }
    return [{ kind, number: numbers[0] ?? 0, what: `a process ended in one of ${numbers.length} cases` }];
  }

  async function stillAnswers({ url }: RunningServer): Promise<string | undefined> {
    const good = restSeeds[0]!;
    const answer = await fetch(`${url}/v2/models/digits/infer`, {
      method: 'POST',
      body: new Uint8Array(good.body),
    });
    if (answer.status !== 200)
      return `a good request is answered with ${answer.status}: ${await answer.text()}`;
    await answer.arrayBuffer();
    const client = session();
    const whole = {
      path: grpcSeeds[0]!.path,
      headers: {},
      parts: [framed(grpcSeeds[0]!.body)],
      reset: false,
    };
    const found = await sendGrpc(client, whole);
    client.destroy();
    return found;
  }
}

function framed(body: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}
