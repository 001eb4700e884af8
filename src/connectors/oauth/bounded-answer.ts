/**
 * One request to an issuer and its answer, for openid-client: what is answered is bounded, since whoever stands at that address is not
 * ours; nothing is sent on to where a redirect points, since it bears credentials; and it goes only where `reach` lets it.
 */

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { CustomFetch, CustomFetchOptions } from 'openid-client';
import type { Reach } from '#ports/reach.ts';

/** A token of Entra ID has some 3 kB, the metadata of an issuer 10. */
const longestAnswerOctets = 1_048_576;

class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong';
}

/** `named`: the address that the OAuth file names; another one has come with the metadata of the issuer, and is judged as such. */
export function boundedFetch(named: URL, reach: Reach | null): CustomFetch {
  return async (url, options) => {
    const to = new URL(url);
    const port = Number(to.port) || (to.protocol === 'https:' ? 443 : 80);
    const host = to.hostname.replace(/^\[(.*)\]$/, '$1');
    const way = reach?.to({ host, port }, to.host === named.host ? 'named' : 'learnt') ?? null;
    const answer = await asked(to, options, {
      host,
      port,
      ...(way ? { lookup: way.lookup } : {}),
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    return responseOf(answer);
  };
}

/** Rejects as `fetch` does: with a TypeError whose cause is the error of the socket, or with the reason of the signal. */
function asked(to: URL, options: CustomFetchOptions, place: RequestOptions): Promise<IncomingMessage> {
  const { method, signal = null } = options;
  const headers = new Headers(options.headers);
  headers.set('accept-encoding', 'identity');
  const body = bodyOf(options.body);
  if (body !== null) headers.set('content-length', String(body.length));
  const send = to.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asking = send(
      {
        ...place,
        path: `${to.pathname}${to.search}`,
        method,
        headers: Object.fromEntries(headers),
        ...(signal ? { signal } : {}),
      },
      resolve,
    );
    asking.on('error', (error) =>
      reject(signal?.aborted ? (signal.reason as Error) : new TypeError('fetch failed', { cause: error })),
    );
    asking.end(body ?? undefined);
  });
}

function bodyOf(body: CustomFetchOptions['body']): Buffer | null {
  if (body === null || body === undefined) return null;
  // All that openid-client sends to an issuer for a token.
  if (typeof body === 'string' || body instanceof URLSearchParams) return Buffer.from(String(body));
  throw new TypeError('a body of this kind is never sent to an issuer');
}

function responseOf(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2)
    headers.append(answer.rawHeaders[i] as string, answer.rawHeaders[i + 1] as string);
  const status = answer.statusCode ?? 0;
  const isEmpty = status === 204 || status === 205 || status === 304;
  if (isEmpty) answer.resume();
  return new Response(isEmpty ? null : bounded(answer), { status, statusText: answer.statusMessage ?? '', headers });
}

/** Fails as soon as the body is longer than any answer should be. */
function bounded(answer: IncomingMessage): ReadableStream<Uint8Array> {
  let octets = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      octets += chunk.length;
      if (octets > longestAnswerOctets)
        throw new AnswerTooLong(`its answer is longer than ${longestAnswerOctets} octets`);
      controller.enqueue(chunk);
    },
  });
  return (Readable.toWeb(answer) as ReadableStream<Uint8Array>).pipeThrough(counted);
}
