/**
 * People's programs in bad weather, several for each mailbox: some stay signed in and work, others sign in anew again and again by each
 * of the proxies. Each sign-in is written down with the side it came to, and so is each act that was acknowledged.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { SideName } from '#domain/platform.ts';
import { type Door, RawImap } from '../raw-imap.ts';
import { markOf, password } from './landscape.ts';
import { type Attempt, type Deed, habits, once, type People } from './people.ts';

/** By which proxy; their names are those of the doors they ask. */
export type Way = 'nginx' | 'dovecot';

/** Something that went well on one side; in milliseconds since 1970. */
export interface Seen {
  readonly address: string;
  readonly way: Way;
  readonly side: SideName;
  readonly began: number;
  readonly ended: number;
}

export interface WeatherPeople extends People {
  readonly signIns: readonly Seen[];
  readonly acts: readonly Seen[];
}

const visitEveryMs = 700;
/** Long enough for a mailbox to have changed sides meanwhile. */
const lingerMs = 1_200;
const betweenMs = 500;
const reconnectMs = 150;
/** Longer than a sign-in may wait at a door. */
const farewellMs = 40_000;

/** A program that stays for each of `addresses`, and one for each way that comes and goes; `bystanders` have only those. */
export function liveInWeather(
  ways: Readonly<Record<Way, Door>>,
  addresses: readonly string[],
  bystanders: readonly string[],
  phase: string,
): WeatherPeople {
  const diary = new Diary();
  const ended = new AbortController();
  const names = ['nginx', 'dovecot'] as const;
  const lives = [
    ...addresses.map((address, number) => {
      const way = names[number % 2] as Way;
      const habit = habits[number % habits.length] as (typeof habits)[number];
      return stay({ address, way, door: ways[way] }, habit, `${phase}-${number}`, diary, ended.signal);
    }),
    ...[...addresses, ...bystanders].flatMap((address, number) =>
      names.map((way) =>
        comeAndGo({ address, way, door: ways[way] }, (number * 91) % visitEveryMs, diary, ended.signal),
      ),
    ),
  ];
  return {
    ...diary.pages,
    cut: () => diary.cut,
    async stop() {
      ended.abort();
      const late = setTimeout(() => diary.hangUp(), farewellMs);
      await Promise.all(lives);
      clearTimeout(late);
    },
  };
}

interface Program {
  readonly address: string;
  readonly way: Way;
  readonly door: Door;
}

class Diary {
  readonly pages = { signIns: [] as Seen[], acts: [] as Seen[], deeds: [] as Deed[], attempts: [] as Attempt[] };
  readonly #open = new Set<RawImap>();
  cut = 0;

  /** Null where it did not come to a session. */
  async signIn({ address, way, door }: Program): Promise<{ readonly imap: RawImap; readonly side: SideName } | null> {
    const began = Date.now();
    const attempt = (ok: boolean, why: string): void =>
      void this.pages.attempts.push({ address: `${address} by ${way}`, began, ms: Date.now() - began, ok, why });
    let imap: RawImap | null = null;
    try {
      imap = await RawImap.open(door);
      this.#open.add(imap);
      await imap.signIn(address, password);
      const ended = Date.now();
      attempt(true, '');
      const told = await imap.ask('CAPABILITY');
      const side = (['source', 'target'] as const).find((each) =>
        told.some(({ text }) => text.split(' ').includes(markOf(each))),
      );
      if (side === undefined) throw new Error('a server that does not say which side it is');
      this.pages.signIns.push({ address, way, side, began, ended });
      return { imap, side };
    } catch (error) {
      if (imap) this.leave(imap);
      attempt(false, error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  leave(imap: RawImap): void {
    this.#open.delete(imap);
    imap.socket.destroy();
  }

  /** Whoever still waits is not to be waited for. */
  hangUp(): void {
    for (const imap of this.#open) imap.socket.destroy();
  }
}

/** Works with the same connection until that is cut. */
async function stay(
  program: Program,
  habit: (typeof habits)[number],
  prefix: string,
  diary: Diary,
  signal: AbortSignal,
): Promise<void> {
  const { address, way } = program;
  let act = 0;
  while (!signal.aborted) {
    const session = await diary.signIn(program);
    if (session === null) {
      await sleep(reconnectMs);
      continue;
    }
    const { imap, side } = session;
    try {
      await imap.ask('SELECT INBOX');
      while (!signal.aborted) {
        const began = Date.now();
        await once(imap, habit, address, prefix, act++, diary.pages.deeds);
        diary.pages.acts.push({ address, way, side, began, ended: Date.now() });
        await sleep(betweenMs);
      }
    } catch {
      diary.cut++;
    }
    diary.leave(imap);
    if (!signal.aborted) await sleep(reconnectMs);
  }
}

/** Signs in, looks twice, and goes. */
async function comeAndGo(program: Program, firstInMs: number, diary: Diary, signal: AbortSignal): Promise<void> {
  const { address, way } = program;
  for (await sleep(firstInMs); !signal.aborted; await sleep(visitEveryMs)) {
    const session = await diary.signIn(program);
    if (session === null) continue;
    const { imap, side } = session;
    try {
      for (const lookMs of [0, lingerMs]) {
        await sleep(lookMs);
        const began = Date.now();
        await imap.ask('STATUS INBOX (MESSAGES UNSEEN)');
        diary.pages.acts.push({ address, way, side, began, ended: Date.now() });
      }
    } catch {
      diary.cut++;
    }
    diary.leave(imap);
  }
}
