/** Makes connections: TCP, with TLS at once or put on an open one after STARTTLS. Whoever waits is never left waiting. */

import { connect as connectTcp, isIP, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { ImapError } from './errors.ts';

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** TLS from the first octet. */
  readonly tls: boolean;
  /** PEM of the authority to trust; null for those this machine trusts. */
  readonly ca: string | null;
  readonly verify: boolean;
  readonly connectMs: number;
  /** What looks the name up, and may refuse what it stands for; that of the machine unless told. */
  readonly lookup?: LookupFunction;
}

/**
 * Connects and resolves with what `opened` answers, which is called in the very turn in which the connection is open: what
 * the server says first may come in the same one. `roundTripMs` is what the TCP handshake took. Rejects with `unreachable`
 * or `connect-timeout`, or with the signal's reason.
 */
export async function dial<T>(
  options: DialOptions,
  onread: OnReadOpts,
  signal: AbortSignal | null,
  opened: (socket: Socket, roundTripMs: number) => T,
): Promise<T> {
  // Loading TLS takes as long as checking ten mailboxes in the clear.
  const tls = options.tls ? await import('node:tls') : null;
  signal?.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    let phase: 'connecting' | 'handshake' = 'connecting';
    let since = performance.now();
    let roundTripMs = 0;
    const common = {
      host: options.host,
      port: options.port,
      ...(options.lookup ? { lookup: options.lookup } : {}),
      onread,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    };
    const socket: Socket = tls ? tls.connect({ ...tlsOptions(options), ...common }) : connectTcp(common);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      socket.removeListener('error', failed);
      socket.removeListener('close', closed);
      act();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const failed = (cause: Error): void => fail(new ImapError({ kind: 'unreachable', phase, cause }));
    const closed = (): void =>
      fail(new ImapError({ kind: 'unreachable', phase, cause: new Error('closed before it was open') }));
    const aborted = (): void => fail(signal?.reason);
    const timer = setTimeout(() => fail(late(options)), options.connectMs);
    signal?.addEventListener('abort', aborted, { once: true });
    socket.once('error', failed);
    socket.once('close', closed);
    socket.once('lookup', () => {
      since = performance.now();
    });
    socket.once('connect', () => {
      // SYN and SYN-ACK: one round trip and nothing else.
      roundTripMs = performance.now() - since;
      phase = 'handshake';
    });
    socket.once(tls ? 'secureConnect' : 'connect', () => settle(() => resolve(opened(socket, roundTripMs))));
  });
}

/** Puts TLS on an open connection, as `dial` answers; both are closed when it rejects. */
export function secure<T>(plain: Socket, options: DialOptions, opened: (socket: TLSSocket) => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const socket = process.getBuiltinModule('node:tls').connect({ ...tlsOptions(options), socket: plain });
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      socket.on('error', () => {});
      socket.destroy();
      plain.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(late(options)), options.connectMs);
    const failed = (cause: Error): void => fail(new ImapError({ kind: 'unreachable', phase: 'handshake', cause }));
    const closed = (): void => failed(new Error('closed during the TLS handshake'));
    socket.once('error', failed);
    socket.once('close', closed);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      socket.removeListener('close', closed);
      resolve(opened(socket));
    });
  });
}

/** As `instanceof`, for a class that is not loaded where there is no TLS. */
export function isTls(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket;
}

function late({ connectMs }: DialOptions): ImapError {
  return new ImapError({ kind: 'connect-timeout', seconds: connectMs / 1_000 });
}

function tlsOptions(options: DialOptions): ConnectionOptions {
  return {
    ...(isIP(options.host) === 0 ? { servername: options.host } : {}),
    ...(options.ca === null ? {} : { ca: options.ca }),
    host: options.host,
    rejectUnauthorized: options.verify,
    // RFC 8314 §4.1, RFC 9051 §11.1.
    minVersion: 'TLSv1.2',
  };
}
