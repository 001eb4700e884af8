/** What every ledger promises (`ports/ledger.ts`), as one suite of tests for the file, the memory and later PostgreSQL. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FolderId, Instant, Uid, UidValidity } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { Exception, FolderRecord, LedgerStore, SentMessage } from '#ports/ledger.ts';
import { anna, bela, inbox, intent, record, run, sent } from './ledger-samples.ts';

export interface LedgerUnderTest {
  /** A store; opened again after it was disposed, it knows what was written before. */
  open(): Promise<LedgerStore>;
}

export function ledgerContract(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`${name} keeps the ledger's promises`, () => {
    test('a mailbox nobody has moved yet is unknown, and looking does not make it known', async () => {
      const under = await make();
      await using store = await under.open();
      expect(await store.peek(anna)).toBeNull();
      expect(await store.peek(anna)).toBeNull();
    });

    test('what was written is read back, by a later run too, down to the last bit of a mod-sequence', async () => {
      const under = await make();
      const records = [
        record(inbox, 7),
        record(sent, 8),
        { ...record('Neu' as FolderId, 9), sourceState: null, targetState: null },
      ];
      {
        await using store = await under.open();
        await using ledger = await store.claim(anna);
        await ledger.write(records.map((each) => ({ kind: 'folder', record: each })));
        expect(byName(await ledger.folders())).toEqual(byName(records));
      }
      await using store = await under.open();
      const reader = await store.peek(anna);
      expect(byName((await reader?.folders()) ?? [])).toEqual(byName(records));
    });

    test('a newer record of a folder takes the place of the older', async () => {
      await using store = await (await make()).open();
      await using ledger = await store.claim(anna);
      await ledger.write([{ kind: 'folder', record: record(inbox, 1) }]);
      await ledger.write([{ kind: 'folder', record: { ...record(inbox, 2), target: sent } }]);
      expect(await ledger.folders()).toEqual([{ ...record(inbox, 2), target: sent }]);
    });

    test('a write is seen by its own ledger at once, before it is durable', async () => {
      await using store = await (await make()).open();
      await using ledger = await store.claim(anna);
      const written = ledger.write([{ kind: 'mapped', folder: inbox, runs: [run(1, 11, 3)] }]);
      expect((await ledger.map(inbox)).runs).toEqual([run(1, 11, 3)]);
      await written;
    });

    test('writes of one ledger become durable in the order in which they were made', async () => {
      await using store = await (await make()).open();
      await using ledger = await store.claim(anna);
      const order: number[] = [];
      const writes = [1, 2, 3, 4].map((n) =>
        ledger.write([{ kind: 'folder', record: record(inbox, n) }]).then(() => order.push(n)),
      );
      await Promise.all(writes);
      expect(order).toEqual([1, 2, 3, 4]);
      expect((await ledger.folders())[0]?.messages).toBe(4);
    });

    test('what was noted is seen by its own ledger at once, and by later readers when it resolves', async () => {
      await using store = await (await make()).open();
      await using ledger = await store.claim(anna);
      const noted = ledger.note([{ kind: 'mapped', folder: inbox, runs: [run(1, 11, 3)] }]);
      expect((await ledger.map(inbox)).runs).toEqual([run(1, 11, 3)]);
      await noted;
      expect((await (await store.peek(anna))?.map(inbox))?.runs).toEqual([run(1, 11, 3)]);
    });

    test('notes and writes are applied in the order in which they were made, whoever waits for which', async () => {
      const under = await make();
      {
        await using store = await under.open();
        await using ledger = await store.claim(anna);
        await ledger.write([{ kind: 'intent', intent: intent(1) }]);
        void ledger.note([{ kind: 'folder', record: record(inbox, 1) }]);
        void ledger.write([{ kind: 'folder', record: record(inbox, 2) }]);
        void ledger.note([{ kind: 'sent', intent: 1, messages: [message(2)] }]);
        await ledger.note([{ kind: 'folder', record: record(inbox, 3) }]);
        void ledger.note([{ kind: 'intent', intent: intent(2) }]);
        await ledger.write([{ kind: 'settled', intent: 1 }]);
        expect((await ledger.folders())[0]?.messages).toBe(3);
      }
      await using store = await under.open();
      const reader = await store.peek(anna);
      expect((await reader?.folders())?.[0]?.messages).toBe(3);
      expect(await reader?.intents()).toEqual([intent(2)]);
    });

    test('notes that no write followed are there for the next run, when nothing was cut off', async () => {
      const under = await make();
      {
        await using store = await under.open();
        await using ledger = await store.claim(anna);
        void ledger.note([{ kind: 'folder', record: record(inbox, 1) }]);
      }
      await using store = await under.open();
      expect(await (await store.peek(anna))?.folders()).toEqual([record(inbox, 1)]);
    });

    test('the flags of a folder are kept until others are, or its numbers mean nothing any more', async () => {
      const under = await make();
      const [old, fresh] = [Uint8Array.of(1, 2, 3), new Uint8Array(100_000).fill(7)];
      {
        await using store = await under.open();
        await using ledger = await store.claim(anna);
        await ledger.write([
          { kind: 'flags', folder: inbox, packed: old },
          { kind: 'flags', folder: sent, packed: old },
        ]);
        await ledger.write([{ kind: 'flags', folder: inbox, packed: fresh }]);
        expect(await ledger.flags('Neu' as FolderId)).toBeNull();
        await using other = await store.claim(bela);
        expect(await other.flags(inbox)).toBeNull();
      }
      await using store = await under.open();
      {
        const reader = await store.peek(anna);
        expect(Buffer.from((await reader?.flags(inbox)) ?? [])).toEqual(Buffer.from(fresh));
        expect(Buffer.from((await reader?.flags(sent)) ?? [])).toEqual(Buffer.from(old));
      }
      await using ledger = await store.claim(anna);
      await ledger.write([
        { kind: 'flags', folder: inbox, packed: null },
        { kind: 'map-dropped', folder: sent },
      ]);
      expect([await ledger.flags(inbox), await ledger.flags(sent)]).toEqual([null, null]);
    });

    test('two million messages copied in order are one run', async () => {
      await using store = await (await make()).open();
      await using ledger = await store.claim(anna);
      const writes: Promise<void>[] = [];
      for (let uid = 1; uid < 2_000_000; uid += 20_000) {
        writes.push(ledger.write([{ kind: 'mapped', folder: inbox, runs: [run(uid, uid + 5, 20_000)] }]));
      }
      await Promise.all(writes);
      expect((await ledger.map(inbox)).runs).toEqual([run(1, 6, 2_000_000)]);
    });

    test('whatever is mapped and unmapped in whatever order, the map is that of the domain', async () => {
      await using store = await (await make()).open();
      let pair = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(mapChange, { maxLength: 25 }), async (changes) => {
          await using ledger = await store.claim({
            source: `imaps://${++pair}@old.example`,
            target: 'imaps://x@new.example',
          });
          let expected = UidMap.empty;
          for (const change of changes) {
            if (change.kind === 'mapped') {
              expected = expected.with(change.runs);
              await ledger.write([{ kind: 'mapped', folder: inbox, runs: change.runs }]);
            } else {
              for (const [first, last] of change.uids) expected = expected.without(first, last);
              await ledger.write([{ kind: 'unmapped', folder: inbox, uids: change.uids }]);
            }
          }
          const map = await ledger.map(inbox);
          expect([...map.pairs()]).toEqual([...expected.pairs()]);
          for (const [source] of expected.pairs()) expect(map.isAdopted(source)).toBe(expected.isAdopted(source));
          expect((await ledger.map(sent)).size).toBe(0);
        }),
        { numRuns: 60 },
      );
    });

    test('a dropped map leaves the maps of other folders and mailboxes', async () => {
      await using store = await (await make()).open();
      await using ledger = await store.claim(anna);
      await using other = await store.claim(bela);
      const mapped = { kind: 'mapped', runs: [run(1, 1, 9)] } as const;
      await ledger.write([
        { ...mapped, folder: inbox },
        { ...mapped, folder: sent },
      ]);
      await other.write([{ ...mapped, folder: inbox }]);
      await ledger.write([{ kind: 'map-dropped', folder: inbox }]);
      expect((await ledger.map(inbox)).size).toBe(0);
      expect((await ledger.map(sent)).size).toBe(9);
      expect((await other.map(inbox)).size).toBe(9);
    });

    test('an intent lasts until it is settled, with all that was learnt of its messages', async () => {
      const under = await make();
      {
        await using store = await under.open();
        await using ledger = await store.claim(anna);
        await ledger.write([{ kind: 'intent', intent: { ...intent(4), sent: [message(1)] } }]);
        await ledger.write([{ kind: 'intent', intent: intent(5) }]);
        await ledger.write([
          { kind: 'sent', intent: 4, messages: [message(2), { ...message(3), internalDate: null }] },
        ]);
        await ledger.write([{ kind: 'sent', intent: 4, messages: [{ ...message(2), sizeBytes: 77 }] }]);
        await ledger.write([{ kind: 'sent', intent: 5, messages: [message(2)] }]);
      }
      await using store = await under.open();
      await using ledger = await store.claim(anna);
      const learnt = [message(1), { ...message(2), sizeBytes: 77 }, { ...message(3), internalDate: null }];
      expect(await ledger.intents()).toEqual([
        { ...intent(4), sent: learnt },
        { ...intent(5), sent: [message(2)] },
      ]);
      await ledger.write([{ kind: 'settled', intent: 4 }]);
      expect((await ledger.intents()).map((each) => each.id)).toEqual([5]);
      // Late news of a settled batch must not bring it back, nor colour a batch that bears its number later.
      await ledger.write([{ kind: 'sent', intent: 4, messages: [message(2)] }]);
      await ledger.write([{ kind: 'intent', intent: intent(4) }]);
      expect((await ledger.intents()).map((each) => each.sent.length)).toEqual([0, 1]);
    });

    test('exceptions are one per folder, UID and kind, until they are gone', async () => {
      await using store = await (await make()).open();
      await using ledger = await store.claim(anna);
      const kept = {
        ...exception(9, 'kept'),
        elementRead: null,
        elementServed: null,
        sizeBytes: null,
        messageId: null,
      };
      const newer = { ...exception(9, 'refused'), code: 'too-big' };
      await ledger.write(
        [exception(9, 'refused'), newer, kept].map((each) => ({ kind: 'exception', exception: each })),
      );
      expect(byKind(await ledger.exceptions())).toEqual([kept, newer]);
      await ledger.write([{ kind: 'exception-gone', folder: inbox, uid: 9 as Uid, what: 'refused' }]);
      expect(await ledger.exceptions()).toEqual([kept]);
    });

    test('two copies of one mailbox at once: the second is refused and told who has it', async () => {
      await using store = await (await make()).open();
      {
        await using _first = await store.claim(anna);
        await expect(store.claim(anna)).rejects.toMatchObject({ code: 'ledger.in-use' });
        await expect(store.claim(anna)).rejects.toThrow(`process ${process.pid}`);
        await using _other = await store.claim(bela);
      }
      await using _again = await store.claim(anna);
    });

    test('a ledger that was left takes no more writes', async () => {
      await using store = await (await make()).open();
      const ledger = await store.claim(anna);
      await ledger[Symbol.asyncDispose]();
      await expect(ledger.write([{ kind: 'settled', intent: 1 }])).rejects.toThrow('left');
      await expect(ledger.note([{ kind: 'settled', intent: 1 }])).rejects.toThrow('left');
      // Left unawaited, the refusal is nobody's news: the runner would report it as unhandled.
      void ledger.note([{ kind: 'settled', intent: 1 }]);
    });

    test('each mailbox has a digest key of its own, the same in every run', async () => {
      const under = await make();
      let key: Uint8Array;
      {
        await using store = await under.open();
        await using ledger = await store.claim(anna);
        await using other = await store.claim(bela);
        key = ledger.digestKey;
        expect(key).toHaveLength(32);
        expect(other.digestKey).not.toEqual(key);
      }
      await using store = await under.open();
      expect((await store.peek(anna))?.digestKey).toEqual(key);
    });
  });
}

function message(uid: number): SentMessage {
  return {
    uid: uid as Uid,
    sizeBytes: uid * 2 ** 33,
    internalDate: -uid as Instant,
    element: new Uint8Array(32).fill(uid),
  };
}

function exception(uid: number, kind: Exception['kind']): Exception {
  return {
    folder: inbox,
    sourceUidValidity: 5 as UidValidity,
    uid: uid as Uid,
    kind,
    code: 'header8bit',
    detail: 'octet 17 was 0xE4, is served as X',
    sizeBytes: 2 ** 41,
    messageId: '<ä@old.example>',
    elementRead: new Uint8Array(32).fill(1),
    elementServed: new Uint8Array(32).fill(2),
  };
}

const uid = fc.integer({ min: 1, max: 40 });
const mapChange = fc.oneof(
  fc.record({
    kind: fc.constant('mapped' as const),
    runs: fc.array(
      fc.tuple(uid, uid, fc.integer({ min: 1, max: 6 }), fc.boolean()).map((of) => run(...of)),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({ kind: fc.constant('unmapped' as const), uids: fc.array(uid, { maxLength: 8 }).map(uidSet) }),
);

function byName(records: readonly FolderRecord[]): readonly FolderRecord[] {
  return [...records].sort((a, b) => a.source.localeCompare(b.source));
}

function byKind(exceptions: readonly Exception[]): readonly Exception[] {
  return [...exceptions].sort((a, b) => a.kind.localeCompare(b.kind));
}
