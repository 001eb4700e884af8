/** What is taken for removed is taken aside at home. So another account, or a store that came up empty, must not be believed at once. */

import { describe, expect, test } from 'vitest';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { contents, fill } from './copy-mailbox.test-kit.ts';
import { folderAt, ofOurs, ofPeople, remove } from './way-home-people.test-kit.ts';
import { aJourney, type Journey } from './way-home.test-kit.ts';

async function settled(): Promise<Journey> {
  const journey = await aJourney();
  fill(journey.source.create(['INBOX']), 1, 40);
  fill(journey.source.create(['Work']), 41, 70);
  await journey.until('following');
  await journey.until('settled', 'switch');
  return journey;
}

function uids(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The same mailbox, as its server shows it, to be shown otherwise. */
function copyOf(mailbox: MemoryMailbox): MemoryMailbox {
  const copy = new MemoryMailbox();
  for (const { path, messages, uidValidity, highestModSeq } of mailbox.folders) {
    const folder = copy.create(path);
    for (const message of messages) folder.add(message);
    Object.assign(folder, { uidValidity, highestModSeq });
  }
  return copy;
}

/** Somebody else's, with mail of their own. */
function anotherAccount(): MemoryMailbox {
  const mailbox = new MemoryMailbox();
  fill(mailbox.create(['INBOX']), 500, 505);
  return mailbox;
}

describe('an account that is not the one that a mailbox was moved with', () => {
  test.each(['target', 'source'] as const)(
    'is not touched, and nothing at home is, after the switch: %s',
    async (side) => {
      await using journey = await settled();
      const before = contents(journey.source);
      journey.accounts = { ...journey.accounts, [side]: 'imaps://somebody.else@mail.example' };
      const [own, other] = [journey.target, anotherAccount()];
      journey.target = other;
      for (let passes = 0; passes < 3; passes++) await journey.work();
      expect(journey.blocked).toContain('mailbox.other-account');
      expect(journey.blocked).toContain('somebody.else@mail.example');
      expect(contents(journey.source)).toEqual(before);
      expect(contents(other)).toHaveLength(6);
      expect(contents(own)).toEqual(before);
    },
  );

  test('is not written to before the switch either', async () => {
    const journey = await aJourney();
    await using _ = journey;
    fill(journey.source.create(['INBOX']), 1, 40);
    await journey.until('following');
    journey.target = anotherAccount();
    journey.accounts = { ...journey.accounts, target: 'imaps://somebody.else@mail.example' };
    fill(journey.source.create(['Work']), 41, 70);
    await journey.work();
    expect(journey.blocked).toContain('mailbox.other-account');
    expect(contents(journey.target)).toHaveLength(6);
  });

  test('goes on where a person says that it is the same, renamed, and another is noticed again', async () => {
    await using journey = await settled();
    const renamed = { ...journey.accounts, target: 'imaps://ada@renamed.example' };
    journey.accounts = renamed;
    await journey.work();
    expect(journey.blocked).toContain('mailbox.other-account');
    await journey.sameAccount();
    fill(folderAt(journey.target, 'Work'), 71, 71);
    await journey.work();
    expect(journey.blocked).toBeNull();
    expect(contents(journey.source)).toEqual(contents(journey.target));
    journey.accounts = { ...renamed, source: 'imaps://somebody.else@old.example' };
    await journey.work();
    expect(journey.blocked).toContain('somebody.else@old.example');
  });

  test('is noticed also where it came between the question and the answer', async () => {
    await using journey = await settled();
    journey.accounts = { ...journey.accounts, target: 'imaps://ada@renamed.example' };
    await journey.work();
    await journey.sameAccount();
    journey.accounts = { ...journey.accounts, target: 'imaps://somebody.else@renamed.example' };
    const [before, other] = [contents(journey.source), anotherAccount()];
    journey.target = other;
    for (let passes = 0; passes < 3; passes++) await journey.work();
    expect(journey.blocked).toContain('somebody.else@renamed.example');
    expect(contents(journey.source)).toEqual(before);
    expect(contents(other)).toHaveLength(6);
  });

  test('may be written in another case', async () => {
    await using journey = await settled();
    const { source, target } = journey.accounts;
    journey.accounts = { source: source.toUpperCase(), target: target.toUpperCase() };
    await journey.work();
    expect(journey.blocked).toBeNull();
  });
});

describe('mail that leaves the target all at once', () => {
  /** Everything in INBOX, or everything. */
  const losses = [
    ['a folder', (mailbox: MemoryMailbox) => remove(mailbox, 'INBOX', ...uids(1, 40))],
    [
      'more than half of the mailbox',
      (mailbox: MemoryMailbox) => {
        remove(mailbox, 'INBOX', ...uids(1, 18));
        remove(mailbox, 'Work', ...uids(1, 19));
      },
    ],
    [
      'a mailbox, whose folders were made anew',
      (mailbox: MemoryMailbox) => {
        for (const path of ['INBOX', 'Work']) {
          mailbox.delete(path);
          mailbox.create([path]);
        }
      },
    ],
  ] as const;

  test.each(losses)('is not believed at once, and goes aside when another pass finds the same: %s', async (_, lose) => {
    await using journey = await settled();
    const before = contents(journey.source);
    lose(journey.target);
    await journey.work();
    expect(contents(journey.source)).toEqual(before);
    expect(await journey.exceptions('back')).not.toEqual([]);
    await journey.work();
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    expect(contents(journey.source)).toHaveLength(before.length);
    await journey.work();
    expect(await journey.exceptions('back')).toEqual([]);
  });

  test.each(losses)('stays at home where it is back with the next pass: %s', async (_, lose) => {
    await using journey = await settled();
    // Both sides are known to be where they are.
    await journey.work();
    const before = contents(journey.source);
    const own = journey.target;
    const hiccup = copyOf(own);
    lose(hiccup);
    journey.target = hiccup;
    await journey.work();
    journey.target = own;
    fill(folderAt(own, 'Work'), 71, 71);
    await journey.work();
    expect(contents(journey.source)).toHaveLength(before.length + 1);
    expect(ofOurs(journey.source)).toEqual([]);
    expect(await journey.exceptions('back')).toEqual([]);
  });

  test('goes aside when it was found gone twice, also where more has gone meanwhile, which waits by itself', async () => {
    const journey = await aJourney();
    await using _ = journey;
    fill(journey.source.create(['INBOX']), 1, 60);
    await journey.until('following');
    await journey.until('settled', 'switch');
    remove(journey.target, 'INBOX', ...uids(1, 35));
    await journey.work();
    remove(journey.target, 'INBOX', ...uids(36, 60));
    await journey.work();
    expect(ofOurs(journey.source)).toHaveLength(35);
    await journey.work();
    expect(ofOurs(journey.source)).toHaveLength(60);
    await journey.work();
    expect(await journey.exceptions('back')).toEqual([]);
  });

  test('and lay in a folder that was made anew goes aside, and what was removed from that one since waits by itself', async () => {
    await using journey = await settled();
    const kept = folderAt(journey.target, 'INBOX').messages.slice(10);
    journey.target.delete('INBOX');
    const anew = journey.target.create(['INBOX']);
    for (const message of kept) anew.add(message);
    await journey.work();
    expect(ofOurs(journey.source)).toEqual([]);
    remove(journey.target, 'INBOX', 30);
    await journey.work();
    expect(ofOurs(journey.source)).toHaveLength(10);
    await journey.work();
    expect(ofOurs(journey.source)).toHaveLength(11);
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    await journey.work();
    expect(await journey.exceptions('back')).toEqual([]);
  });

  test('and went aside from a folder made anew is brought home again when the folder is back as it was', async () => {
    await using journey = await settled();
    await journey.work();
    const before = contents(journey.source);
    const own = journey.target;
    const hiccup = copyOf(own);
    hiccup.delete('INBOX');
    const anew = hiccup.create(['INBOX']);
    for (const message of folderAt(own, 'INBOX').messages.slice(10)) anew.add(message);
    journey.target = hiccup;
    await journey.work();
    remove(hiccup, 'INBOX', 30);
    await journey.work();
    expect(ofOurs(journey.source)).toHaveLength(10);
    journey.target = own;
    for (let passes = 0; passes < 2; passes++) await journey.work();
    expect(ofPeople(journey.source)).toEqual(before);
    expect(await journey.exceptions('back')).toEqual([]);
  });

  test('is believed at once where it is little', async () => {
    await using journey = await settled();
    remove(journey.target, 'INBOX', ...uids(1, 20));
    await journey.work();
    expect(ofOurs(journey.source)).toHaveLength(20);
  });
});
