/** Small folders that nobody has touched are read without being listed first; nothing is lost by that, and nothing doubled. */

import { describe, expect, test } from 'vitest';
import type { MemoryFaults, MemoryOperation } from '#connectors/memory/faults.ts';
import { memorySource } from '#connectors/memory/open.ts';
import type { Instant, Uid } from '#domain/item.ts';
import type { MessageSink, OpenSource, Source } from '#ports/mailbox.ts';
import { aMove, contents, fill, letter, type Move, noon } from './copy-mailbox.test-kit.ts';

/** What the source is asked for, and what goes wrong with it. */
function asked(mishap: MemoryFaults['before'] = () => null): { faults: MemoryFaults; heard: MemoryOperation[] } {
  const heard: MemoryOperation[] = [];
  return { heard, faults: { before: (operation) => (heard.push(operation), mishap(operation)) } };
}

const times = (heard: readonly MemoryOperation[], what: MemoryOperation['kind']): number =>
  heard.filter(({ kind }) => kind === what).length;

test('flags and dates come with the messages: not one question more per folder', async () => {
  const { faults, heard } = asked();
  const move = aMove({ source: { faults } });
  for (const name of ['INBOX', 'Work', 'Play']) fill(move.source.create([name]), 1, 30);
  expect(await move.run()).toMatchObject({ copied: 90, alreadyThere: 0, refused: [], differences: [], fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
  expect([times(heard, 'list'), times(heard, 'folders'), times(heard, 'read')]).toEqual([0, 1, 90]);
  expect(await move.run()).toMatchObject({ copied: 0, alreadyThere: 90, fault: null });
  expect(times(heard, 'read')).toBe(90);
});

test('a folder on whose target there is mail already is listed and compared', async () => {
  const { faults, heard } = asked();
  const move = aMove({ source: { faults } });
  fill(move.source.create(['INBOX']), 1, 30);
  fill(move.target.create(['INBOX']), 5, 5);
  expect(await move.run()).toMatchObject({ copied: 29, alreadyThere: 1, fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
  expect(times(heard, 'list')).toBeGreaterThan(0);
});

test('mail that comes while the folder is read is for the next run, which finds it', async () => {
  let isLate = true;
  const move: Move = aMove({
    source: {
      faults: {
        before: ({ kind }) => {
          if (kind === 'read' && isLate) fill(inbox, 31, 32);
          if (kind === 'read') isLate = false;
          return null;
        },
      },
    },
  });
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 30);
  expect(await move.run()).toMatchObject({ copied: 30, fault: null });
  expect(await move.run()).toMatchObject({ copied: 2, alreadyThere: 30, fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});

test('what leaves the source between the question and the answer is missed by nobody', async () => {
  let isThere = true;
  const move: Move = aMove({
    source: {
      faults: {
        before: ({ kind }) => {
          if (kind === 'read' && isThere) inbox.expunge([[30 as Uid, 30 as Uid]]);
          if (kind === 'read') isThere = false;
          return null;
        },
      },
    },
  });
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 30);
  const report = await move.run();
  expect(report).toMatchObject({ refused: [], fault: null });
  const again = await move.run({ delete: true });
  expect(again).toMatchObject({ copied: 0, fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});

describe('what does not come as it should', () => {
  test('a message that is held back is asked for by itself, and named', async () => {
    const { faults } = asked((operation) =>
      operation.kind === 'read' && operation.uid === 7 ? { kind: 'withheld' } : null,
    );
    const move = aMove({ source: { faults } });
    fill(move.source.create(['INBOX']), 1, 30);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 29, refused: [{ uid: 7, code: 'withheld' }] });
  });

  test('a date that no server keeps is mended as ever, and said', async () => {
    const move = aMove();
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 3);
    inbox.add({ bytes: letter(4), flags: ['\\Seen'], internalDate: -86_400 as Instant });
    const report = await move.run();
    expect(report).toMatchObject({ copied: 4, refused: [], fault: null });
    expect(report.differences).toMatchObject([{ uid: 4, class: 'date' }]);
    expect(move.target.folder('INBOX')?.messages).toHaveLength(4);
  });

  test('a source that tells flags too late is asked for them, and is not made to send all mail twice', async () => {
    const { faults, heard } = asked();
    const move = aMove();
    for (let n = 0; n < 30; n++) fill(move.source.create([`F${n}`]), 1, 10);
    const report = await move.run({}, { openSource: withoutWords(memorySource(move.source, { faults })) });
    expect(report).toMatchObject({ copied: 300, refused: [], differences: [], fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
    expect(times(heard, 'read')).toBeLessThan(300 + 60);
  });

  test('a connection that is lost in the middle leaves nothing twice', async () => {
    let reads = 0;
    const { faults } = asked(({ kind }) =>
      kind === 'read' && ++reads % 11 === 10 ? { kind: 'cut-inside', afterBytes: 20 } : null,
    );
    const move = aMove({ source: { faults } });
    for (const name of ['INBOX', 'Work', 'Play']) fill(move.source.create([name]), 1, 20);
    expect(await move.run()).toMatchObject({ copied: 60, alreadyThere: 0, refused: [], fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });
});

test('the first message of a folder may have any number', async () => {
  const move = aMove();
  const inbox = move.source.create(['INBOX']);
  for (let n = 1; n <= 400; n++) inbox.add({ bytes: letter(n), flags: [], internalDate: (noon + n) as Instant });
  inbox.expunge([[1 as Uid, 300 as Uid]]);
  expect(await move.run()).toMatchObject({ copied: 100, refused: [], fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});

test('a folder that the target has renumbered and emptied is compared with what was there, and not filled again', async () => {
  const move = aMove();
  fill(move.source.create(['INBOX']), 1, 10);
  expect(await move.run()).toMatchObject({ copied: 10 });
  move.target.folder('INBOX')?.renumber();
  move.target.folder('INBOX')?.expunge([[1 as Uid, 10 as Uid]]);
  expect(await move.run()).toMatchObject({
    copied: 0,
    refused: Array.from({ length: 10 }, () => ({ code: 'renumbered' })),
  });
});

/** A source that says nothing of a message before its body. */
function withoutWords(open: OpenSource): OpenSource {
  return async (signal): Promise<Source> => {
    const source = await open(signal);
    const mute = (sink: MessageSink): MessageSink => ({
      begin: (uid, sizeBytes) => sink.begin(uid, sizeBytes, null),
      data: (chunk) => sink.data(chunk),
      end: () => sink.end(),
      broken: () => sink.broken(),
      returned: () => sink.returned(),
    });
    return {
      name: source.name,
      traits: source.traits,
      folders: () => source.folders(),
      list: (folder, uids, withSizes) => source.list(folder, uids, withSizes),
      changes: (folder, since) => source.changes(folder, since),
      read: (folder, uids, sink, withWords) => source.read(folder, uids, mute(sink), withWords),
      headers: (folder, uids, fields, told) => source.headers(folder, uids, fields, told),
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  };
}
