/** However an attempt ends, the directory tells the side that the mailbox is on; and what we did not write we do not touch. */

import { describe, expect, test } from 'vitest';
import type { EntryValues } from '#domain/directory.ts';
import { fault } from '#domain/fault.ts';
import { pointing } from './pointing.ts';

const signal = new AbortController().signal;
const ann = { address: 'ann@corp.example', sourceUser: null, targetUser: null };
const there = { from: 'source', to: 'target', mayBeWritten: false } as const;
const settings = {
  filter: '(mail={address})',
  source: { mailHost: 'old.example' },
  target: { mailHost: 'new.example', mailRoutingAddress: '{local}@new.example' },
};
const before = { mailHost: ['by-hand.example'], mailRoutingAddress: ['ann@by-hand.example'] };
const onTarget = { mailHost: ['new.example'], mailRoutingAddress: ['ann@new.example'] };
const onSource = { mailHost: ['old.example'], mailRoutingAddress: [] };

/** One entry, and what is known of it; `fails` says when it cannot be asked, and `after` when it does what it is told and says no. */
function entry(entry: EntryValues) {
  const its = { entry, writes: 0, fails: false, failsAfterWriting: false, msLeft: 8_000 };
  const directing = {
    settings,
    msLeft: () => its.msLeft,
    directory: {
      change: async (filter: string, _: readonly string[], choose: (now: EntryValues) => EntryValues | null) => {
        expect(filter).toBe('(mail=ann@corp.example)');
        if (its.fails) throw fault('directory.unusable', { url: 'ldaps://ldap.example', text: 'away' });
        const wanted = choose(its.entry);
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
  const { its, directing } = entry(before);
  const pointed = pointing(directing, ann, there);
  await pointed.look(signal);
  expect(its.entry).toEqual(before);
  await pointed.point(signal);
  expect(await pointed.through(async () => true)).toBe(true);
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(onTarget);
});

test('a route that is not turned leaves the entry exactly as it was, whatever stood there', async () => {
  const { its, directing } = entry(before);
  const pointed = pointing(directing, ann, there);
  await pointed.point(signal);
  await pointed.through(async () => false);
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(before);
});

test('a write that was done and not acknowledged is put back, too', async () => {
  const { its, directing } = entry(before);
  const pointed = pointing(directing, ann, there);
  its.failsAfterWriting = true;
  await expect(pointed.point(signal)).rejects.toMatchObject({ code: 'directory.unusable' });
  its.failsAfterWriting = false;
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(before);
});

describe('after an attempt that was killed between the write and the turn', () => {
  const again = { ...there, mayBeWritten: true };

  test('the next one that does not come about either writes what is true where the mailbox is', async () => {
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
    const { its, directing } = entry(before);
    expect(await pointing(directing, ann, again).putBack()).toBeNull();
    expect(its).toMatchObject({ entry: before, writes: 0 });
  });
});

test('an entry that there is not leaves nothing to be put back', async () => {
  const { directing } = entry(before);
  const change = () => Promise.reject(fault('directory.no-entry', { url: 'ldaps://ldap.example', filter: '(uid=a)' }));
  const pointed = pointing({ ...directing, directory: { change } }, ann, { ...there, mayBeWritten: true });
  await expect(pointed.look(signal)).rejects.toMatchObject({ code: 'directory.no-entry' });
  expect(await pointed.putBack()).toBeNull();
});

test('what cannot be put back is told, and is not forgotten', async () => {
  const { its, directing } = entry(before);
  const pointed = pointing(directing, ann, there);
  await pointed.point(signal);
  its.fails = true;
  expect(await pointed.putBack()).toMatchObject({ code: 'directory.unusable' });
  its.fails = false;
  expect(await pointed.putBack()).toBeNull();
  expect(its.entry).toEqual(before);
});

test('nothing is put back while nobody knows whether the route was turned, nor without a lease to do it under', async () => {
  const { its, directing } = entry(before);
  const pointed = pointing(directing, ann, there);
  await pointed.point(signal);
  its.msLeft = 100;
  expect(await pointed.putBack()).toMatchObject({ code: 'switch.unsettled' });
  its.msLeft = 8_000;
  await expect(pointed.through(() => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  expect(await pointed.putBack()).toMatchObject({ code: 'switch.unsettled' });
  expect(its.entry).toEqual(onTarget);
});

test('a first attempt that came to nothing before it wrote does not even ask', async () => {
  const { its, directing } = entry(onTarget);
  its.fails = true;
  expect(await pointing(directing, ann, there).putBack()).toBeNull();
});
