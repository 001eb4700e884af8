/** Others use the target too, between our runs and during them: what they put there is adopted or left alone, what they take is noticed. */

import { describe, expect, test } from 'vitest';
import type { MemoryFaults, MemoryOperation } from '#connectors/memory/faults.ts';
import type { Instant, Uid } from '#domain/item.ts';
import { everything } from '#domain/selection.ts';
import { aMove, contents, fill, letter, noon } from './copy-mailbox.test-kit.ts';

/** What has been asked of one side, in words. */
function listener(): { readonly faults: { before(operation: MemoryOperation): null }; readonly heard: string[] } {
  const heard: string[] = [];
  return { faults: { before: ({ kind }) => (heard.push(kind), null) }, heard };
}

describe('mail that comes to the target between two runs', () => {
  test('is adopted when it comes to the source as well, with its multiplicity, and never doubled', async () => {
    const move = aMove();
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 10);
    await move.run();
    // Another tool is a letter ahead of us, twice over, and people have mail of their own there.
    const there = move.target.folder('INBOX');
    for (const n of [11, 11, 77])
      there?.add({ bytes: letter(n), flags: ['\\Seen'], internalDate: (noon + n * 60) as Instant });
    for (let copy = 0; copy < 3; copy++) fill(inbox, 11, 11);
    fill(inbox, 12, 14);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 4, alreadyThere: 12, fault: null });
    expect(contents(move.target, false)).toEqual([...contents(move.source, false), lineOf(77)].sort());
  });

  test('is still adopted by a later run, when its like comes to the source only then', async () => {
    const move = aMove();
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 10);
    await move.run();
    fill(move.target.create(['INBOX']), 20, 21);
    fill(inbox, 11, 11);
    expect(await move.run()).toMatchObject({ copied: 1, fault: null });
    fill(inbox, 20, 22);
    expect(await move.run()).toMatchObject({ copied: 1, alreadyThere: 13, fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('is recognised also where it takes the place of a message that people have removed there', async () => {
    const move = aMove();
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 10);
    await move.run();
    const there = move.target.create(['INBOX']);
    there.expunge([[4 as Uid, 4 as Uid]]);
    fill(there, 11, 11);
    fill(inbox, 11, 12);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 1, alreadyThere: 10, fault: null });
    expect(there.messages).toHaveLength(11);
  });

  test('into a folder that two of the source share is adopted once, and what we put there costs no question', async () => {
    const target = listener();
    const move = aMove({ target: { faults: target.faults } });
    const sent = move.source.create(['Sent']);
    fill(sent, 1, 5);
    fill(move.source.create(['Gesendet']), 6, 9);
    const map = ['Sent', 'Gesendet'].map((from) => ({ from, to: 'Post' }));
    const choices = { selection: { ...everything, map }, prove: 'none' as const };
    await move.run(choices);
    fill(sent, 10, 10);
    target.heard.length = 0;
    await move.run(choices);
    expect(target.heard.slice(0, target.heard.indexOf('append-message'))).toEqual(['open', 'folders']);
    fill(move.target.create(['Post']), 11, 11);
    fill(sent, 11, 12);
    expect(await move.run(choices)).toMatchObject({ copied: 1, fault: null });
    expect(move.target.folder('Post')?.messages).toHaveLength(12);
  });

  test('is not read again for every letter that comes when it looks like none of them', async () => {
    const target = listener();
    const move = aMove({ target: { faults: target.faults } });
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 10);
    await move.run();
    fill(move.target.create(['INBOX']), 1_000, 1_050);
    fill(inbox, 11, 12);
    target.heard.length = 0;
    expect(await move.run({ prove: 'none' })).toMatchObject({ copied: 2, fault: null });
    expect(target.heard).not.toContain('read');
  });
});

test('a target that is as we left it is asked nothing before new mail is sent', async () => {
  const target = listener();
  const move = aMove({ target: { faults: target.faults } });
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 10);
  await move.run();
  fill(inbox, 11, 14);
  inbox.expunge([[2 as Uid, 3 as Uid]]);
  await move.run({ delete: true });
  for (const [from, to] of [
    [15, 16],
    [17, 18],
  ] as const) {
    fill(inbox, from, to);
    target.heard.length = 0;
    expect(await move.run({ prove: 'none' })).toMatchObject({ copied: 2, fault: null });
    expect(target.heard.slice(0, target.heard.indexOf('append-message'))).toEqual(['open', 'folders']);
    // One listing proves what was sent.
    expect(target.heard.filter((kind) => kind === 'list')).toHaveLength(1);
  }
});

describe('what happens on the target while a run is writing down how it left it', () => {
  /** Runs `deed` before or after the run at hand reads back what it has sent, which is when it last looks at the target. */
  function whenItLooks(when: 'before' | 'after', deed: () => void): MemoryFaults {
    let looks = 0;
    const hook = ({ kind }: MemoryOperation): null => {
      if (kind === 'list' && ++looks === 1) deed();
      return null;
    };
    return { [when]: hook };
  }

  test('a message that somebody removes is noticed by the next run', async () => {
    const first = aMove();
    const inbox = first.source.create(['INBOX']);
    fill(inbox, 1, 10);
    const there = first.target.create(['INBOX']);
    const faults = whenItLooks('after', () => there.expunge([[3 as Uid, 3 as Uid]]));
    await aMove({ target: { faults }, ledger: first.ledger }, first).run();
    const report = await first.run();
    expect(report).toMatchObject({ copied: 0, alreadyThere: 9, fault: null });
  });

  test.each(['before', 'after'] as const)(
    'a message that another tool puts there is not doubled by the next run, %s the last look',
    async (when) => {
      const first = aMove();
      const inbox = first.source.create(['INBOX']);
      fill(inbox, 1, 10);
      const there = first.target.create(['INBOX']);
      const faults = whenItLooks(when, () => fill(there, 11, 11));
      await aMove({ target: { faults }, ledger: first.ledger }, first).run();
      expect(there.messages).toHaveLength(11);
      fill(inbox, 11, 12);
      const report = await first.run();
      expect(report).toMatchObject({ copied: 1, alreadyThere: 11, fault: null });
      expect(contents(first.target)).toEqual(contents(first.source));
    },
  );
});

function lineOf(n: number): string {
  const alone = aMove();
  fill(alone.source.create(['INBOX']), n, n);
  return contents(alone.source, false)[0] ?? '';
}
