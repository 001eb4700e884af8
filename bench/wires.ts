/** How clients reach the two servers: directly, over the delaying proxy, or with TLS from the first octet. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Wire } from './musts.ts';
import type { Address } from './peers/peer.ts';
import type { Ends } from './servers.ts';

export interface Addresses extends AsyncDisposable {
  readonly source: Address;
  readonly target: Address;
}

const proxy = join(import.meta.dirname, 'delay-proxy.ts');

/** The addresses of both ends over a wire; disposing of them ends the proxy, if there is one. */
export async function addressesFor(ends: Ends, wire: Wire): Promise<Addresses> {
  const host = '127.0.0.1';
  const direct = (server: Ends['source']): Address =>
    wire === 'tls'
      ? { host, port: server.tlsPort ?? 0, caFile: server.caFile }
      : { host, port: server.port, caFile: null };
  if (wire !== 'distance') {
    return { source: direct(ends.source), target: direct(ends.target), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const far = [ends.source, ends.target].map((server) => `${host}:${server.port}`);
  const child = spawn(process.execPath, [proxy, '10', ...far], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const [source, target] = String(said.value).split(' ').map(Number);
  return {
    source: { host, port: source ?? 0, caFile: null },
    target: { host, port: target ?? 0, caFile: null },
    [Symbol.asyncDispose]: () => {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill();
      return ended;
    },
  };
}
