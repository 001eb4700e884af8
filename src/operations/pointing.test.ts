/** However an attempt ends, the directory tells the side that the mailbox is on; and what we did not write we do not touch. */

import { describe, expect, test } from 'vitest';
import type { EntryValues } from '#domain/directory.ts';
import { fault } from '#domain/fault.ts';
import type { EntriesBefore } from '#ports/directory.ts';
import { pointing } from './pointing.ts';

const signal = new AbortController().signal;
const ann = { id: 7, address: 'ann@corp.example', sourceUser: null, targetUser: null };
const there = { from: 'source', to: 'target', mayBeWritten: false } as const;
const settings = {
  filter: '(mail={address})',
  source: { mailHost: 'old.example' },
  target: { mailHost: 'new.example', mailRoutingAddress: '{local}@new.example' },
};
const byHand = { mailHost: ['by-hand.example'], mailRoutingAddress: ['ann@by-hand.example'] };
const onTarget = { mailHost: ['new.example'], mailRoutingAddress: ['ann@new.example'] };
const onSource = { mailHost: ['old.example'], mailRoutingAddress: [] };

/** What is kept of entries, as the database keeps it. */
function memory() {
  const kept = new Map<string, EntryValues>();
  const before: EntriesBefore = {
    keep: async (mailbox, side, entry) => {
      kept.clear();
      kept.set(`${mailbox} ${side}`, entry);
    },
    of: async (mailbox, side) => kept.get(`${mailbox} ${side}`) ?? null,
    forget: async () => kept.clear(),
  };
  return { kept, before };
}

/** One entry, and what is known of it; `fails` says when it cannot be asked, and `after` when it does what it is told and says no. */
function entry(entry: EntryValues) {
  const { kept, before } = memory();
  const its = { entry, kept, writes: 0, fails: false, failsAfterWriting: false, msLeft: 8_000 };
  const directing = {
    settings,
    before,
    msLeft: () => its.msLeft,
    directory: {
      change: async (
        filter: string,
        _: readonly string[],
        choose: (now: EntryValues) => Promise<EntryValues | null>,
      ) => {
        expect(filter).toBe('(mail=ann@corp.example)');
        if (its.fails) throw fault('directory.unusable', { url: 'ldaps://ldap.example', text: 'away' });
        const wanted = await choose(its.entry);
        if (!wanted) return;
        its.entry = wanted;
        its.writes++;
        if (its.failsAfterWriting) throw fault('directory.unusable', { url: 'ldaps://ldap.example', text: 'cut' });
      },
    },
  };
  return { its, directing };
}

test('a switch writes what is true on the other side, and a turned route keeps it', async () => {
  const { its, directing } = entry(byHand);
  const pointed = pointing(directing, ann, there);
  await pointed.look(signal);
  expect(its.entry).toEqual(byHand);
  await pointed.point(signal);
  expect(await pointed.through(async () => true)).toBe(true);
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(onTarget);
});

test('a route that is not turned leaves the entry exactly as it was, whatever stood there', async () => {
  const { its, directing } = entry(byHand);
  const pointed = pointing(directing, ann, there);
  await pointed.point(signal);
  await pointed.through(async () => false);
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(byHand);
});

test('a write that was done and not acknowledged is put back, too', async () => {
  const { its, directing } = entry(byHand);
  const pointed = pointing(directing, ann, there);
  its.failsAfterWriting = true;
  await expect(pointed.point(signal)).rejects.toMatchObject({ code: 'directory.unusable' });
  its.failsAfterWriting = false;
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(byHand);
});

describe('after an attempt that was killed between the write and the turn', () => {
  const again = { ...there, mayBeWritten: true };

  test('the next one that does not come about either puts back the very entry that stood there', async () => {
    for (const points of [true, false]) {
      const { its, directing } = entry(byHand);
      await pointing(directing, ann, there).point(signal);
      expect(its.entry).toEqual(onTarget);
      const pointed = pointing(directing, ann, again);
      if (points) await pointed.point(signal);
      expect(await pointed.putBack()).toBeNull();
      expect(its.entry).toEqual(byHand);
      expect(its.kept.size).toBe(0);
    }
  });

  test('and somebody wrote another entry meanwhile, it is that one that is put back', async () => {
    const { its, directing } = entry(byHand);
    await pointing(directing, ann, there).point(signal);
    const later = { mailHost: ['later.example'], mailRoutingAddress: [] };
    its.entry = later;
    const pointed = pointing(directing, ann, again);
    await pointed.point(signal);
    expect(its.entry).toEqual(onTarget);
    expect(await pointed.putBack()).toBeNull();
    expect(its.entry).toEqual(later);
  });

  test('by a version that kept nothing, what is true where the mailbox is is written', async () => {
    for (const points of [true, false]) {
      const { its, directing } = entry(onTarget);
      const pointed = pointing(directing, ann, again);
      if (points) await pointed.point(signal);
      expect(await pointed.putBack()).toBeNull();
      expect(its.entry).toEqual(onSource);
    }
  });

  test('on the way back that is the target', async () => {
    const { its, directing } = entry(onSource);
    const home = { from: 'target', to: 'source', mayBeWritten: true } as const;
    expect(await pointing(directing, ann, home).putBack()).toBeNull();
    expect(its.entry).toEqual(onTarget);
  });

  test('an entry that says anything else is left alone', async () => {
    const { its, directing } = entry(byHand);
    expect(await pointing(directing, ann, again).putBack()).toBeNull();
    expect(its).toMatchObject({ entry: byHand, writes: 0 });
  });
});

test('an entry that there is not leaves nothing to be put back', async () => {
  const { directing } = entry(byHand);
  const change = () => Promise.reject(fault('directory.no-entry', { url: 'ldaps://ldap.example', filter: '(uid=a)' }));
  const pointed = pointing({ ...directing, directory: { change } }, ann, { ...there, mayBeWritten: true });
  await expect(pointed.look(signal)).rejects.toMatchObject({ code: 'directory.no-entry' });
  expect(await pointed.putBack()).toBeNull();
});

test('what cannot be put back is told, and is not forgotten', async () => {
  const { its, directing } = entry(byHand);
  const pointed = pointing(directing, ann, there);
  await pointed.point(signal);
  its.fails = true;
  expect(await pointed.putBack()).toMatchObject({ code: 'directory.unusable' });
  its.fails = false;
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(byHand);
});

test('nothing is put back while nobody knows whether the route was turned, nor without a lease to do it under', async () => {
  const { its, directing } = entry(byHand);
  const pointed = pointing(directing, ann, there);
  await pointed.point(signal);
  its.msLeft = 100;
  expect(await pointed.putBack()).toMatchObject({ code: 'switch.unsettled' });
  its.msLeft = 8_000;
  await expect(pointed.through(() => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  expect(await pointed.putBack()).toMatchObject({ code: 'switch.unsettled' });
  expect(its.entry).toEqual(onTarget);
});

test('where the database itself says that the turn was not done the entry is put back at once', async () => {
  const { its, directing } = entry(byHand);
  const pointed = pointing(directing, ann, there);
  await pointed.point(signal);
  const busy = fault('database.busy', { name: 'godwit', text: 'canceling statement due to lock timeout' });
  await expect(pointed.through(() => Promise.reject(busy))).rejects.toMatchObject({ code: 'database.busy' });
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(byHand);
});

test('nothing is written to a directory before what stands there is kept', async () => {
  const { its, directing } = entry(byHand);
  const keep = () => Promise.reject(fault('database.away', { name: 'godwit', text: 'cut' }));
  const pointed = pointing({ ...directing, before: { ...directing.before, keep } }, ann, there);
  await expect(pointed.point(signal)).rejects.toMatchObject({ code: 'database.away' });
  expect(its).toMatchObject({ entry: byHand, writes: 0 });
  expect(await pointed.putBack()).toBeNull();
});

test('an entry that said so before anybody wrote stays as it is', async () => {
  const { its, directing } = entry(onTarget);
  const pointed = pointing(directing, ann, there);
  await pointed.point(signal);
  expect(await pointed.putBack()).toBeNull();
  expect(its).toMatchObject({ entry: onTarget, writes: 0 });
});

test('a first attempt that came to nothing before it wrote does not even ask', async () => {
  const { its, directing } = entry(onTarget);
  its.fails = true;
  expect(await pointing(directing, ann, there).putBack()).toBeNull();
});
