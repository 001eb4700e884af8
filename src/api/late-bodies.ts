/**
 * What a question or an order says comes at once or not at all; a file takes as long as its line needs. Node knows one time for all that
 * a connection sends, so it is told of none, and bodies are watched here.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** A question comes within this, and so do 64 kB of a file. */
export const usualQuestionMaxMs = 20_000;

const watched = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** From now on a body that has not come in time is waited for no more. */
export function watchBodies(http: FastifyInstance, withinMs: number): void {
  http.addHook('onRequest', async ({ raw }, reply) => {
    const { 'content-length': octets = '0', 'transfer-encoding': coding } = raw.headers;
    if (octets !== '0' || coding !== undefined) endUnlessWhole(raw, reply.raw, withinMs);
  });
}

/** This one takes as long as it has to: somebody else sees that it goes on. */
export function takesItsTime(raw: IncomingMessage): void {
  clearTimeout(watched.get(raw));
}

/** Whoever has not sent all by then is cut off, with a word where nothing was answered yet (RFC 9110 §15.5.9). */
export function endUnlessWhole(raw: IncomingMessage, answer: ServerResponse, withinMs: number): void {
  takesItsTime(raw);
  const timer = setTimeout(() => {
    if (raw.complete) return;
    if (answer.headersSent) raw.socket.destroy();
    else raw.socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n', () => raw.socket.destroy());
  }, withinMs);
  watched.set(raw, timer);
  raw.once('close', () => clearTimeout(timer));
}
