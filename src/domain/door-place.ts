/** Where a door of ours listens: at an address of this machine, or at a socket in its file system. */

import { type Listen, readListen, shownListen } from './listen.ts';

export type DoorPlace =
  | ({ readonly kind: 'tcp' } & Listen)
  | { readonly kind: 'unix' /** Absolute. */; readonly path: string };

/** The longest path of a socket that Linux takes (unix(7)). */
const pathOctetsMax = 107;

/** Reads `127.0.0.1:8026`, `[::1]:8026` or `unix:/run/godwit/postfix`. Null for anything else. */
export function readDoorPlace(text: string): DoorPlace | null {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    const fits = path.startsWith('/') && !path.includes('\0') && Buffer.byteLength(path) <= pathOctetsMax;
    return fits ? { kind: 'unix', path } : null;
  }
  const at = readListen(text)?.at ?? null;
  return at && { kind: 'tcp', ...at };
}

export function shownDoorPlace(at: DoorPlace): string {
  return at.kind === 'unix' ? `unix:${at.path}` : shownListen(at);
}

/** Whether only this machine can come there. */
export function isForThisMachine(at: DoorPlace): boolean {
  return at.kind === 'unix' || at.host === 'localhost' || at.host === '::1' || /^127\.[\d.]+$/.test(at.host);
}
