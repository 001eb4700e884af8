/** An answer that is one document, and is not sent again to whoever has it. */

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { oneHeader } from './one-header.ts';

export interface Document {
  /** JSON. */
  readonly text: string;
  /** Its entity-tag (RFC 9110 §8.8.3): the same for the same text. */
  readonly tag: string;
}

export function documentAs(text: string): Document {
  return { text, tag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"` };
}

/** Who has it already is told only that it is still the same (RFC 9110 §13.1.2). */
export function sendDocument(request: FastifyRequest, reply: FastifyReply, { text, tag }: Document): FastifyReply {
  reply.header('ETag', tag);
  const known = oneHeader(request.headers['if-none-match'])?.split(',') ?? [];
  if (known.some((each) => [tag, `W/${tag}`, '*'].includes(each.trim()))) return reply.code(304).send();
  return reply.type('application/json; charset=utf-8').send(text);
}
