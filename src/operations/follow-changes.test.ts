import { expect, test } from 'vitest';
import type { ChangesSince, Visible } from '#domain/change.ts';
import type { Within } from '#domain/rights.ts';
import { silent } from '#lib/log.ts';
import type { Changes } from '#ports/changes.ts';
import { followChanges, type Told } from './follow-changes.ts';

/** A log that grows by hand: a mailbox of the organisation with that number in each link. A look is taken when the clock is told to go on. */
function made() {
  const links: number[] = [];
  let isAway = false;
  let looks = 0;
  let now = 0;
  let wake: (() => void) | null = null;
  let whileLooking: (() => Promise<unknown>) | null = null;
  const told = (from: number): ChangesSince => ({
    upTo: links.length,
    mailboxes: links.slice(from).map((organisationId, i) => ({
      address: `m${from + i}@x.example`,
      organisation: `O${organisationId}`,
      organisationId,
      stage: 'following',
      mark: null,
      wave: null,
    })),
    isMore: false,
    waves: [],
    estate: [],
  });
  const changes: Changes = {
    latest: async () => links.length,
    since: async (seq) => {
      looks++;
      if (isAway) throw new Error('the database is away');
      return seq > links.length || links.length - seq > 5 ? null : told(seq);
    },
    visible: async (within): Promise<Visible> => {
      await whileLooking?.();
      return { organisationIds: new Set(within.map((code) => Number(code.slice(1)))), waves: new Set() };
    },
  };
  const clock = {
    now: () => now,
    sleep: (_: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener('abort', () => resolve());
      }),
  };
  return {
    followed: followChanges(changes, clock, silent),
    changes: (...organisations: readonly number[]) => void links.push(...organisations),
    away: (is: boolean) => void (isAway = is),
    looks: () => looks,
    meanwhile: (act: () => Promise<unknown>) => void (whileLooking = act),
    async second() {
      now += 1_000;
      wake?.();
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

/** What somebody hears: the addresses of each telling, or in which manner there was none. */
function ear(within: Within = null, after: number | null = null) {
  const heard: string[] = [];
  const tell = (told: Told): void =>
    void heard.push(
      told.kind === 'changes'
        ? told.changes.mailboxes.map(({ address }) => address).join(' ')
        : `${told.kind} ${told.upTo}`,
    );
  return { heard, listener: { within, after, tell } };
}

test('all who listen are told by one look a second, and none is taken while nobody does', async () => {
  const { followed, changes, second, looks } = made();
  const [ann, bob] = [ear(), ear()];
  changes(1);
  using _ = await followed.listen(ann.listener);
  const bobs = await followed.listen(bob.listener);
  changes(1, 2);
  await second();
  changes(3);
  await second();
  expect(ann.heard).toEqual(['nothing 1', 'm1@x.example m2@x.example', 'm3@x.example']);
  expect(bob.heard).toEqual(ann.heard);
  expect(looks()).toBe(2);
  bobs[Symbol.dispose]();
  changes(1);
  await second();
  expect([ann.heard.length, bob.heard.length]).toEqual([4, 3]);
  await followed[Symbol.asyncDispose]();
  const before = looks();
  await second();
  expect(looks()).toBe(before);
});

test('who comes again is told what they missed, and where that is too much, to read everything anew', async () => {
  const { followed, changes, second } = made();
  changes(1, 2, 3);
  const [again, late, restored] = [ear(null, 1), ear(null, 0), ear(null, 99)];
  await followed.listen(again.listener);
  expect(again.heard).toEqual(['m1@x.example m2@x.example']);
  changes(1, 2, 3, 4);
  await followed.listen(late.listener);
  await followed.listen(restored.listener);
  expect([late.heard, restored.heard]).toEqual([['reset 7'], ['reset 7']]);
  await second();
  expect(again.heard.at(-1)).toBe('m3@x.example m4@x.example m5@x.example m6@x.example');
  changes(1, 1, 1, 1, 1, 1);
  await second();
  expect(again.heard.at(-1)).toBe('reset 13');
  await followed[Symbol.asyncDispose]();
});

test('who sees a part is told of that part, and that nothing of theirs has changed', async () => {
  const { followed, changes, second } = made();
  const [one, two] = [ear(['O1']), ear(['O2', 'O3'])];
  await followed.listen(one.listener);
  await followed.listen(two.listener);
  changes(1, 2, 3);
  await second();
  changes(2);
  await second();
  expect(one.heard).toEqual(['nothing 0', 'm0@x.example', 'nothing 4']);
  expect(two.heard).toEqual(['nothing 0', 'm1@x.example m2@x.example', 'm3@x.example']);
  await followed[Symbol.asyncDispose]();
});

test('who comes while others are told misses nothing', async () => {
  const { followed, changes, second, meanwhile } = made();
  const [first, other] = [ear(['O1']), ear(['O2'])];
  await followed.listen(first.listener);
  let has = false;
  meanwhile(async () => {
    if (has) return;
    has = true;
    await followed.listen({ ...other.listener, after: 0 });
  });
  changes(1, 2);
  await second();
  await second();
  expect(other.heard.join(' ')).toContain('m1@x.example');
  await followed[Symbol.asyncDispose]();
});

test('who comes is told of what the others are told of while it is found out what they missed', async () => {
  const { followed, changes, second, meanwhile } = made();
  const [first, other] = [ear(), ear(['O2'], 0)];
  changes(2);
  await followed.listen(first.listener);
  let has = false;
  meanwhile(async () => {
    if (has) return;
    has = true;
    changes(2);
    await second();
  });
  await followed.listen(other.listener);
  await second();
  expect(first.heard).toEqual(['nothing 1', 'm1@x.example']);
  expect(other.heard).toEqual(['m0@x.example', 'm1@x.example']);
  await followed[Symbol.asyncDispose]();
});

test('what came while the database was away is told when it is there again', async () => {
  const { followed, changes, second, away } = made();
  const ann = ear();
  await followed.listen(ann.listener);
  away(true);
  changes(1);
  await second();
  await second();
  expect(ann.heard).toEqual(['nothing 0']);
  away(false);
  await second();
  expect(ann.heard).toEqual(['nothing 0', 'm0@x.example']);
  await followed[Symbol.asyncDispose]();
});

test('who listens anew after everybody had gone is told from then on', async () => {
  const { followed, changes, second } = made();
  const [before, after] = [ear(), ear()];
  (await followed.listen(before.listener))[Symbol.dispose]();
  changes(1);
  await second();
  await followed.listen(after.listener);
  changes(2);
  await second();
  expect(before.heard).toEqual(['nothing 0']);
  expect(after.heard).toEqual(['nothing 1', 'm1@x.example']);
  await followed[Symbol.asyncDispose]();
});
