import { ServerResponse } from 'node:http';
import type { Exchange } from '../observe/exchange.ts';
import type { BodyRequest } from './body-request.ts';
import type { Noted } from './note.ts';
import type { UnreadAnswers } from './unread-answers.ts';

/** What handlers need of an answer, which may also be one that is kept. */
export interface Answering {
  readonly headersSent: boolean;
  /** Whether nobody waits for it any more. */
  readonly destroyed: boolean;
  exchange: Exchange | undefined;
  noted: Noted | undefined;
  setHeader: (name: string, value: string) => unknown;
  /** `headers`: names and values in turn. */
  writeHead: (status: number, headers: string[]) => unknown;
  end: (body: string | Uint8Array, encoding: BufferEncoding) => unknown;
  /** For what goes to a client, which may not read it: see `UnreadAnswers`. */
  holdUnread?: (bytes: number) => boolean;
  watchUnread?: () => void;
}

/**
 * An answer, with what its headers and its event say of the request. Fields of the answer, because a
 * map from answers costs ten times as much.
 */
export class FrontResponse extends ServerResponse<BodyRequest> implements Answering {
  exchange: Exchange | undefined = undefined;
  unread: UnreadAnswers | undefined = undefined;
  noted: Noted | undefined = undefined;

  holdUnread(bytes: number): boolean {
    return this.unread?.hold(this, bytes) !== false;
  }

  watchUnread(): void {
    this.unread?.watch(this);
  }
}
