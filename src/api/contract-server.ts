/** The HTTP door for programs and for the console: where it listens, and what it takes from whoever comes. */

import { randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import { type DoorPlace, shownDoorPlace } from '#domain/door-place.ts';
import { fault } from '#domain/fault.ts';
import { clearSocket } from '#lib/unix-socket.ts';
import { usualQuestionMaxMs, watchBodies } from './late-bodies.ts';
import { bodyOctetsMost, type ContractParts, contractRoutes, tellProblem } from './contract-routes.ts';
import type { Traces } from '#ports/traces.ts';
import { whyNot } from './server.ts';
import { type SignInParts, signInRoutes } from './sign-in.ts';
import { traceRequests } from './traced-requests.ts';

export interface ContractServerOptions extends ContractParts {
  readonly at: DoorPlace;
  /** PEM texts; null in clear text. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Whether what a proxy says of who is asking is believed. */
  readonly behindProxy: boolean;
  /** Null where nobody signs in. */
  readonly signIn: SignInParts | null;
  /** Told of each request; lacking: nobody looks. */
  readonly traces?: Traces;
}

export interface ContractServer extends AsyncDisposable {
  readonly at: DoorPlace;
}

/** Between two looks at who is late. */
const lateLookMs = 5_000;
/** Who reads nothing of an answer for so long reads no more. */
const answerMaxMs = 60_000;
const keptAliveMs = 30_000;
/** Of browsers and programs of some hundred people. */
const connectionsMost = 2_000;
/** An address has 320 octets, each of which may be written with three characters. */
const parameterMost = 1_000;

/** Listens. Throws `listen.unusable`. Closing it ends what is being answered. */
export async function openContractServer(options: ContractServerOptions): Promise<ContractServer> {
  const { at, log } = options;
  const http = serverFor(options);
  http.server.maxConnections = connectionsMost;
  if (options.traces) traceRequests(http, options.traces);
  guard(http);
  watchBodies(http, options.questionMaxMs ?? usualQuestionMaxMs);
  contractRoutes(options)(http);
  signInRoutes(options.signIn, options.judge, log)(http);
  try {
    await (at.kind === 'unix' ? listenAtSocket(http, at.path) : http.listen({ host: at.host, port: at.port }));
  } catch (error) {
    await http.close();
    const text = whyNot(error as NodeJS.ErrnoException);
    throw fault('listen.unusable', { at: shownDoorPlace(at), text }, { cause: error });
  }
  const really = at.kind === 'unix' ? at : { ...at, port: (http.server.address() as AddressInfo).port };
  log.info('answering by HTTP', { at: shownDoorPlace(really), tls: options.tls !== null });
  return { at: really, [Symbol.asyncDispose]: () => http.close() };
}

function serverFor(options: ContractServerOptions): FastifyInstance {
  const { tls, behindProxy, log, questionMaxMs = usualQuestionMaxMs } = options;
  const patience = { headersTimeout: questionMaxMs, connectionsCheckingInterval: Math.min(lateLookMs, questionMaxMs) };
  const common = {
    bodyLimit: bodyOctetsMost,
    // A file takes longer: bodies are watched in `late-bodies.ts`.
    requestTimeout: 0,
    keepAliveTimeout: keptAliveMs,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: parameterMost },
    // The last hop only: what stands before it anybody may have written.
    trustProxy: behindProxy ? (_: string, hop: number) => hop < 1 : false,
    requestIdHeader: false,
    genReqId: ({ headers: { 'x-request-id': given } }) =>
      typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID(),
    frameworkErrors: (error, request, reply) => {
      tellProblem(request, reply, error, log);
    },
  } satisfies FastifyServerOptions;
  if (tls === null) return fastify({ ...common, http: patience });
  const https = { ...patience, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' } as const;
  // It answers in the same way; only its type tells of another kind of server.
  return fastify<TlsServer>({ ...common, https });
}

/** What every answer bears, and that nobody is waited for who does not read it. */
function guard(http: FastifyInstance): void {
  http.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'X-Request-Id': request.id,
      'Cache-Control': 'private, no-cache',
      Vary: 'Authorization, Cookie',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    });
  });
  // Node ends a connection whose time is up, and gives one that is kept alive its own time afterwards.
  http.addHook('onSend', async ({ raw: { socket } }) => {
    socket.setTimeout(answerMaxMs);
  });
}

/** Who may come to it is said by the folder that it is in; a proxy runs under a user of its own. */
async function listenAtSocket(http: FastifyInstance, path: string): Promise<void> {
  await clearSocket(path);
  await http.listen({ path });
  await chmod(path, 0o666);
}
