/**
 * The two who know nothing of Godwit in the third act of `godwit demo`: a person's mail program, as plain as such a program can be (it
 * signs in, looks for new mail some times a second, and comes back when its session is ended), and whoever writes to that person.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { field, octets, type Value, Wire } from '../../labs/wire.ts';
import type { Happening } from './demo-seconds.ts';
import { type DemoServer, type Side, signedIn } from './demo-servers.ts';

export interface Person {
  readonly address: string;
  readonly password: string;
}

type Tell = (happening: Happening) => void;

const now = (): number => performance.now();
const lookEveryMs = 100;
/** Programs differ: some come back at once, some after seconds. This one is quick, so that the seconds are not its own. */
const comeBackMs = 100;
const idStart = 'tide-table-';

/** Signs in by `port` and looks for mail until `stop` fires. */
export async function keepReading(port: number, person: Person, tell: Tell, stop: AbortSignal): Promise<void> {
  const seen = new Set<number>();
  while (!stop.aborted) {
    let isIn = false;
    try {
      await using wire = await Wire.connect(port);
      const leave = (): void => wire.destroy();
      stop.addEventListener('abort', leave);
      try {
        await wire.ok('LOGIN ', Buffer.from(person.address), ' ', Buffer.from(person.password));
        tell({ kind: 'signed in', side: await sideOf(wire), atMs: now() });
        isIn = true;
        await lookForMail(wire, seen, tell, stop);
      } finally {
        stop.removeEventListener('abort', leave);
      }
    } catch {
      if (stop.aborted) return;
      if (isIn) tell({ kind: 'cut', atMs: now() });
      await pause(comeBackMs, stop);
    }
  }
}

async function lookForMail(wire: Wire, seen: Set<number>, tell: Tell, stop: AbortSignal): Promise<void> {
  await wire.ok('SELECT INBOX');
  for (let next = 1; !stop.aborted; await pause(lookEveryMs, stop)) {
    const { untagged } = await wire.ok(`UID FETCH ${next}:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])`);
    for (const { uid, number } of messagesIn(untagged)) {
      next = Math.max(next, uid + 1);
      if (number === null || seen.has(number)) continue;
      seen.add(number);
      tell({ kind: 'arrived', number, atMs: now() });
    }
  }
}

/** The server's own word for where it is, which it gives to whoever asks who it is (`ID`, RFC 2971). */
async function sideOf(wire: Wire): Promise<Side> {
  const { untagged } = await wire.ok('ID NIL');
  const told = untagged.find(([name]) => name === 'ID')?.[1];
  const pairs = Array.isArray(told) ? told.map((each: Value) => octets(each)) : [];
  const side = pairs[pairs.indexOf('environment') + 1];
  if (side !== 'old' && side !== 'new') throw new Error('the server does not say which of the two it is');
  return side;
}

/** The numbers of our messages in somebody's inbox at this server, each as often as it is there. */
export async function numbersAt(server: DemoServer, { address, password }: Person): Promise<readonly number[]> {
  await using wire = await signedIn(server, address, password);
  await wire.ok('SELECT INBOX');
  const { untagged } = await wire.ok('UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])');
  return [...messagesIn(untagged)].flatMap(({ number }) => (number === null ? [] : [number]));
}

/** Messages of a FETCH; `number` is null for those that are not ours. */
function* messagesIn(untagged: readonly (readonly Value[])[]): Generator<{ uid: number; number: number | null }> {
  for (const [, name, items] of untagged) {
    if (name !== 'FETCH' || !Array.isArray(items)) continue;
    const id = new RegExp(`<${idStart}(\\d+)@`).exec(items.map((each: Value) => octets(each)).join(' '));
    yield { uid: Number(octets(field(items, 'UID'))), number: id ? Number(id[1]) : null };
  }
}

/** Where mail is handed in: to an MX, or where there is none straight to Godwit's own door for deliveries, which speaks LMTP. */
export interface MailWay {
  readonly speaks: 'smtp' | 'lmtp';
  readonly port: number;
}

export interface Letters {
  /** No more are begun; resolves once each that was has been taken or refused. */
  stop(): Promise<void>;
}

/** A message to `to` each second, the next from number `first` on; and half a second after each one to `neighbour`, who stays. */
export function writeEverySecond(way: MailWay, to: string, neighbour: string, first: number, tell: Tell): Letters {
  const transport = createTransport({
    host: '127.0.0.1',
    port: way.port,
    pool: true,
    maxConnections: 20,
    ignoreTLS: true,
    lmtp: way.speaks === 'lmtp',
  });
  const stopped = new AbortController();
  const underWay = new Set<Promise<void>>();
  const send = (recipient: string, number: number | null): void => {
    const sent = transport
      .sendMail(letter(recipient, number))
      .then(() => undefined)
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        if (number !== null) tell({ kind: 'refused', number, why, atMs: now() });
      })
      .finally(() => underWay.delete(sent));
    underWay.add(sent);
  };
  const life = (async () => {
    const begun = now();
    for (let nth = 0; !stopped.signal.aborted; nth++) {
      tell({ kind: 'sent', number: first + nth, atMs: now() });
      send(to, first + nth);
      await pause(begun + nth * 1_000 + 500 - now(), stopped.signal);
      send(neighbour, null);
      await pause(begun + (nth + 1) * 1_000 - now(), stopped.signal);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await life;
      await Promise.all(underWay);
      transport.close();
    },
  };
}

function letter(to: string, number: number | null) {
  const from = 'notices@port-authority.example';
  const about = number === null ? 'a copy for the office' : `tide table ${number}`;
  const id = number === null ? `office-${Math.round(now())}` : `${idStart}${number}`;
  const headers = [`From: ${from}`, `To: ${to}`, `Subject: ${about}`, `Message-ID: <${id}@port-authority.example>`];
  return {
    envelope: { from, to: [to] },
    raw: [...headers, `Date: ${new Date().toUTCString()}`, '', 'High water at noon.', ''].join('\r\n'),
  };
}

/** As long as nobody wants to stop. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}
