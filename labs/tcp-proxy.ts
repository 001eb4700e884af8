/**
 * A TCP proxy between a client and a lab server, for distance and for harm: delay, a cut after so many octets, a reset,
 * silence (half-open), and a log of what went each way. What it forwards it does not change, unless told how.
 */

import { connect, createServer, type Server, type Socket } from 'node:net';

export interface ProxyOptions {
  /** Added to each direction, so a round trip takes twice this. */
  readonly delayMs?: number;
  /** Keep what passes, per connection and direction. */
  readonly log?: boolean;
  /** Rewrites octets on their way to the client, e.g. to strip STARTTLS from a capability list. */
  readonly toClient?: (chunk: Buffer) => Buffer;
  readonly toServer?: (chunk: Buffer) => Buffer;
  /** Asked once for each connection, counted from 0; what shall happen to it. */
  readonly harm?: (connection: number) => Harm | null;
}

/** What happens to a connection once so many octets went in one direction. */
export interface Harm {
  readonly direction: 'to-client' | 'to-server';
  readonly afterBytes: number;
  /** `cut`: FIN on both sides. `reset`: RST. `silence`: nothing passes any more, and nobody is told. */
  readonly how: 'cut' | 'reset' | 'silence';
}

export interface ConnectionLog {
  readonly toServer: Buffer[];
  readonly toClient: Buffer[];
}

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  readonly connections: readonly ConnectionLog[];
  /** How many connections were harmed so far. */
  readonly harmed: () => number;
  /** Everything clients sent, as text of one octet per character, connection after connection. */
  sent(): string;
  /** Empties the log, to look at what comes from now on. */
  forget(): void;
  /** Resolves when no connection is open any more, on either side. */
  quiet(): Promise<void>;
  /** Ends all connections that are open now by RST. */
  resetAll(): void;
  /** From here on nothing passes on those that are open now, and nobody is told. */
  silenceAll(): void;
}

/** Starts a proxy to a port on loopback. */
export async function startProxy(to: { readonly port: number }, options: ProxyOptions = {}): Promise<TcpProxy> {
  const connections: ConnectionLog[] = [];
  const open = new Set<Socket>();
  const silencers = new Set<() => void>();
  const waiting: (() => void)[] = [];
  let harmed = 0;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const log: ConnectionLog = { toServer: [], toClient: [] };
    const number = connections.push(log) - 1;
    const upstream = connect({ port: to.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const harm = options.harm?.(number) ?? null;
    let dead = false;
    const strike = (how: Harm['how']): void => {
      dead = true;
      harmed++;
      if (how === 'silence') return;
      for (const socket of [client, upstream]) {
        if (how === 'reset') socket.resetAndDestroy();
        else socket.destroySoon();
      }
    };
    const silence = (): void => {
      dead = true;
    };
    silencers.add(silence);
    upstream.once('close', () => silencers.delete(silence));
    const lane = (
      from: Socket,
      into: Socket,
      direction: Harm['direction'],
      kept: Buffer[],
      change?: (chunk: Buffer) => Buffer,
    ): void => {
      let passed = 0;
      const pass = (chunk: Buffer): void => {
        if (dead) return;
        const left = harm?.direction === direction ? harm.afterBytes - passed : Infinity;
        const part = chunk.subarray(0, Math.min(chunk.length, left));
        passed += part.length;
        if (options.log === true) kept.push(Buffer.from(part));
        if (!into.write(part) && !from.isPaused()) {
          from.pause();
          into.once('drain', () => from.resume());
        }
        if (part.length === left && harm !== null) strike(harm.how);
      };
      const later = options.delayMs ?? 0;
      const soon = (action: () => void): void => {
        if (later === 0) action();
        else setTimeout(action, later);
      };
      from.on('data', (chunk: Buffer) => soon(() => pass(change === undefined ? chunk : change(chunk))));
      from.on('end', () =>
        soon(() => {
          if (!dead) into.end();
        }),
      );
      from.on('error', () => {
        if (!dead) into.resetAndDestroy();
      });
      from.on('close', () => {
        open.delete(from);
        if (open.size === 0) for (const resolve of waiting.splice(0)) resolve();
        if (!dead && from.errored === null && !from.readableEnded) into.destroy();
      });
      open.add(from);
    };
    lane(client, upstream, 'to-server', log.toServer, options.toServer);
    lane(upstream, client, 'to-client', log.toClient, options.toClient);
  });
  const port = await listen(server);
  return {
    port,
    connections,
    harmed: () => harmed,
    sent: () => connections.map((each) => Buffer.concat(each.toServer).toString('latin1')).join('\n'),
    forget: () => {
      for (const each of connections) {
        each.toServer.length = 0;
        each.toClient.length = 0;
      }
    },
    quiet: async () => {
      if (open.size > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    resetAll: () => {
      for (const socket of open) socket.resetAndDestroy();
    },
    silenceAll: () => {
      for (const silence of silencers) silence();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Listens on loopback on a port the kernel picks. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => server.listen(0, '127.0.0.1', resolve).once('error', reject));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  return address.port;
}

/** Of what a client sent, the commands that alter a mailbox or mark a message as seen. */
export function commandsThatWrite(sent: string): readonly string[] {
  const verbs =
    /^\S+ (?:UID )?(?:SELECT|STORE|APPEND|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE|EXPUNGE|COPY|MOVE|CLOSE)\b.*|.*\bBODY\[.*/gim;
  return [...sent.matchAll(verbs)].map(([line]) => line.slice(0, 200));
}
