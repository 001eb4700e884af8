/**
 * The HTTP door of a process. What is answered is a set of routes each (`health.ts`, `metrics.ts`), with operations behind it;
 * a set more is a line more where it is opened (`app/at-work.ts`).
 */

import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { fault } from '#domain/fault.ts';
import { type Listen, shownListen } from '#domain/listen.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { type Traces, untraced } from '#ports/traces.ts';
import { traceRequests } from './traced-requests.ts';

/** Adds what it answers. */
export type Routes = (http: FastifyInstance) => void;

export interface Api extends AsyncDisposable {
  /** Where it is to be found. */
  readonly at: Listen;
}

/** Nobody has to send us anything. */
const bodyBytesMax = 1_024;
/** A question comes at once or not at all. */
const questionMaxMs = 10_000;

/** Listens. Throws `listen.unusable`. Closing it ends what is being answered. */
export async function openApi(
  listen: Listen,
  routes: readonly Routes[],
  log: Log,
  traces: Traces = untraced,
): Promise<Api> {
  const http = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: questionMaxMs,
    connectionTimeout: questionMaxMs,
    forceCloseConnections: true,
  });
  http.setNotFoundHandler((_, reply) => reply.code(404).send({ error: 'There is nothing of this name.' }));
  http.setErrorHandler((error: Error & { readonly statusCode?: number }, { routeOptions }, reply) => {
    const status = error.statusCode ?? 500;
    // Whoever asked is told no more than that: errors of ours may name what is none of theirs.
    if (status >= 500)
      log.warn('a question could not be answered', { path: routeOptions.url, text: cleanText(error.message, 200) });
    return reply
      .code(status)
      .send({ error: status >= 500 ? 'It cannot be answered now.' : 'It cannot be understood.' });
  });
  traceRequests(http, traces);
  for (const add of routes) add(http);
  try {
    await http.listen(listen);
  } catch (error) {
    await http.close();
    throw fault(
      'listen.unusable',
      { at: shownListen(listen), text: whyNot(error as NodeJS.ErrnoException) },
      { cause: error },
    );
  }
  const at = { host: listen.host, port: (http.server.address() as AddressInfo).port };
  log.info('listening', { at: shownListen(at) });
  return { at, [Symbol.asyncDispose]: () => http.close() };
}

/** Why nothing can be listened for there, for people. */
export function whyNot({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another process listens there.';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address.';
    case 'EACCES':
      return 'this user may not listen there.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host has no address.';
    default:
      return cleanText(message, 200);
  }
}
