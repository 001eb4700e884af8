/**
 * A server at a door's place: who may come to it, how many at a time, and how it ends. What is said there is the door's own affair.
 */

import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { type AddressInfo, BlockList, isIP, isIPv6, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { fault } from '#domain/fault.ts';
import { type DoorPlace, shownDoorPlace } from '#domain/door-place.ts';
import { cleanText } from '#lib/clean-text.ts';
import { clearSocket } from '#lib/unix-socket.ts';

/** Who may come from elsewhere: addresses and networks, as in `10.0.0.0/8`. Whoever is on this machine always may. */
export type Allowed = (address: string) => boolean;

/** Null where one of them is neither an address nor a network. */
export function allowedOf(networks: readonly string[]): Allowed | null {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  for (const network of networks) {
    const [address = '', bits, more] = network.split('/');
    const family = isIP(address) === 0 ? null : isIPv6(address) ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    if (family === null || more !== undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
    if (Number(bits ?? most) > most) return null;
    list.addSubnet(address, Number(bits ?? most), family);
  }
  return (address) => {
    // An IPv4 address that comes to a socket of IPv6 (RFC 4291 §2.5.5.2).
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    return isIP(plain) !== 0 && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}

/** Whether this connection may stay: it comes by a Unix socket, from this machine, or from an allowed network. */
export function mayCome(socket: Socket, at: DoorPlace, allowed: Allowed): boolean {
  return at.kind === 'unix' || allowed(socket.remoteAddress ?? '');
}

/**
 * Has the server listen there. A socket in the file system that nobody serves any more is replaced. Throws `listen.unusable`.
 */
export async function listenAt(server: Server, at: DoorPlace): Promise<DoorPlace> {
  try {
    if (at.kind === 'tcp') {
      await listening(server, { host: at.host, port: at.port });
      return { ...at, port: (server.address() as AddressInfo).port };
    }
    await clearSocket(at.path);
    await listening(server, { path: at.path });
    // Mail systems run under users of their own. Who may come to the socket is said by the folder it is in.
    await chmod(at.path, 0o666);
    return at;
  } catch (error) {
    throw fault(
      'listen.unusable',
      { at: shownDoorPlace(at), text: whyNot(at, error as NodeJS.ErrnoException) },
      { cause: error },
    );
  }
}

/** Ends a server with everybody who is still there. */
export async function endListening(server: Server, sockets: Iterable<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
}

function listening(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function whyNot(at: DoorPlace, { code, message }: NodeJS.ErrnoException): string {
  // Node says EACCES of it as well (libuv: uv_pipe_bind).
  if (at.kind === 'unix' && !existsSync(dirname(at.path))) return `there is no folder ${dirname(at.path)}.`;
  switch (code) {
    case 'EADDRINUSE':
      return 'another process listens there.';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address.';
    case 'EACCES':
      return 'this user may not listen there.';
    default:
      return cleanText(message, 200);
  }
}
