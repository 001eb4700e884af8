/**
 * Stands between a Postfix and the door that it asks, and passes every question on; and can be made to answer some of them itself,
 * with what was true once or what is not true yet. No door of ours does that: it is here to see what becomes of mail if one did.
 */

import { connect, createServer, type Socket } from 'node:net';
import { NetstringReader, netstring } from '#doors/netstring.ts';

export interface Hearsay extends AsyncDisposable {
  readonly port: number;
  /** From here on mail for these addresses goes by this transport, whatever the door says; null: as the door says. */
  say(lie: { readonly addresses: readonly string[]; readonly transport: string } | null): void;
  /** How many questions were answered so. */
  readonly told: () => number;
}

export async function startHearsay(door: { readonly port: number }): Promise<Hearsay> {
  const sockets = new Set<Socket>();
  let lie: { readonly addresses: ReadonlySet<string>; readonly transport: string } | null = null;
  let told = 0;
  const server = createServer({ noDelay: true }, (asking) => {
    const asked = connect({ host: '127.0.0.1', port: door.port, noDelay: true });
    for (const socket of [asking, asked]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        asking.destroy();
        asked.destroy();
      });
    }
    asked.pipe(asking);
    const reader = new NetstringReader();
    // Postfix asks one thing at a time on a connection, so answers need not be put in order.
    asking.on('data', (chunk: Buffer) => {
      const understood = reader.feed(chunk, (octets) => {
        const question = octets.toString();
        const [map = '', address = ''] = question.split(' ');
        if (lie !== null && map.startsWith('transport') && lie.addresses.has(address)) {
          told++;
          asking.write(netstring(`OK ${lie.transport}`));
        } else asked.write(netstring(question));
      });
      if (!understood) asking.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as { readonly port: number }).port,
    say: (what) => {
      lie = what && { addresses: new Set(what.addresses), transport: what.transport };
    },
    told: () => told,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
