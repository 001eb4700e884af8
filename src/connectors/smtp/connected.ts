/** A connection to a mail server that is open, made by us and not by the library, which would look names up by itself. */

import { connect, type Socket } from 'node:net';
import type { Way } from '#ports/reach.ts';

/** Rejects with the error of the socket, with one that has the code ETIMEDOUT, or with the reason of the signal. */
export function connected(
  { host, port, lookup }: Pick<Way, 'host' | 'port'> & Partial<Way>,
  withinMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...(lookup ? { lookup } : {}) });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.removeListener('error', failed);
      act();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        socket.on('error', () => undefined); // one was told already
        socket.destroy();
        reject(error);
      });
    const failed = (error: Error): void => fail(error);
    const aborted = (): void => fail(signal.reason);
    const late = (): void => fail(Object.assign(new Error('Connection timeout'), { code: 'ETIMEDOUT' }));
    const timer = setTimeout(late, withinMs);
    signal.addEventListener('abort', aborted, { once: true });
    socket.once('error', failed);
    socket.once('connect', () => settle(() => resolve(socket)));
  });
}
