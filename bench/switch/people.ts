/**
 * People's programs, which go on working through the proxies while mailboxes change sides: some poll, some wait in IDLE, some flag,
 * some move and some file. What a server has acknowledged to them is written down, and every attempt to sign in with how long it took.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Door, quoted, RawImap } from '../raw-imap.ts';
import { password } from './landscape.ts';

/** What a person's program was told to be done. */
export type Deed =
  | { readonly kind: 'filed'; readonly address: string; readonly id: string; readonly folder: string }
  | { readonly kind: 'flagged'; readonly address: string; readonly id: string; readonly flag: string }
  | { readonly kind: 'moved'; readonly address: string; readonly id: string; readonly to: string };

export interface Attempt {
  readonly address: string;
  readonly began: number;
  readonly ms: number;
  readonly ok: boolean;
  /** In the server's words, where it was not. */
  readonly why: string;
}

/** A session that ended in the middle of something. */
export interface Cut {
  readonly address: string;
  readonly at: number;
}

export interface People {
  readonly deeds: readonly Deed[];
  readonly attempts: readonly Attempt[];
  /** Sessions that ended in the middle of something. */
  readonly cut: () => number;
  stop(): Promise<void>;
}

/** Those of whom it is known whose session that was. */
export interface PeopleCut extends People {
  readonly cuts: readonly Cut[];
}

export const filedPrefix = 'switch-filed-';
export const habits = ['poll', 'idle', 'flag', 'move', 'file'] as const;
const reconnectMs = 100;
const betweenMs = 700;

/** One program for each of `addresses`, by each of `doors` in turn. */
export function liveThrough(doors: readonly Door[], addresses: readonly string[], phase: string): PeopleCut {
  const deeds: Deed[] = [];
  const attempts: Attempt[] = [];
  const ended = new AbortController();
  const cuts: Cut[] = [];
  const lives = addresses.map(async (address, number) => {
    const door = doors[number % doors.length] as Door;
    const habit = habits[Math.floor(number / doors.length) % habits.length] as (typeof habits)[number];
    let act = 0;
    // They do not all come in the same moment.
    await sleep((number * 37) % 2_000);
    while (!ended.signal.aborted) {
      const imap = await signIn(door, address, attempts);
      if (imap === null) {
        await sleep(reconnectMs);
        continue;
      }
      try {
        await imap.ask('SELECT INBOX');
        while (!ended.signal.aborted) {
          await once(imap, habit, address, `${phase}-${number}`, act++, deeds);
          await sleep(betweenMs);
        }
        await imap[Symbol.asyncDispose]();
      } catch {
        cuts.push({ address, at: Date.now() });
        imap.socket.destroy();
        if (!ended.signal.aborted) await sleep(reconnectMs);
      }
    }
  });
  return {
    deeds,
    attempts,
    cuts,
    cut: () => cuts.length,
    async stop() {
      ended.abort();
      await Promise.all(lives);
    },
  };
}

async function signIn(door: Door, address: string, attempts: Attempt[]): Promise<RawImap | null> {
  const began = Date.now();
  let imap: RawImap | null = null;
  try {
    imap = await RawImap.open(door);
    await imap.signIn(address, password);
    attempts.push({ address, began, ms: Date.now() - began, ok: true, why: '' });
    return imap;
  } catch (error) {
    imap?.socket.destroy();
    const why = error instanceof Error ? error.message : String(error);
    attempts.push({ address, began, ms: Date.now() - began, ok: false, why });
    return null;
  }
}

/** One act of a program with this habit. Throws where the server refuses it, or is gone. */
export async function once(
  imap: RawImap,
  habit: (typeof habits)[number],
  address: string,
  prefix: string,
  act: number,
  deeds: Deed[],
): Promise<void> {
  switch (habit) {
    case 'poll':
      await imap.ask('NOOP');
      await imap.ask('STATUS INBOX (MESSAGES UNSEEN)');
      return;
    case 'idle': {
      const idling = imap.ask('IDLE');
      idling.catch(() => undefined); // heard below
      await sleep(500);
      imap.socket.write('DONE\r\n');
      await idling;
      return;
    }
    case 'file': {
      const id = `${filedPrefix}${prefix}-${act}`;
      const text = Buffer.from(
        `From: ${address}\r\nSubject: a draft\r\nMessage-ID: <${id}@town.example>\r\n\r\nDraft ${act}.\r\n`,
      );
      await imap.ask(`APPEND INBOX (\\Draft) {${text.length}+}`, [
        Buffer.concat([Buffer.from('\r\n'), text, Buffer.from('\r\n')]),
      ]);
      deeds.push({ kind: 'filed', address, id, folder: 'INBOX' });
      return;
    }
    case 'flag': {
      const flag = `$Bench-${prefix}-${act % 20}`;
      const id = await idAt(imap, act);
      if (id === null) return;
      await imap.ask(`STORE ${id.sequence} +FLAGS (${flag})`);
      deeds.push({ kind: 'flagged', address, id: id.id, flag });
      return;
    }
    case 'move': {
      const id = await idAt(imap, 0);
      if (id === null) return;
      await imap.ask(`MOVE ${id.sequence} ${quoted('Archive')}`);
      deeds.push({ kind: 'moved', address, id: id.id, to: 'Archive' });
    }
  }
}

/** A message of the selected folder, by its place. Ids are local parts of Message-IDs. */
async function idAt(imap: RawImap, act: number): Promise<{ readonly sequence: number; readonly id: string } | null> {
  const answers = await imap.ask('SEARCH ALL');
  const places = answers
    .flatMap(({ text }) => (text.startsWith('* SEARCH') ? text.slice(9).split(' ') : []))
    .filter(Boolean);
  if (places.length === 0) return null;
  const sequence = Number(places[act % places.length]);
  const fetched = await imap.ask(`FETCH ${sequence} (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])`);
  const id = fetched
    .flatMap(({ literals }) => literals.map((each) => messageId(each.toString('latin1'))))
    .find(Boolean);
  return id === undefined || id === null ? null : { sequence, id };
}

/** The local part of a Message-ID in a header. */
export function messageId(header: string): string | null {
  return /<([^@>]+)@/.exec(header)?.[1] ?? null;
}

/** Of what a program did to a message several times the last counts; a flag that was set stays set. */
export function done(deeds: readonly Deed[]): readonly Deed[] {
  const moved = new Set(deeds.flatMap((deed) => (deed.kind === 'moved' ? [`${deed.address} ${deed.id}`] : [])));
  return deeds.filter((deed) => deed.kind !== 'filed' || !moved.has(`${deed.address} ${deed.id}`));
}
