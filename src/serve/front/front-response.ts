import { ServerResponse } from 'node:http';
import type { Exchange } from '../observe/exchange.ts';
import type { BodyRequest } from './body-request.ts';
import type { Noted } from './note.ts';
import type { UnreadAnswers } from './unread-answers.ts';

/**
 * An answer, with what its headers and its event say of the request. Fields of the answer, because a
 * map from answers costs ten times as much.
 */
export class FrontResponse extends ServerResponse<BodyRequest> {
  exchange: Exchange | undefined = undefined;
  unread: UnreadAnswers | undefined = undefined;
  noted: Noted | undefined = undefined;
}
