/**
 * A program that hands a server many messages at once without waiting for an answer, and is cut by the switch in the middle of it. What
 * became of each it cannot know; what the old server had stored by then has to be on the new side, once.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Door, RawImap } from '../raw-imap.ts';
import { password } from './landscape.ts';
import type { RoutesSeen } from './routes-seen.ts';

export interface Burst {
  readonly address: string;
  readonly sent: readonly string[];
  readonly acknowledged: readonly string[];
}

export const burstPrefix = 'switch-burst-';
/** Before the moment has come it files as somebody would who clears a desk; so something is stored whenever it is cut. */
const beforeEveryMs = 100;
const beforeShare = 0.1;

/** `count` messages in all, most of them written in one go the moment that the mailbox is held. */
export async function burstThrough(
  door: Door,
  address: string,
  phase: string,
  count: number,
  routes: RoutesSeen,
  signal: AbortSignal,
): Promise<Burst> {
  const sent: string[] = [];
  const acknowledged: string[] = [];
  const answers: Promise<void>[] = [];
  const imap = await RawImap.open(door);
  await imap.signIn(address, password);
  const file = (): void => {
    const id = `${burstPrefix}${phase}-${sent.length}`;
    const text = `From: ${address}\r\nSubject: of many\r\nMessage-ID: <${id}@town.example>\r\n\r\nNumber ${sent.length}.\r\n`;
    sent.push(id);
    const answer = imap.ask(`APPEND INBOX {${text.length}+}`, [Buffer.from(`\r\n${text}\r\n`)]);
    // Whoever is cut is not told, and neither are we.
    answers.push(
      answer.then(
        () => void acknowledged.push(id),
        () => undefined,
      ),
    );
  };
  let isHeld = false;
  const held = routes.until(address, ({ standing }) => standing === 'held', signal).then((is) => (isHeld = is));
  while (!isHeld && !signal.aborted) {
    if (sent.length < count * beforeShare) file();
    await Promise.race([held, sleep(beforeEveryMs)]);
  }
  if (isHeld) while (sent.length < count) file();
  await Promise.all(answers);
  imap.socket.destroy();
  return { address, sent, acknowledged };
}
