/** Interruption: the engine is stopped at every named point, its memory thrown away, and another goes on. */

import { describe, expect, test } from 'vitest';
import type { MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import { likeCyrus } from '#connectors/memory/manners.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { Uid } from '#domain/item.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import { type CrashPoint, crashPoints } from '#sync/engine.ts';
import { aMove, contents, fill, letter, noon } from './copy-mailbox.test-kit.ts';

class Killed extends Error {}

/** Stops the engine at the `nth` time it passes `point`, as if the process had been killed there. */
function killAt(point: CrashPoint, nth: number): { at: (at: CrashPoint) => void; wasReached: () => boolean } {
  let passed = 0;
  let reached = false;
  return {
    at: (at) => {
      // A dead process does nothing more: every later point ends it again.
      if (reached) throw new Killed(point);
      if (at === point && ++passed === nth) {
        reached = true;
        throw new Killed(point);
      }
    },
    wasReached: () => reached,
  };
}

describe.each(crashPoints)('killed at %s', (point) => {
  test.each([
    ['a server of today', {}, true],
    // Such a server cannot name what it is to remove, so its run goes without --delete.
    ['one without UIDPLUS and MULTIAPPEND', { tellsUids: false, batches: 'one-by-one' as const }, false],
  ])('and run again with %s, nothing is lost and nothing arrives twice', async (_, traits, mirrors) => {
    const choices = { delete: mirrors };
    let everReached = false;
    for (const [nth, surviving] of [
      [1, 0],
      [2, 1],
      [3, 100],
    ] as const) {
      const ledger = memoryLedger();
      const move = aMove({ ledger, target: { traits } });
      const inbox = move.source.create(['INBOX']);
      fill(inbox, 1, 230);
      fill(move.source.create(['Work']), 231, 250);
      move.target.create(['INBOX']).add({ bytes: letter(7), flags: [], internalDate: noon });
      // Flags and removals have something to do when the first run is already behind us.
      if (nth !== 1) await move.run();
      const [first, second] = inbox.messages;
      if (!first || !second) throw new Error('no messages');
      inbox.setFlags(first, ['\\Answered']);
      if (mirrors) inbox.expunge([[second.uid, second.uid]]);
      fill(inbox, 251, 470);
      const { at, wasReached } = killAt(point, 1);
      await move.run(choices, { at });
      everReached ||= wasReached();
      ledger.crash(surviving);
      fill(inbox, 471, 475);
      const report = await move.run(choices);
      expect(report.fault).toBeNull();
      expect(contents(move.target)).toEqual(withTheirDate(contents(move.source), contents(move.target)));
      const again = await move.run(choices);
      expect(again).toMatchObject({ copied: 0, fault: null });
    }
    expect(everReached || !mirrors).toBe(true);
  });
});

test('what the target confirmed and never stored is sent again, also when the run that heard so was killed', async () => {
  const ledger = memoryLedger();
  const move = aMove({ ledger });
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 20);
  await move.run();
  fill(inbox, 21, 25);
  const before = ({ kind }: MemoryOperation): Mishap | null => (kind === 'append' ? { kind: 'lie' } : null);
  const { at, wasReached } = killAt('map.written', 1);
  const die = (point: CrashPoint): void => {
    const lived = !wasReached();
    try {
      at(point);
    } finally {
      // A dead process does not even write that it sees its message missing.
      if (lived && wasReached()) ledger.crash(100);
    }
  };
  await aMove({ ledger, target: { faults: { before } } }, move).run({}, { at: die });
  expect(wasReached()).toBe(true);
  expect(await move.run()).toMatchObject({ copied: 5, alreadyThere: 20, refused: [], fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});

test('what leaves the source while it is being proven after a kill is not said to differ', async () => {
  const ledger = memoryLedger();
  const move = aMove({ ledger });
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 20);
  const killed = killAt('map.written', 1);
  await move.run({}, { at: killed.at });
  expect(killed.wasReached()).toBe(true);
  ledger.crash(100);
  // The source has listed them when the target is asked, and has them no more when it is to give them.
  const leaving = (operation: MemoryOperation): Mishap | null => {
    if (operation.kind === 'list') inbox.expunge([[5 as Uid, 6 as Uid]]);
    return null;
  };
  const report = await aMove({ ledger, target: { faults: { before: leaving } } }, move).run();
  expect(inbox.messages).toHaveLength(18);
  expect(report).toMatchObject({ differences: [], refused: [], fault: null });
});

test.each([true, false])(
  'what came, was copied by a pass that was killed and left the source again is noticed (--delete %s)',
  async (mirrors) => {
    const ledger = memoryLedger();
    const move = aMove({ ledger });
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    fill(inbox, 21, 40);
    await move.run({}, { at: killAt('intent.settled', 1).at });
    ledger.crash(100);
    inbox.expunge([[25 as Uid, 29 as Uid]]);
    const report = await move.run({ delete: mirrors });
    expect(report).toMatchObject({ fault: null, refused: [], removed: mirrors ? 5 : 0, alreadyThere: 35 });
    expect(report.kept.map(({ uid }) => uid)).toEqual(mirrors ? [] : [25, 26, 27, 28, 29]);
    if (mirrors) expect(contents(move.target)).toEqual(contents(move.source));
  },
);

test.each([true, false])(
  'a removal that was killed once the target had done it leaves nothing listed (again with --delete: %s)',
  async (again) => {
    const ledger = memoryLedger();
    const move = aMove({ ledger });
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    inbox.expunge([[5 as Uid, 9 as Uid]]);
    await move.run({ delete: true }, { at: killAt('removal.done', 1).at });
    ledger.crash(0);
    const report = await move.run({ delete: again });
    expect(report).toMatchObject({ fault: null, refused: [], kept: [], differences: [], alreadyThere: 15 });
    expect(contents(move.target)).toEqual(contents(move.source));
    expect(await move.run()).toMatchObject({ kept: [], differences: [], alreadyThere: 15 });
  },
);

test('flags that people set on mail we found there stay theirs, also when the pass that adopted it broke', async () => {
  const ledger = memoryLedger();
  const move = aMove({ ledger });
  const inbox = move.source.create(['INBOX']);
  const there = move.target.create(['INBOX']);
  for (let n = 1; n <= 10; n++) {
    inbox.add({ bytes: letter(n), flags: [], internalDate: noon });
    there.add({ bytes: letter(n), flags: ['\\Seen', 'mine'], internalDate: noon });
  }
  fill(inbox, 11, 40);
  await move.run({}, { at: killAt('target.appended', 1).at });
  ledger.crash(100);
  expect(await move.run()).toMatchObject({ fault: null });
  expect(there.messages).toHaveLength(40);
  for (const { flags } of there.messages.slice(0, 10))
    expect(flags).toEqual(expect.arrayContaining(['\\Seen', 'mine']));
});

test.each(['target.appended', 'map.written', 'intent.settled'] as const)(
  'flags that changed after a pass was killed at %s reach what that pass had brought',
  async (point) => {
    const ledger = memoryLedger();
    const move = aMove({ ledger });
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    fill(inbox, 21, 60);
    await move.run({}, { at: killAt(point, 1).at });
    ledger.crash(100);
    for (const message of inbox.messages) inbox.setFlags(message, message.uid % 2 === 0 ? ['\\Answered'] : []);
    expect(await move.run()).toMatchObject({ fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  },
);

/** Letter 7 was on the target before, under its own date: it is adopted as it is. */
function withTheirDate(source: readonly string[], target: readonly string[]): string[] {
  const theirs = target.filter((line) => line.includes(` ${noon}`));
  const seventh = new Set(theirs.map((line) => line.split(' ')[1]));
  const rest = source.filter((line) => !(line.startsWith('INBOX') && seventh.has(line.split(' ')[1])));
  return [...rest, ...theirs].sort();
}

describe('bad weather', () => {
  const cutOnce = (kind: MemoryOperation['kind'], when: 'before' | 'after', mishap: Mishap, nth = 1) => {
    let seen = 0;
    return {
      [when]: (operation: MemoryOperation) => (operation.kind === kind && ++seen === nth ? mishap : null),
    };
  };

  test.each([
    ['the reply to an append is lost', 'append', 'after', { kind: 'cut' }],
    ['the connection is cut before an append is done', 'append', 'before', { kind: 'cut' }],
    ['a vague NO follows an append that was stored', 'append', 'after', { kind: 'vague', text: 'server busy' }],
    ['a vague NO follows an append that was not stored', 'append', 'before', { kind: 'vague', text: 'server busy' }],
    ['the target says OK and stores nothing', 'append', 'before', { kind: 'lie' }],
  ] as const)('when %s, every message is there once in the end', async (_, kind, when, mishap) => {
    const move = aMove({ target: { faults: cutOnce(kind, when, mishap) } });
    fill(move.source.create(['INBOX']), 1, 450);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 450, alreadyThere: 0, refused: [], fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('a connection that breaks inside a source message leaves no half message on the target', async () => {
    const faults = cutOnce('read', 'before', { kind: 'cut-inside', afterBytes: 30 }, 17);
    const move = aMove({ source: { faults } });
    fill(move.source.create(['INBOX']), 1, 60);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 60, fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('a message that breaks every connection it travels on is cornered and named, and the rest arrives', async () => {
    const faults = {
      before: (operation: MemoryOperation): Mishap | null =>
        operation.kind === 'read' && operation.uid === 100 ? { kind: 'cut-inside', afterBytes: 10 } : null,
    };
    const move = aMove({ source: { faults } });
    fill(move.source.create(['INBOX']), 1, 150);
    const report = await move.run();
    expect(report.fault).toBeNull();
    expect(report.copied).toBe(149);
    expect(report.refused).toEqual([expect.objectContaining({ uid: 100, code: 'breaks-connection' })]);
  });

  test('no message is blamed for good for a fault of the server: with its disk mended, the next run brings all', async () => {
    let full = true;
    const text = '[SERVERBUG] Internal error occurred';
    const faults = {
      before: (operation: MemoryOperation): Mishap | null =>
        full && operation.kind === 'append' ? { kind: 'vague', text } : null,
    };
    const move = aMove({ target: { faults } });
    fill(move.source.create(['INBOX']), 1, 150);
    const first = await move.run();
    expect(first).toMatchObject({ copied: 0, fault: { code: 'sync.gave-up' } });
    expect(first.refused).toContainEqual(expect.objectContaining({ code: 'server-fault', reason: text }));
    full = false;
    expect(await move.run()).toMatchObject({ copied: 150, refused: [], fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('a message that the source lists and does not return is asked for alone and then named', async () => {
    const faults = {
      before: (operation: MemoryOperation): Mishap | null =>
        operation.kind === 'read' && operation.uid === 5 ? { kind: 'withheld' } : null,
    };
    const move = aMove({ source: { faults } });
    fill(move.source.create(['INBOX']), 1, 20);
    const report = await move.run();
    expect(report.copied).toBe(19);
    expect(report.refused).toEqual([expect.objectContaining({ uid: 5, code: 'withheld' })]);
  });

  test('after a crash, messages that the target altered are recognised and not sent again', async () => {
    const ledger = memoryLedger();
    const target = new MemoryMailbox({ manners: likeCyrus });
    const move = aMove({ ledger }, { target });
    const inbox = move.source.create(['INBOX']);
    for (let n = 1; n <= 5; n++) {
      inbox.add({
        bytes: Buffer.from(`Subject: Gr\xfc\xdfe ${n}\r\n\r\nx\r\n`, 'latin1'),
        flags: [],
        internalDate: noon,
      });
    }
    const { at } = killAt('target.appended', 1);
    await move.run({}, { at });
    ledger.crash(0);
    const report = await move.run();
    expect(report.fault).toBeNull();
    expect(target.folder('INBOX')?.messages).toHaveLength(5);
    expect(report.differences).toHaveLength(5);
  });

  test('a full target stops the mailbox, says so, and the next run goes on', async () => {
    const target = new MemoryMailbox({ quotaBytes: 30_000 });
    const move = aMove({}, { target });
    fill(move.source.create(['INBOX']), 1, 450);
    const report = await move.run();
    expect(report.fault?.code).toBe('target.quota');
    expect((target.folder('INBOX')?.messages ?? []).length).toBeLessThan(450);
  });

  test('what people remove from the target is listed and not sent again', async () => {
    const move = aMove();
    fill(move.source.create(['INBOX']), 1, 10);
    await move.run();
    move.target.folder('INBOX')?.expunge([[4 as Uid, 4 as Uid]]);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 0, alreadyThere: 9, fault: null });
    expect(report.differences).toEqual([expect.objectContaining({ uid: 4, class: 'removed-on-target' })]);
  });

  test('when the target renumbers and has lost messages, they are held back for a person to decide', async () => {
    const move = aMove();
    fill(move.source.create(['INBOX']), 1, 10);
    await move.run();
    const there = move.target.folder('INBOX');
    there?.expunge([[4 as Uid, 4 as Uid]]);
    there?.renumber(50);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 0, alreadyThere: 9, fault: null });
    expect(report.refused).toEqual([expect.objectContaining({ uid: 4, code: 'renumbered' })]);
    const insisted = await move.run({ retryRefused: true });
    expect(insisted).toMatchObject({ copied: 1, refused: [] });
  });

  test('when one side cannot be had, nobody waits for the other to answer', async () => {
    const move = aMove();
    const silentTarget = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const openSource = async (): Promise<never> => {
      throw fault('imap.sign-in.refused', { host: 'old.example', user: 'ada', text: 'no' });
    };
    const report = await move.run({}, { openSource, openTarget: silentTarget });
    expect(report.fault?.code).toBe('imap.sign-in.refused');
  });

  test('stopped by a signal it ends cleanly, says so, and goes on next time', async () => {
    const move = aMove();
    fill(move.source.create(['INBOX']), 1, 300);
    const stop = new AbortController();
    const report = await move.run({}, { at: (point) => point === 'batch.begun' && stop.abort() }, stop.signal);
    expect(report.fault?.code).toBe('interrupted');
    const after = await move.run();
    expect(after.fault).toBeNull();
    expect(contents(move.target)).toEqual(contents(move.source));
  });
});
