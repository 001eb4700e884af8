/**
 * A door before a server that counts: connections that are open at one moment as the server sees them, and octets in both
 * directions. What passes is not changed.
 */

import { connect, createServer, type Socket } from 'node:net';

export interface CountingProxy extends AsyncDisposable {
  readonly port: number;
  /** Open at this moment: accepted, and not yet closed by both. */
  readonly open: number;
  /** The most that were ever open at one moment. */
  readonly openMax: number;
  readonly accepted: number;
  readonly octets: number;
  /** `openMax` begins anew. */
  forget(): void;
}

/**
 * Starts one before a port on loopback. `lingerMs`: how long the server takes to end a connection after its last words, as one
 * does that has something to tidy up; it counts until then.
 */
export async function startCountingProxy(
  to: { readonly port: number },
  { host = '127.0.0.1', lingerMs = 0 } = {},
): Promise<CountingProxy> {
  const open = new Set<Socket>();
  let openMax = 0;
  let accepted = 0;
  let octets = 0;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: to.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    accepted++;
    open.add(client);
    openMax = Math.max(openMax, open.size);
    pass(client, upstream, 0);
    pass(upstream, client, lingerMs);
    client.on('close', () => {
      open.delete(client);
      upstream.destroy();
    });
    upstream.on('error', () => client.destroy());
  });
  const pass = (from: Socket, into: Socket, endMs: number): void => {
    from.on('data', (chunk: Buffer) => {
      octets += chunk.length;
      if (!into.write(chunk)) {
        from.pause();
        into.once('drain', () => from.resume());
      }
    });
    from.on('end', () => setTimeout(() => into.end(), endMs));
    from.on('error', () => into.destroy());
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    get open() {
      return open.size;
    },
    get openMax() {
      return openMax;
    },
    get accepted() {
      return accepted;
    },
    get octets() {
      return octets;
    },
    forget() {
      openMax = open.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
