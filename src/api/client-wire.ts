/**
 * One question to a server of ours by HTTP: TLS verified, no redirect followed, nothing waited for without a bound. `fetch` knows no
 * authority of one's own and no socket in the file system, and gives up where a long audit log is still being verified.
 */

import { Agent, type IncomingMessage, request as requestClear, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as requestTls } from 'node:https';
import { rootCertificates } from 'node:tls';
import { fault } from '#domain/fault.ts';
import { type ServerPlace, shownServerPlace } from '#domain/server-place.ts';
import { cleanText } from '#lib/clean-text.ts';
import { type FileBody, pour } from './client-file.ts';

export interface WireOptions {
  readonly place: ServerPlace;
  /** What is presented with every question. */
  readonly bearer: string;
  /** PEM text of authorities to trust besides those of this machine, or null. */
  readonly ca: string | null;
  readonly version: string;
}

export interface Sent {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | FileBody | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The first word of an answer comes within this. */
  readonly withinMs: number;
}

/** Between two parts of an answer. */
const silenceMs = 60_000;
const connectionsMost = 4;

/** A connection broke, so that nobody knows whether the question arrived. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export class ClientWire implements Disposable {
  readonly shown: string;
  readonly #options: WireOptions;
  readonly #agent: Agent;

  constructor(options: WireOptions) {
    this.#options = options;
    this.shown = shownServerPlace(options.place);
    const keeping = { keepAlive: true, maxSockets: connectionsMost };
    this.#agent = isTls(options.place)
      ? new TlsAgent({ ...keeping, minVersion: 'TLSv1.2', ...authorities(options.ca) })
      : new Agent(keeping);
  }

  /** Gives the answer, whatever its status, with its body unread. Throws `Broken`, `api.server.*` and the signal's reason. */
  async send(sent: Sent, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { method, path, body, headers, withinMs } = sent;
    const { place, bearer, version } = this.#options;
    const options: RequestOptions = {
      ...(place.kind === 'unix'
        ? { socketPath: place.path, host: 'localhost' }
        : { host: place.host, port: place.port }),
      agent: this.#agent,
      method,
      path: `${place.kind === 'unix' ? '' : place.prefix}${path}`,
      headers: {
        ...headers,
        Authorization: `Bearer ${bearer}`,
        'User-Agent': `godwit/${version}`,
        ...headersOf(body),
      },
      signal,
    };
    const asked = isTls(place) ? requestTls(options) : requestClear(options);
    const silent = setTimeout(
      () => asked.destroy(fault('api.server.silent', { server: this.shown, seconds: Math.round(withinMs / 1000) })),
      withinMs,
    );
    asked.once('response', resolve);
    asked.once('error', (error) => reject(this.#faultOf(error, signal)));
    if (body === null || typeof body === 'string') asked.end(body ?? undefined);
    else
      pour(asked, body, () => silent.refresh()).catch((error: unknown) => {
        reject(error);
        asked.destroy();
      });
    try {
      const answer = await promise;
      // Of a file that was refused the rest is not sent, and the connection is of no more use.
      if (!asked.writableEnded) answer.once('close', () => asked.destroy());
      const { socket } = answer;
      const giveUp = () => answer.destroy(fault('api.server.broke-off', { server: this.shown }));
      socket.setTimeout(silenceMs).once('timeout', giveUp);
      // The connection is kept for other questions, and this answer is not.
      answer.once('close', () => socket.off('timeout', giveUp));
      return answer;
    } finally {
      clearTimeout(silent);
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #faultOf(error: Error, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    const { code = '' } = error as NodeJS.ErrnoException;
    if (error.name === 'Fault') return error;
    const text = cleanText(error.message, 200);
    if (/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/.test(code))
      return fault('api.server.untrusted', { server: this.shown, text }, { cause: error });
    if (/^(ECONNRESET|EPIPE|HPE_)/.test(code)) return new Broken(text, { cause: error });
    return fault('api.server.unreachable', { server: this.shown, text: whyNot(code, text) }, { cause: error });
  }
}

/** Of a file whose length nobody knows Node says that it comes in chunks. */
function headersOf(body: Sent['body']): Readonly<Record<string, string | number>> {
  if (body === null) return {};
  if (typeof body === 'string')
    return { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const length = body.octets === null ? {} : { 'Content-Length': body.octets };
  return { 'Content-Type': 'application/octet-stream', ...length };
}

function isTls(place: ServerPlace): boolean {
  return place.kind === 'tcp' && place.isTls;
}

/** A list of one's own replaces that of the machine, so it has both. */
function authorities(ca: string | null) {
  return ca === null ? {} : { ca: [...rootCertificates, ca] };
}

function whyNot(code: string, text: string): string {
  switch (code) {
    case 'ENOTFOUND':
      return 'there is no address for that host.';
    case 'EAI_AGAIN':
      return 'its address cannot be looked up at the moment.';
    case 'ECONNREFUSED':
      return 'nobody answers there.';
    case 'ENOENT':
      return 'there is no such socket.';
    case 'EACCES':
      return 'this user may not open that socket.';
    default:
      return text.endsWith('.') ? text : `${text}.`;
  }
}
