/** After the switch both sides change one message: the target's flags win, nothing is lost on either side, and each is listed. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemoryFolder } from '#connectors/memory/platform.ts';
import { contents, fill } from './copy-mailbox.test-kit.ts';
import { type Journey, settled } from './way-home.test-kit.ts';
import { folderAt, move, ofOurs, ofPeople, remove } from './way-home-people.test-kit.ts';

type Side = 'source' | 'target';

function mark(journey: Journey, side: Side, uid: number, ...flags: readonly string[]): void {
  const inbox = folderAt(journey[side], 'INBOX');
  inbox.setFlags(messageIn(inbox, uid), flags);
}

function flagsAt(journey: Journey, side: Side, uid: number): readonly string[] {
  return messageIn(folderAt(journey[side], 'INBOX'), uid).flags;
}

function messageIn(folder: MemoryFolder, uid: number) {
  const message = folder.message(uid);
  if (!message) throw new Error(`no message ${uid}`);
  return message;
}

/** What is listed of both sides, by UID on the target. */
async function listed(journey: Journey): Promise<readonly string[]> {
  const exceptions = await journey.exceptions('back');
  return exceptions.flatMap(({ folder, uid, kind, code, detail }) =>
    kind === 'different' ? [`${folder} ${uid} ${code}: ${detail}`] : [],
  );
}

/** The octets of all mail of a side, our folder included. */
function letters(journey: Journey, side: Side): readonly string[] {
  return contents(journey[side], false).map((line) => line.split(' ').at(-2) ?? '');
}

test('a target that cannot tell what changed has its flags at home all the same, and what changed on both sides is listed', async () => {
  await using journey = await settled({ target: { traits: { changes: 'none' } } });
  await journey.work();
  mark(journey, 'target', 3, '\\Answered');
  mark(journey, 'source', 3, '\\Flagged');
  await journey.work();
  expect(flagsAt(journey, 'source', 3)).toEqual(['\\Answered']);
  expect(await listed(journey)).toHaveLength(1);
});

test('a source that cannot tell has the flags of the target, and nothing is listed that nobody knows', async () => {
  await using journey = await settled({ source: { traits: { changes: 'none' } } });
  mark(journey, 'target', 3, '\\Answered');
  mark(journey, 'target', 4, '\\Answered');
  mark(journey, 'source', 3, '\\Flagged');
  await journey.work();
  expect(flagsAt(journey, 'source', 3)).toEqual(['\\Answered']);
  expect(await listed(journey)).toEqual([]);
});

/** What somebody does to a message of the inbox on one side, chosen by a number. */
const deeds = fc.record({
  side: fc.constantFrom<Side>('source', 'target'),
  what: fc.constantFrom('flag', 'unflag', 'remove', 'move', 'add', 'look'),
  which: fc.nat(40),
});

test('whatever both sides do, nothing is lost at home, and from the target goes only what people removed there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deeds, { minLength: 3, maxLength: 16 }), async (all) => {
      await using journey = await settled();
      const everywhere = new Map<Side, Set<string>>([
        ['source', new Set(letters(journey, 'source'))],
        ['target', new Set(letters(journey, 'target'))],
      ]);
      for (const side of ['source', 'target'] as const) journey[side].create(['Else']);
      let n = 600;
      for (const { side, what, which } of all) {
        const inbox = folderAt(journey[side], 'INBOX');
        const message = inbox.messages[which % inbox.messages.length];
        if (!message) continue;
        const before = new Set(letters(journey, side));
        if (what === 'flag') inbox.setFlags(message, ['\\Flagged', `$From-${side}`]);
        if (what === 'unflag') inbox.setFlags(message, []);
        if (what === 'remove') remove(journey[side], 'INBOX', message.uid);
        if (what === 'move') move(journey[side], 'INBOX', message.uid, 'Else');
        if (what === 'add') fill(inbox, n, n++);
        if (what === 'look') await journey.work();
        // What somebody does on a side they mean; nobody else may take anything from it.
        const mine = everywhere.get(side);
        const after = new Set(letters(journey, side));
        for (const letter of after) mine?.add(letter);
        if (what !== 'look') for (const letter of before) if (!after.has(letter)) mine?.delete(letter);
      }
      for (let look = 0; look < 3; look++) await journey.work();
      expect(journey.blocked).toBeNull();
      for (const side of ['source', 'target'] as const) {
        const there = new Set(letters(journey, side));
        expect([...(everywhere.get(side) ?? [])].filter((letter) => !there.has(letter))).toEqual([]);
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);

describe('a message that both sides changed after the switch', () => {
  test('has the flags of the target on both sides, and is listed with what each said', async () => {
    await using journey = await settled();
    mark(journey, 'target', 3, '\\Seen', '$Done');
    mark(journey, 'source', 3, '\\Flagged');
    await journey.work();
    for (const side of ['source', 'target'] as const)
      expect(flagsAt(journey, side, 3).toSorted()).toEqual(['$Done', '\\Seen']);
    const line =
      'INBOX 3 conflict: on the target $Done \\Seen, on the source \\Flagged: both have those of the target now';
    expect(await listed(journey)).toEqual([line]);
    // It stays listed, and what only the target changes afterwards is no conflict.
    mark(journey, 'target', 4, '\\Answered');
    for (let look = 0; look < 3; look++) await journey.work();
    expect(await listed(journey)).toEqual([line]);
  });

  test('to the same flags is no conflict', async () => {
    await using journey = await settled();
    for (const side of ['source', 'target'] as const) mark(journey, side, 3, '\\Seen', '\\Answered');
    await journey.work();
    expect(await listed(journey)).toEqual([]);
  });

  test('one after the other is listed as changed at home first, and as a conflict when the target has changed it too', async () => {
    await using journey = await settled();
    mark(journey, 'target', 3, '\\Seen');
    await journey.work();
    mark(journey, 'source', 3, '\\Seen', '\\Flagged');
    for (let look = 0; look < 2; look++) await journey.work();
    expect(flagsAt(journey, 'target', 3)).toEqual(['\\Seen']);
    expect(await listed(journey)).toEqual([
      'INBOX 3 source-only: on the source \\Flagged \\Seen: the target has \\Seen, and both were left as they are',
    ]);
    mark(journey, 'target', 3, '\\Seen', '\\Answered');
    await journey.work();
    expect(flagsAt(journey, 'source', 3).toSorted()).toEqual(['\\Answered', '\\Seen']);
    expect(await listed(journey)).toEqual([
      'INBOX 3 conflict: on the source \\Flagged \\Seen, then on the target \\Answered \\Seen: both have those of the target now',
    ]);
  });

  test('and that is as it was again needs no line', async () => {
    await using journey = await settled();
    const before = flagsAt(journey, 'source', 3);
    mark(journey, 'source', 3, '\\Flagged');
    await journey.work();
    expect(await listed(journey)).toHaveLength(1);
    mark(journey, 'source', 3, ...before);
    await journey.work();
    expect(await listed(journey)).toEqual([]);
  });

  test('is in our folder at home where the target removed what the source flagged, and is listed', async () => {
    await using journey = await settled();
    const all = letters(journey, 'source').toSorted();
    remove(journey.target, 'INBOX', 5);
    mark(journey, 'source', 5, '\\Flagged');
    for (let look = 0; look < 2; look++) await journey.work();
    expect(await listed(journey)).toEqual([
      'INBOX 5 conflict: on the target removed or moved, on the source \\Flagged: it lies in "Godwit removed" on the source',
    ]);
    expect(ofOurs(journey.source)).toHaveLength(1);
    expect(letters(journey, 'source').toSorted()).toEqual(all);
  });

  test('stays on the target where the source removed what the target flagged, is listed, and is at home again when people are', async () => {
    await using journey = await settled();
    const all = letters(journey, 'target').toSorted();
    mark(journey, 'target', 5, '\\Flagged');
    remove(journey.source, 'INBOX', 5);
    for (let look = 0; look < 2; look++) await journey.work();
    expect(await listed(journey)).toEqual([
      'INBOX 5 conflict: on the target \\Flagged, on the source removed or moved: it stays on the target, and comes home when people do',
    ]);
    expect(letters(journey, 'target').toSorted()).toEqual(all);
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
  });

  test('is in both places on both sides where each moved it elsewhere, and is listed', async () => {
    await using journey = await settled();
    journey.target.create(['There']);
    journey.source.create(['Home']);
    move(journey.target, 'INBOX', 5, 'There');
    move(journey.source, 'INBOX', 5, 'Home');
    for (let look = 0; look < 4; look++) await journey.work();
    expect(await listed(journey)).toEqual([
      'INBOX 5 conflict: removed or moved on both sides: where each moved it elsewhere, it is in both places now, and nothing was removed for it',
    ]);
    for (const side of ['source', 'target'] as const)
      for (const folder of ['There', 'Home']) expect(folderAt(journey[side], folder).messages).toHaveLength(1);
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
  });

  test('is listed with two hundred others at most, however many there are', async () => {
    await using journey = await settled();
    fill(folderAt(journey.target, 'INBOX'), 100, 400);
    await journey.work();
    for (const side of ['source', 'target'] as const)
      for (const { uid } of folderAt(journey[side], 'INBOX').messages)
        mark(journey, side, uid, side === 'source' ? '\\Flagged' : '\\Answered');
    await journey.work();
    expect(await listed(journey)).toHaveLength(200);
    expect(journey.said).toContain('"messages":121');
    expect(flagsAt(journey, 'source', 300)).toEqual(['\\Answered']);
  });
});
