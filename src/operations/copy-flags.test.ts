/** Flags follow the source, and only what people do there: what they do on the target is theirs, whatever the source can tell. */

import { describe, expect, test } from 'vitest';
import type { MemoryFolder } from '#connectors/memory/platform.ts';
import type { Instant } from '#domain/item.ts';
import { everything } from '#domain/selection.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { aMove, fill, letter, noon, pair } from './copy-mailbox.test-kit.ts';

function dress(folder: MemoryFolder | undefined, uid: number, flags: readonly string[]): void {
  const message = folder?.message(uid);
  if (!folder || !message) throw new Error(`no message ${uid}`);
  folder.setFlags(message, flags);
}

function flagsOf(folder: MemoryFolder | undefined, uid: number): readonly string[] | undefined {
  return folder?.message(uid)?.flags;
}

describe.each(['none', 'flags', 'flags-and-vanished'] as const)('where the source tells of changes: %s', (changes) => {
  const ends = { source: { traits: { changes } } };

  test('what people set on the target since is left to them, and what they do on the source is carried', async () => {
    const move = aMove(ends);
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    const there = move.target.folder('INBOX');
    dress(there, 1, ['\\Seen']);
    dress(there, 3, []);
    dress(inbox, 7, ['\\Answered', '\\Seen']);
    fill(inbox, 21, 22);
    expect(await move.run()).toMatchObject({ copied: 2, flagsChanged: 1, differences: [], fault: null });
    expect([1, 3, 7].map((uid) => flagsOf(there, uid))).toEqual([['\\Seen'], [], ['\\Answered', '\\Seen']]);
    dress(inbox, 7, []);
    dress(inbox, 22, ['\\Flagged']);
    expect(await move.run()).toMatchObject({ copied: 0, flagsChanged: 2, fault: null });
    expect([1, 3, 7, 22].map((uid) => flagsOf(there, uid))).toEqual([['\\Seen'], [], [], ['\\Flagged']]);
    expect(await move.run()).toMatchObject({ copied: 0, flagsChanged: 0, fault: null });
  });

  test('the same when what was refused is tried again', async () => {
    const move = aMove(ends);
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    const there = move.target.folder('INBOX');
    dress(there, 1, ['\\Seen']);
    dress(inbox, 2, ['\\Seen']);
    expect(await move.run({ retryRefused: true })).toMatchObject({ flagsChanged: 1, fault: null });
    expect([1, 2].map((uid) => flagsOf(there, uid))).toEqual([['\\Seen'], ['\\Seen']]);
  });

  test('the same when only some messages are chosen, which leaves no mark of how far we have read', async () => {
    const move = aMove(ends);
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    const choices = { selection: { ...everything, since: (noon + 300) as Instant } };
    await move.run(choices);
    const there = move.target.folder('INBOX');
    dress(there, 1, ['\\Deleted']);
    dress(inbox, 6, []);
    expect(await move.run(choices)).toMatchObject({ flagsChanged: 1, fault: null });
    expect([1, 2].map((uid) => flagsOf(there, uid))).toEqual([['\\Deleted'], []]);
    await move.run();
    expect(await move.run()).toMatchObject({ copied: 0, flagsChanged: 0, fault: null });
  });

  test.each(['flags.stored', 'folder.recorded'] as const)(
    'a change that a killed run had carried and its owner took back meanwhile is taken back (%s)',
    async (point) => {
      const ledger = memoryLedger();
      const move = aMove({ ...ends, ledger });
      const inbox = move.source.create(['INBOX']);
      fill(inbox, 1, 20);
      await move.run();
      dress(move.target.folder('INBOX'), 2, ['\\Seen']);
      dress(inbox, 1, ['\\Flagged']);
      const at = (passed: CrashPoint): void => {
        if (passed === point) throw new Error('killed');
      };
      await move.run({}, { at });
      ledger.crash();
      expect(flagsOf(move.target.folder('INBOX'), 1)).toEqual(['\\Flagged']);
      dress(inbox, 1, []);
      await move.run();
      expect([1, 2].map((uid) => flagsOf(move.target.folder('INBOX'), uid))).toEqual([[], ['\\Seen']]);
    },
  );

  test('mail that was found on the target gets the flags of the source once, and then is left alone too', async () => {
    const move = aMove(ends);
    const inbox = move.source.create(['INBOX']);
    inbox.add({ bytes: letter(1), flags: ['\\Seen'], internalDate: noon });
    const there = move.target.create(['INBOX']);
    there.add({ bytes: letter(1), flags: [], internalDate: noon });
    await move.run();
    expect(flagsOf(there, 1)).toEqual(['\\Seen']);
    dress(there, 1, []);
    expect(await move.run()).toMatchObject({ flagsChanged: 0, fault: null });
    expect(flagsOf(there, 1)).toEqual([]);
  });
});

test('a source that can tell what changed has no flags kept of it', async () => {
  const move = aMove();
  fill(move.source.create(['INBOX']), 1, 20);
  await move.run();
  const reader = await move.ledger.peek(pair);
  const [record] = (await reader?.folders()) ?? [];
  expect(record && (await reader?.flags(record.source))).toBeNull();
});
