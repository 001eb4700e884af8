/** Mail that comes to the side that was left, after the switch: it is on the other side within one look, once, and nothing else moves. */

import { describe, expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { crashPoints } from '#sync/engine.ts';
import { contents, fill, letter, noon } from './copy-mailbox.test-kit.ts';
import { StrayMemory } from './strays.ts';
import { settled } from './way-home.test-kit.ts';
import { folderAt, live, ofOurs, ofPeople, remove } from './way-home-people.test-kit.ts';

describe('what comes to the side that was left', () => {
  test('is carried forward with its flags, once, however often it is looked at, and is at home when they go back', async () => {
    await using journey = await settled();
    folderAt(journey.source, 'INBOX').add({ bytes: letter(500), flags: ['\\Flagged'], internalDate: noon });
    fill(journey.source.create(['Late', 'Clinic']), 510, 512);
    await journey.work();
    expect(contents(journey.target)).toEqual(ofPeople(journey.source));
    const all = contents(journey.target);
    for (let look = 0; look < 3; look++) await journey.work();
    expect(contents(journey.target)).toEqual(all);
    expect(ofPeople(journey.source)).toEqual(all);
    expect(ofOurs(journey.source)).toEqual([]);
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(all);
  });

  test('is looked for ten seconds after the switch, however seldom a mailbox is followed', async () => {
    await using journey = await settled();
    expect(journey.againInMs).toBe(10_000);
  });

  test('leaves alone what people do on the new side meanwhile: their flags, their moves, and what they removed', async () => {
    await using journey = await settled();
    live(journey.target, 100);
    const [first] = folderAt(journey.target, 'INBOX').messages;
    if (!first) throw new Error('no mail');
    const theirs = contents(journey.target);
    folderAt(journey.source, 'INBOX').add({ bytes: letter(500), flags: [], internalDate: noon });
    await journey.work();
    const now = contents(journey.target);
    expect(now).toHaveLength(theirs.length + 1);
    expect(now.filter((line) => !theirs.includes(line))).toHaveLength(1);
    expect(ofPeople(journey.source)).toEqual(now);
  });

  test('is not brought again once people have removed it from the new side', async () => {
    await using journey = await settled();
    const stray = folderAt(journey.source, 'INBOX');
    stray.add({ bytes: letter(500), flags: [], internalDate: noon });
    await journey.work();
    const inbox = folderAt(journey.target, 'INBOX');
    const last = inbox.messages.at(-1);
    remove(journey.target, 'INBOX', last?.uid ?? 0);
    const without = contents(journey.target);
    for (let look = 0; look < 3; look++) await journey.work();
    expect(contents(journey.target)).toEqual(without);
    expect(ofOurs(journey.source)).toHaveLength(1);
  });

  test.each(crashPoints)('is there once, whole, also where we are stopped at %s', async (point) => {
    await using journey = await settled();
    for (const nth of [1, 2]) {
      fill(folderAt(journey.source, 'INBOX'), 500 + nth * 10, 504 + nth * 10);
      await journey.work(point, nth);
      for (let look = 0; look < 3; look++) await journey.work();
      expect(contents(journey.target)).toEqual(ofPeople(journey.source));
    }
    expect(folderAt(journey.target, 'INBOX').messages).toHaveLength(30);
  });
});

describe('what comes to the target when people have come home', () => {
  async function atHome(platforms: Parameters<typeof settled>[0] = {}) {
    const journey = await settled(platforms);
    await journey.until('following', 'go-back');
    journey.turnedForMs = 0;
    return journey;
  }

  test('is carried home with its flags, once, however often it is looked at, and nothing is removed on either side', async () => {
    await using journey = await atHome();
    folderAt(journey.target, 'INBOX').add({ bytes: letter(500), flags: ['\\Flagged'], internalDate: noon });
    fill(journey.target.create(['Late', 'Clinic']), 510, 512);
    const all = contents(journey.target);
    for (let look = 0; look < 4; look++) await journey.work();
    expect(ofPeople(journey.source)).toEqual(all);
    expect(contents(journey.target)).toEqual(all);
    expect(ofOurs(journey.source)).toEqual([]);
    await journey.until('settled', 'switch');
    expect(contents(journey.target)).toEqual(all);
  });

  test('leaves alone what people do at home meanwhile', async () => {
    await using journey = await atHome();
    live(journey.source, 100);
    const theirs = contents(journey.source);
    folderAt(journey.target, 'INBOX').add({ bytes: letter(500), flags: [], internalDate: noon });
    for (let look = 0; look < 3; look++) await journey.work();
    const now = contents(journey.source);
    expect(now).toHaveLength(theirs.length + 1);
    expect(now.filter((line) => !theirs.includes(line))).toHaveLength(1);
  });

  test.each([true, false])(
    'brings back nothing that people removed at home, where the copy is removed: %s',
    async (mirrors) => {
      await using journey = await atHome({ delete: mirrors });
      const stray = (n: number) =>
        folderAt(journey.target, 'INBOX').add({ bytes: letter(n), flags: [], internalDate: noon });
      stray(500);
      await journey.work();
      const { messages } = folderAt(journey.source, 'INBOX');
      expect(messages).toHaveLength(21);
      remove(journey.source, 'INBOX', messages[0]?.uid ?? 0, messages.at(-1)?.uid ?? 0);
      await journey.work();
      stray(501);
      for (let look = 0; look < 3; look++) await journey.work();
      expect(folderAt(journey.source, 'INBOX').messages).toHaveLength(20);
      expect(ofOurs(journey.source)).toEqual([]);
    },
  );

  test.each(crashPoints)('is there once, whole, also where we are stopped at %s', async (point) => {
    await using journey = await atHome();
    for (const nth of [1, 2]) {
      fill(folderAt(journey.target, 'INBOX'), 500 + nth * 10, 504 + nth * 10);
      await journey.work(point, nth);
      for (let look = 0; look < 3; look++) await journey.work();
      expect(contents(journey.target)).toEqual(ofPeople(journey.source));
    }
    expect(folderAt(journey.source, 'INBOX').messages).toHaveLength(30);
  });

  test('is looked for within seconds at first, for some hours, and then until a look finds nothing', async () => {
    await using journey = await atHome();
    expect(journey.againInMs).toBe(10_000);
    const minute = 60_000;
    const stray = folderAt(journey.target, 'INBOX');
    const looks: unknown[] = [];
    for (const [minutes, comes] of [
      [0.5, false],
      [3, true],
      [90, false],
      [370, true],
      [385, false],
    ] as const) {
      journey.turnedForMs = minutes * minute;
      if (comes) stray.add({ bytes: letter(500 + minutes), flags: [], internalDate: noon });
      await journey.work();
      looks.push([journey.nextInMs, journey.cameHome]);
    }
    expect(looks).toEqual([
      [10_000, 'stays'],
      [40_000, 'stays'],
      [5 * minute, 'stays'],
      [15 * minute, 'stays'],
      [15 * minute, null],
    ]);
  });

  test('blocks nobody where the target cannot be asked any more, and is looked for again', async () => {
    let isGone = false;
    const refused = {
      kind: 'fault',
      fault: fault('imap.sign-in.refused', { host: 'new.example', user: 'ada', text: 'NO' }),
    } as const;
    const before = ({ kind }: { readonly kind: string }) => (isGone && kind === 'open' ? refused : null);
    await using journey = await atHome({ target: { faults: { before } } });
    isGone = true;
    journey.turnedForMs = 0;
    await journey.work();
    expect([journey.blocked, journey.nextInMs, journey.failures]).toEqual([null, 10_000, 1]);
  });
});

test('mail that cannot be brought over is tried when more of it comes, and not at every look', () => {
  const memory = new StrayMemory(2);
  expect(memory.isNew(1, '')).toBe(false);
  expect(memory.isNew(1, 'a')).toBe(true);
  memory.note(1, 'a');
  expect([memory.isNew(1, 'a'), memory.isNew(1, 'b'), memory.isNew(2, 'a')]).toEqual([false, true, true]);
  memory.note(2, 'a');
  memory.note(3, 'a');
  // Of those that were not heard of for long nothing is remembered: they are looked at once more.
  expect([memory.isNew(1, 'a'), memory.isNew(3, 'a')]).toEqual([true, false]);
});
