/** Mail that keeps coming while mailboxes change sides, each message with a number of its own. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import type { PostfixServer } from '../../labs/postfix.ts';

/** One message that a server has said to have taken. */
export interface Injected {
  readonly id: string;
  readonly to: string;
  /** When it was accepted, in milliseconds since 1970. */
  readonly at: number;
}

export interface Injector {
  readonly accepted: readonly Injected[];
  /** Not taken, and so not ours to find again. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

export const idPrefix = 'switch-mail-';

/** So many messages a second in all, to one of `addresses` after the other, to each by each of `ways`. */
export function inject(
  ways: readonly PostfixServer[],
  addresses: readonly string[],
  perSecond: number,
  phase: string,
): Injector {
  const accepted: Injected[] = [];
  const refused: string[] = [];
  const transports = ways.map(({ port }) =>
    createTransport({ host: '127.0.0.1', port, pool: true, maxConnections: 4, ignoreTLS: true, maxMessages: 1_000 }),
  );
  let isOver = false;
  const underWay = new Set<Promise<void>>();
  const send = async (number: number): Promise<void> => {
    const id = `${idPrefix}${phase}-${number}`;
    // By each way to the same before it is the next one's turn.
    const to = addresses[Math.floor(number / transports.length) % addresses.length] as string;
    const transport = transports[number % transports.length] as (typeof transports)[number];
    try {
      await transport.sendMail({
        envelope: { from: 'sender@elsewhere.example', to: [to] },
        raw: `From: sender@elsewhere.example\r\nTo: ${to}\r\nSubject: number ${number}\r\nMessage-ID: <${id}@elsewhere.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nText of ${id}.\r\n`,
      });
      accepted.push({ id, to, at: Date.now() });
    } catch (error) {
      refused.push(`${id} to ${to}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const life = (async () => {
    const began = Date.now();
    for (let number = 0; !isOver; number++) {
      const sent = send(number);
      underWay.add(sent);
      void sent.finally(() => underWay.delete(sent));
      await sleep(Math.max(0, began + ((number + 1) * 1000) / perSecond - Date.now()));
    }
    await Promise.all(underWay);
    for (const transport of transports) transport.close();
  })();
  return {
    accepted,
    refused,
    async stop() {
      isOver = true;
      await life;
    },
  };
}
