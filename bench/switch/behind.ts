/** A program that knows nothing of proxies: it signs in to the side that was left, by that server's own name, and files a message. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { DovecotServer } from '../../labs/dovecot.ts';
import { RawImap } from '../raw-imap.ts';
import { password } from './landscape.ts';
import type { RoutesSeen } from './routes-seen.ts';

export interface FiledBehind {
  readonly address: string;
  readonly id: string;
  /** So long after its switch. */
  readonly afterMs: number;
  /** Seconds until it was on the other side; null where that was not within twice the minute that is asked for. */
  readonly seconds: number | null;
}

export interface Behind {
  readonly address: string;
  readonly phase: string;
  /** Where it files, and where people are then. */
  readonly left: DovecotServer;
  readonly now: DovecotServer;
  readonly to: 'source' | 'target';
  readonly afterMs: number;
}

const behindPrefix = 'switch-behind-';
const waitMostMs = 120_000;
const lookEveryMs = 250;

/** Null where the mailbox did not change sides before `signal`. */
export async function fileBehind(
  { address, phase, left, now, to, afterMs }: Behind,
  routes: RoutesSeen,
  signal: AbortSignal,
): Promise<FiledBehind | null> {
  if (!(await routes.until(address, ({ side }) => side === to, signal))) return null;
  await sleep(afterMs);
  const id = `${behindPrefix}${phase}`;
  const text = `From: ${address}\r\nSubject: by the old name\r\nMessage-ID: <${id}@town.example>\r\n\r\nHere I am.\r\n`;
  await using filing = await signedIn(left, address);
  await filing.ask(`APPEND INBOX {${text.length}+}`, [Buffer.from(`\r\n${text}\r\n`)]);
  const since = performance.now();
  const filed = { address, id, afterMs };
  await using looking = await signedIn(now, address);
  await looking.ask('SELECT INBOX');
  while (performance.now() - since < waitMostMs) {
    const found = await looking.ask(`SEARCH HEADER Message-ID ${id}`);
    if (found.some(({ text: said }) => /^\* SEARCH \d/.test(said)))
      return { ...filed, seconds: (performance.now() - since) / 1000 };
    await sleep(lookEveryMs);
  }
  return { ...filed, seconds: null };
}

async function signedIn({ host, port }: DovecotServer, address: string): Promise<RawImap> {
  const imap = await RawImap.open({ host, port, ca: null });
  await imap.signIn(address, password);
  return imap;
}
