/**
 * An IMAP server over mailboxes made of arrays, which can be told to do everything wrong that real ones do. It says in its
 * greeting and its ID what it is. It shares no code with our client (`protocols/imap`): two readings of the grammar, one
 * checking the other.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { MemoryPlatform } from '#connectors/memory/platform.ts';
import { noQuirks, type Quirks, type ServerFaults } from './faults.ts';
import { type House, Session, type SignInAttempt } from './imap/session.ts';
import { type TlsMaterial, Wire } from './imap/wire.ts';

/** Everything that this server can do. */
export const everyCapability = [
  'AUTH=PLAIN',
  'AUTH=LOGIN',
  'AUTH=XOAUTH2',
  'AUTH=OAUTHBEARER',
  'SASL-IR',
  'LITERAL+',
  'STARTTLS',
  'ID',
  'ENABLE',
  'IDLE',
  'NAMESPACE',
  'UIDPLUS',
  'MULTIAPPEND',
  'UNSELECT',
  'MOVE',
  'CONDSTORE',
  'QRESYNC',
  'ESEARCH',
  'LIST-EXTENDED',
  'LIST-STATUS',
  'SPECIAL-USE',
  'CREATE-SPECIAL-USE',
  'CHILDREN',
  'QUOTA',
  'UTF8=ACCEPT',
  'COMPRESS=DEFLATE',
] as const;

/** A server that knows RFC 3501 and nothing else. */
export const bareCapabilities = ['AUTH=PLAIN'] as const;

export interface SimOptions {
  readonly platform: MemoryPlatform;
  readonly capabilities: readonly string[];
  readonly quirks: Partial<Quirks>;
  readonly faults: ServerFaults;
  /** Key and certificate in PEM; with `implicitTls` false they serve STARTTLS. */
  readonly tls: TlsMaterial | null;
  readonly implicitTls: boolean;
  /** Announced as APPENDLIMIT and kept to. */
  readonly appendLimitBytes: number | null;
  readonly signIn: House['signIn'];
  readonly greeting: string;
}

export interface SimServer extends AsyncDisposable {
  readonly port: number;
  readonly platform: MemoryPlatform;
  /** How often each command was heard, e.g. `UID FETCH`. */
  readonly counts: ReadonlyMap<string, number>;
  /** What clients did against the standards, in words. */
  readonly violations: readonly string[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Resets every connection there is, as a fail-over does. */
  dropAll(): void;
  /** Ends what is left of every connection; resolves when nothing more can come of any. */
  hangUp(): Promise<void>;
}

/** The password that lets into every mailbox unless `signIn` says otherwise. */
export const simPassword = 'sesame';

/** Starts a server on 127.0.0.1, on a port that the system picks. */
export async function startServer(options: Partial<SimOptions> = {}): Promise<SimServer> {
  const platform = options.platform ?? new MemoryPlatform();
  const limit = options.appendLimitBytes ?? null;
  const capabilities = [
    ...(options.capabilities ?? everyCapability),
    ...(limit === null ? [] : [`APPENDLIMIT=${limit}`]),
  ];
  const counts = new Map<string, number>();
  const violations: string[] = [];
  const quirks = { ...noQuirks, ...options.quirks };
  const house: House = {
    platform,
    capabilities: new Set(capabilities.map((word) => word.toUpperCase())),
    quirks,
    faults: options.faults ?? {},
    greeting: options.greeting ?? 'Godwit simulated IMAP server, for tests only, ready.',
    tls: options.tls ?? null,
    appendLimitBytes: limit,
    signIn: options.signIn ?? ((attempt) => byPassword(platform, attempt)),
    counts,
    violations,
  };
  const sockets = new Set<Socket>();
  let connections = 0;
  const welcome = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    void new Session(house, new Wire(socket, quirks.pieces), ++connections).serve();
  };
  const server: Server =
    house.tls && options.implicitTls ? createTlsServer({ ...house.tls }, welcome) : createServer(welcome);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    platform,
    counts,
    violations,
    get connections() {
      return connections;
    },
    dropAll,
    hangUp: async () => {
      dropAll();
      while (sockets.size > 0) await new Promise(setImmediate);
    },
    [Symbol.asyncDispose]: async () => {
      dropAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function byPassword(platform: MemoryPlatform, attempt: SignInAttempt): ReturnType<House['signIn']> {
  const mailbox = attempt.authorization === '' ? attempt.user : attempt.authorization;
  if (attempt.secret !== simPassword || !platform.mailboxes.has(mailbox)) {
    return { refused: '[AUTHENTICATIONFAILED] Authentication failed.' };
  }
  return { mailbox };
}
