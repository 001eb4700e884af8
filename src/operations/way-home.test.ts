/** Until release there is always a way back: what people do on the target after the switch is at home when they return. */

import { describe, expect, test } from 'vitest';
import type { MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import type { Uid } from '#domain/item.ts';
import { removedFolder } from '#domain/removed-folder.ts';
import { everything } from '#domain/selection.ts';
import type { Traits } from '#ports/mailbox.ts';
import { contents, fill } from './copy-mailbox.test-kit.ts';
import { cutShort, type Hiccups, hiccuping } from './hiccups.test-kit.ts';
import { aJourney, type Journey, settled } from './way-home.test-kit.ts';
import { folderAt, live, namesOfPeople, ofOurs, ofPeople, remove } from './way-home-people.test-kit.ts';

describe('what people do on the target after the switch', () => {
  test('is at home when they go back: new mail, flags, moves, new folders; and what they removed is in our folder', async () => {
    await using journey = await settled();
    const before = contents(journey.source, false);
    live(journey.target, 100);
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    // One was removed, and one moved elsewhere.
    expect(ofOurs(journey.source)).toHaveLength(2);
    const sums = (lines: readonly string[]): string[] => lines.map((line) => line.split(' ').at(-2) ?? '');
    for (const sum of sums(before)) expect(contents(journey.source, false).join()).toContain(sum);
    expect(journey.source.subscriptions).toEqual(new Set());
  });
});

const changes = ['none', 'flags', 'flags-and-vanished'] as const;
const moves = ['at-once', 'by-copies', 'never'] as const;

describe.each(changes.flatMap((source) => changes.map((target) => [source, target] as const)))(
  'between a source that tells changes: %s, and a target: %s',
  (source, target) => {
    test('two rounds of there and back lose nothing, and bring nothing twice', async () => {
      await using journey = await settled({
        source: { traits: { changes: source } },
        target: { traits: { changes: target } },
      });
      for (const n of [100, 300]) {
        live(journey.target, n);
        await journey.until('following', 'go-back');
        expect(ofPeople(journey.source)).toEqual(contents(journey.target));
        live(journey.source, n + 100);
        await journey.until('settled', 'switch');
        expect(contents(journey.target)).toEqual(ofPeople(journey.source));
      }
      expect(ofOurs(journey.source)).toHaveLength(4);
      // Of two ledgers that know the same one is kept.
      expect(journey.forgotten).toEqual(['there', 'back', 'there', 'back', 'there']);
    });

    test('flags that people set after the switch are at home, also those that they took away', async () => {
      await using journey = await settled({
        source: { traits: { changes: source } },
        target: { traits: { changes: target } },
      });
      for (let pass = 0; pass < 3; pass++) {
        const inbox = folderAt(journey.target, 'INBOX');
        for (const message of inbox.messages)
          inbox.setFlags(message, (message.uid + pass) % 3 === 0 ? ['\\Seen', `$Pass${pass}`] : []);
        await journey.work();
        expect(contents(journey.source)).toEqual(contents(journey.target));
      }
    });
  },
);

describe('a message that people removed', () => {
  test.each(moves)(
    'is at home in our folder, with its flags and its date, where that moves messages: %s',
    async (how) => {
      await using journey = await settled({ source: { traits: { moves: how } } });
      const inbox = folderAt(journey.target, 'INBOX');
      const fifth = inbox.message(5);
      if (!fifth) throw new Error('no message');
      inbox.setFlags(fifth, [...fifth.flags, '\\Deleted']);
      await journey.work();
      remove(journey.target, 'INBOX', 5);
      const line = contents(journey.source).find((each) => each.includes('\\Deleted'));
      await journey.work();
      if (how === 'never') {
        expect(folderAt(journey.source, 'INBOX').message(5)).toBeDefined();
        const [exception] = await journey.exceptions('back');
        expect(exception).toMatchObject({
          uid: 5,
          kind: 'kept',
          detail: expect.stringContaining('neither MOVE nor UIDPLUS'),
        });
        await journey.work();
        expect(await journey.exceptions('back')).toHaveLength(1);
        return;
      }
      expect(await journey.exceptions('back')).toEqual([]);
      expect(ofPeople(journey.source)).toEqual(contents(journey.target));
      expect(ofOurs(journey.source)).toEqual([`${removedFolder}/${line?.replace('\\Deleted ', '')}`]);
    },
  );

  test('may have been there before Godwit, and is not removed for good either', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    fill(source.create(['INBOX']), 1, 5);
    fill(target.create(['INBOX']), 1, 5);
    await using journey = await aJourney({ mailboxes: { source, target } });
    await journey.until('following');
    await journey.until('settled', 'switch');
    remove(target, 'INBOX', 1, 2);
    await journey.work();
    expect([ofPeople(source).length, ofOurs(source).length]).toEqual([3, 2]);
  });

  test('may have come to both sides, and is aside at home too', async () => {
    await using journey = await settled();
    for (const mailbox of [journey.source, journey.target]) fill(folderAt(mailbox, 'INBOX'), 700, 702);
    await journey.work();
    const [last] = folderAt(journey.target, 'INBOX').messages.slice(-1);
    remove(journey.target, 'INBOX', last?.uid ?? 0);
    await journey.work();
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    expect(ofOurs(journey.source)).toHaveLength(1);
  });

  test('before the switch is of no concern to the source', async () => {
    await using journey = await aJourney();
    fill(journey.source.create(['INBOX']), 1, 5);
    await journey.until('following');
    remove(journey.target, 'INBOX', 3);
    await journey.work();
    await journey.work();
    expect(contents(journey.source)).toHaveLength(5);
    expect(ofOurs(journey.source)).toEqual([]);
  });

  test('stays where it is when our folder cannot be made, and is moved when it can', async () => {
    let refuses = true;
    const text = 'Permission denied';
    const before = (operation: MemoryOperation): Mishap | null =>
      refuses && operation.kind === 'prepare' && operation.path[0] === removedFolder
        ? { kind: 'refused', refusal: { because: 'folder', code: 'NOPERM', text } }
        : null;
    await using journey = await settled({ source: { faults: { before } } });
    remove(journey.target, 'INBOX', 5);
    await journey.work();
    expect(await journey.exceptions('back')).toMatchObject([{ uid: 5, detail: expect.stringContaining(text) }]);
    refuses = false;
    await journey.work();
    expect(await journey.exceptions('back')).toEqual([]);
    expect(ofOurs(journey.source)).toHaveLength(1);
  });

  test('stays where it is when it is not taken there, and is moved when it is', async () => {
    let refuses = true;
    const before = ({ kind }: MemoryOperation): Mishap | null =>
      refuses && kind === 'move'
        ? { kind: 'refused', refusal: { because: 'quota', code: 'OVERQUOTA', text: 'full' } }
        : null;
    await using journey = await settled({ source: { faults: { before } } });
    remove(journey.target, 'INBOX', 5);
    await journey.work();
    expect(await journey.exceptions('back')).toMatchObject([{ uid: 5, detail: expect.stringContaining('OVERQUOTA') }]);
    refuses = false;
    await journey.work();
    expect(ofOurs(journey.source)).toHaveLength(1);
  });

  test('before the switch, of what had been brought there, is aside at home too', async () => {
    await using journey = await aJourney();
    fill(journey.source.create(['INBOX']), 1, 5);
    await journey.until('following');
    // It is listed as an exception, and the person who answers for the wave lets it pass.
    const inbox = folderAt(journey.target, 'INBOX');
    const third = inbox.message(3);
    await journey.until('settled', 'switch');
    if (third) remove(journey.target, 'INBOX', 3);
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
  });

  test('from a mailbox without folders in folders is in our folder itself', async () => {
    const source = new MemoryMailbox({ separator: null });
    fill(source.create(['INBOX']), 1, 5);
    await using journey = await aJourney({ mailboxes: { source } });
    await journey.until('following');
    await journey.until('settled', 'switch');
    remove(journey.target, 'INBOX', 3);
    await journey.work();
    expect(folderAt(source, removedFolder).messages).toHaveLength(1);
  });

  test('and is back in our folder is never carried forward again', async () => {
    await using journey = await settled();
    remove(journey.target, 'INBOX', 3, 4);
    await journey.until('following', 'go-back');
    await journey.work();
    await journey.until('settled', 'switch');
    expect(journey.target.folders.map(({ name }) => name)).not.toContain(removedFolder);
    expect(contents(journey.target)).toEqual(ofPeople(journey.source));
    expect(folderAt(journey.target, 'INBOX').messages).toHaveLength(18);
  });
});

describe('a target that hiccups empties nothing at home', () => {
  const lies = (journey: Journey, hiccups: Hiccups, traits: Partial<Traits> = {}): void => {
    journey.readsTarget = hiccuping({ source: journey.target }, hiccups, traits).openSource;
  };
  const work = async (journey: Journey): Promise<void> => {
    for (let pass = 0; pass < 2; pass++) await journey.work();
    expect(ofOurs(journey.source)).toEqual([]);
    expect(contents(journey.source)).toHaveLength(30);
    expect(journey.blocked).toBeNull();
    journey.readsTarget = null;
    await journey.until('following', 'go-back');
    expect(contents(journey.source)).toEqual(contents(journey.target));
  };

  test('that lists half of a folder', async () => {
    const none = { changes: 'none' } as const;
    await using journey = await settled({ target: { traits: none } });
    lies(journey, { listed: (listing, isWhole) => (isWhole ? cutShort(listing, 3, 3) : listing) }, none);
    await work(journey);
  });

  test('that tells of removals which never were', async () => {
    await using journey = await settled();
    const inbox = folderAt(journey.target, 'INBOX');
    const [first] = inbox.messages;
    if (first) inbox.setFlags(first, ['\\Seen']);
    lies(journey, { told: (delta) => ({ ...delta, vanished: [[1 as Uid, 20 as Uid]] }) });
    await work(journey);
  });

  test('that lists no folders, and opens them', async () => {
    await using journey = await settled();
    lies(journey, { tree: (tree) => ({ ...tree, folders: tree.folders.filter(({ path }) => path[0] === 'INBOX') }) });
    await work(journey);
  });

  test('and needs a person when it stays so', async () => {
    await using journey = await settled();
    lies(journey, { tree: (tree) => ({ ...tree, folders: tree.folders.filter(({ path }) => path[0] === 'INBOX') }) });
    for (let pass = 0; pass < 4; pass++) await journey.work();
    expect(journey.blocked).toContain('folder.in-doubt');
    expect(contents(journey.source)).toHaveLength(30);
  });

  test('that neither lists a folder nor opens it, once', async () => {
    await using journey = await settled();
    const gone = folderAt(journey.target, 'Work');
    journey.target.delete('Work');
    await journey.work();
    const again = journey.target.create(['Work']);
    again.uidValidity = gone.uidValidity;
    for (const message of gone.messages) again.add(message);
    again.highestModSeq = gone.highestModSeq;
    await work(journey);
  });
});

describe('a folder', () => {
  test('that people removed is aside at home, and gone from among theirs', async () => {
    await using journey = await settled();
    journey.source.subscriptions.add('Work');
    journey.source.create(['Empty']);
    await journey.until('following', 'go-back');
    await journey.until('settled', 'switch');
    journey.target.delete('Work');
    journey.target.delete('Empty');
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    expect(ofOurs(journey.source)).toHaveLength(10);
    expect(namesOfPeople(journey.source)).toEqual(namesOfPeople(journey.target));
    expect([...journey.source.subscriptions]).not.toContain('Work');
    await journey.until('settled', 'switch');
    expect(namesOfPeople(journey.target)).toEqual(['INBOX']);
  });

  test('that people removed and somebody delivers to at home stays there, with that mail', async () => {
    await using journey = await settled();
    journey.target.delete('Work');
    fill(folderAt(journey.source, 'Work'), 700, 701);
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source).filter((line) => line.startsWith('Work '))).toHaveLength(2);
    expect(ofOurs(journey.source)).toHaveLength(10);
  });

  test('that people removed while others are below it is aside, and those stay', async () => {
    await using journey = await aJourney();
    fill(journey.source.create(['Clients']), 1, 4);
    fill(journey.source.create(['Clients', 'New']), 5, 8);
    await journey.until('following');
    await journey.until('settled', 'switch');
    const clients = folderAt(journey.target, 'Clients');
    remove(journey.target, 'Clients', 1, 2, 3, 4);
    clients.selectable = false;
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    expect(ofOurs(journey.source)).toHaveLength(4);
  });

  test('that people renamed is at home under its new name, and what it was is aside', async () => {
    await using journey = await settled();
    const work = folderAt(journey.target, 'Work');
    const renamed = journey.target.create(['Office', 'Work']);
    renamed.uidValidity = work.uidValidity;
    for (const message of work.messages) renamed.add(message);
    journey.target.delete('Work');
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    expect(ofOurs(journey.source)).toHaveLength(10);
    await journey.until('settled', 'switch');
    expect(contents(journey.target)).toEqual(ofPeople(journey.source));
  });

  test('that people removed and made anew is at home as it is now', async () => {
    await using journey = await settled();
    journey.target.delete('Work');
    fill(journey.target.create(['Work']), 25, 35);
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    expect(ofOurs(journey.source)).toHaveLength(4);
  });

  test('that the target renumbered is at home as it was', async () => {
    await using journey = await settled();
    folderAt(journey.target, 'Work').renumber(50);
    await journey.until('following', 'go-back');
    expect(contents(journey.source)).toEqual(contents(journey.target));
  });

  test('that was given another name on the way there has its own at home', async () => {
    const selection = { ...everything, map: [{ from: 'Work', to: 'Old/Work' }] };
    await using journey = await settled({ selection });
    live(journey.target, 100);
    fill(folderAt(journey.target, 'Old/Work'), 200, 202);
    fill(journey.target.create(['Old', 'Work', 'New']), 203, 204);
    fill(journey.target.create(['Work']), 205, 206);
    await journey.until('following', 'go-back');
    const home = ofPeople(journey.source);
    expect(home.filter((line) => /^Work [0-9a-f]/.test(line))).toHaveLength(13);
    expect(home.filter((line) => line.startsWith('Work/New '))).toHaveLength(2);
    expect(home).toHaveLength(contents(journey.target).length);
    await journey.until('settled', 'switch');
    expect(contents(journey.target)).toHaveLength(home.length);
  });

  test('whose name is written otherwise on the target is compared with itself', async () => {
    const target = new MemoryMailbox({ separator: '.' });
    const source = new MemoryMailbox({ separator: '/' });
    fill(source.create(['a.b']), 1, 4);
    await using journey = await aJourney({ mailboxes: { source, target } });
    await journey.until('following');
    await journey.until('settled', 'switch');
    fill(folderAt(target, 'a%2Eb'), 5, 6);
    fill(target.create(['c/d']), 7, 8);
    await journey.until('following', 'go-back');
    expect(contents(source)).toHaveLength(8);
    expect(folderAt(source, 'a.b').messages).toHaveLength(6);
    expect(folderAt(source, 'c%2Fd').messages).toHaveLength(2);
    await journey.until('settled', 'switch');
    expect(contents(target)).toHaveLength(8);
  });

  test.each(changes)(
    'that was merged with another keeps its own mail at home; what is new goes to the first (target: %s)',
    async (told) => {
      const selection = {
        ...everything,
        map: [
          { from: 'A', to: 'X' },
          { from: 'B', to: 'X' },
        ],
      };
      await using journey = await aJourney({ selection, target: { traits: { changes: told } } });
      fill(journey.source.create(['A']), 1, 5);
      fill(journey.source.create(['B']), 6, 9);
      await journey.until('following');
      await journey.until('settled', 'switch');
      fill(folderAt(journey.target, 'X'), 20, 21);
      await journey.until('following', 'go-back');
      expect(folderAt(journey.source, 'A').messages).toHaveLength(7);
      expect(folderAt(journey.source, 'B').messages).toHaveLength(4);
      await journey.until('settled', 'switch');
      expect(folderAt(journey.target, 'X').messages).toHaveLength(11);
    },
  );
});

describe('mail on the target that Godwit did not bring there', () => {
  test.each(changes)(
    'goes home as well, also what was there before the switch (target tells changes: %s)',
    async (told) => {
      const target = new MemoryMailbox();
      fill(target.create(['INBOX']), 500, 504);
      fill(target.create(['Mine']), 510, 512);
      await using journey = await settled({ mailboxes: { target }, target: { traits: { changes: told } } });
      await journey.until('following', 'go-back');
      expect(contents(journey.source)).toEqual(contents(target));
    },
  );

  test('stays out of the source until the switch', async () => {
    const target = new MemoryMailbox();
    fill(target.create(['INBOX']), 500, 504);
    await using journey = await aJourney({ mailboxes: { target } });
    fill(journey.source.create(['INBOX']), 1, 5);
    const before = contents(journey.source);
    await journey.until('following');
    await journey.work();
    expect(contents(journey.source)).toEqual(before);
  });

  test('and had left the source, where removals are not mirrored, is home again after all', async () => {
    await using journey = await aJourney({ delete: false });
    fill(journey.source.create(['INBOX']), 1, 10);
    await journey.until('following');
    remove(journey.source, 'INBOX', 3, 4);
    await journey.until('settled', 'switch');
    expect(folderAt(journey.target, 'INBOX').messages).toHaveLength(10);
    await journey.until('following', 'go-back');
    expect(contents(journey.source)).toEqual(contents(journey.target));
  });

  test('keeps no keyword from the source that the target does not take', async () => {
    const target = new MemoryMailbox({ takesKeyword: (keyword) => keyword !== '$Forwarded' });
    await using journey = await settled({ mailboxes: { target }, target: { traits: { changes: 'none' } } });
    const marked = contents(journey.source).filter((line) => line.includes('$Forwarded'));
    const inbox = folderAt(target, 'INBOX');
    for (const message of inbox.messages) inbox.setFlags(message, [...message.flags, '\\Answered']);
    await journey.until('following', 'go-back');
    const now = contents(journey.source);
    expect(marked.length).toBeGreaterThan(0);
    expect(now.filter((line) => line.includes('$Forwarded'))).toHaveLength(marked.length);
    expect(now.filter((line) => line.includes('\\Answered'))).toHaveLength(20);
  });
});

describe('what others do on the source after the switch', () => {
  test.each(changes)(
    'late mail is carried forward, also what came last is there after going back, and travels with the next switch (source: %s)',
    async (told) => {
      await using journey = await settled({ source: { traits: { changes: told } } });
      live(journey.target, 100);
      await journey.work();
      fill(folderAt(journey.source, 'INBOX'), 700, 702);
      await journey.work();
      expect(contents(journey.target)).toEqual(ofPeople(journey.source));
      fill(folderAt(journey.source, 'INBOX'), 703, 704);
      await journey.until('following', 'go-back');
      const late = ofPeople(journey.source).filter((line) => !contents(journey.target).includes(line));
      expect(late).toHaveLength(2);
      await journey.until('settled', 'switch');
      expect(contents(journey.target)).toEqual(ofPeople(journey.source));
    },
  );

  test('late mail that came to both sides is at home once', async () => {
    await using journey = await settled();
    fill(folderAt(journey.source, 'INBOX'), 700, 702);
    fill(folderAt(journey.target, 'INBOX'), 700, 702);
    await journey.until('following', 'go-back');
    expect(contents(journey.source)).toEqual(contents(journey.target));
  });

  test('what they removed there and people still have comes back when they go home, not sooner', async () => {
    await using journey = await settled();
    remove(journey.source, 'INBOX', 7, 8);
    await journey.work();
    expect(folderAt(journey.source, 'INBOX').messages).toHaveLength(18);
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    await journey.until('settled', 'switch');
    expect(contents(journey.target)).toEqual(ofPeople(journey.source));
  });
});
