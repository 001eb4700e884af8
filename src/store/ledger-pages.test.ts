/** Folders packed into rows are read back as they were, and are small. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FolderId, FolderState, Uid, UidValidity } from '#domain/item.ts';
import type { FolderRecord } from '#ports/ledger.ts';
import { type LedgerFolder, packPage, unpackPage } from './ledger-pages.ts';
import { FolderRuns } from './ledger-runs.ts';

const name = fc.oneof(
  fc.constantFrom('INBOX', '', 'a\tb', 'line\nfeed', 'nul\0', '\ud800half', '\u001a0009'),
  fc.string({ unit: 'binary' }),
);
const small = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const state: fc.Arbitrary<FolderState> = fc.record({
  uidValidity: small.map((n) => n as UidValidity),
  uidNext: small.map((n) => n as Uid),
  messages: small,
  highestModSeq: fc.option(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })),
});

/** As engines make them: often under the UIDVALIDITY and with as many messages as the state says. */
const record = fc
  .record({
    source: name,
    other: fc.option(name),
    sourceState: fc.option(state),
    targetState: fc.option(state),
    sourceUidValidity: fc.option(fc.oneof(fc.constant('as in state'), small)),
    targetUidValidity: fc.option(fc.oneof(fc.constant('as in state'), small)),
    digest: fc.oneof(fc.constant(new Uint8Array(32)), fc.uint8Array({ minLength: 32, maxLength: 32 })),
    messages: fc.option(small),
    bytes: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  })
  .map((made): FolderRecord => {
    const validity = (of: typeof made.sourceUidValidity, in_: FolderState | null): UidValidity | null =>
      (of === 'as in state' ? (in_?.uidValidity ?? null) : of) as UidValidity | null;
    return {
      source: made.source as FolderId,
      target: (made.other ?? made.source) as FolderId,
      sourceState: made.sourceState,
      targetState: made.targetState,
      sourceUidValidity: validity(made.sourceUidValidity, made.sourceState),
      targetUidValidity: validity(made.targetUidValidity, made.targetState),
      digest: made.digest,
      messages: made.messages ?? made.sourceState?.messages ?? 0,
      bytes: made.bytes,
    };
  });

function folderOf(number: number, source: FolderId, of: FolderRecord | null, runs: FolderRuns): LedgerFolder {
  return { number, name: source, record: of, runs };
}

describe('a page of folders', () => {
  test('is read back as it was written, whatever the folders are called and however they stand', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(record, fc.boolean(), fc.nat({ max: 9 })), { maxLength: 8 }),
        fc.nat({ max: 99 }),
        (made, page) => {
          const folders = made.map(([of, isBare, runs], i) => {
            const map = new FolderRuns(runs === 9 ? null : new Uint8Array());
            for (let nth = 0; nth < runs && runs < 9; nth++)
              map.put([{ source: (1 + nth * 9) as Uid, target: (500 - nth) as Uid, count: 3, adopted: nth % 2 === 0 }]);
            return folderOf(page * 8 + i, of.source, isBare ? null : of, map);
          });
          const read = unpackPage(packPage(page, folders)) ?? [];
          expect(read.map(({ number, name, record }) => ({ number, name, record }))).toEqual(
            folders.map(({ number, name, record }) => ({ number, name, record })),
          );
          expect(read.map(({ runs }) => runs.inPage)).toEqual(folders.map(({ runs }) => runs.inPage));
        },
      ),
    );
  });

  test('takes some ninety octets for each of them', () => {
    const folders = Array.from({ length: 8 }, (_, i) => {
      const source = `Projects/Number ${i}` as FolderId;
      const state = (n: number, modSeq: bigint): FolderState => ({
        uidValidity: (1_700_000_000 + n) as UidValidity,
        uidNext: 5_120 as Uid,
        messages: 5_000,
        highestModSeq: modSeq,
      });
      const runs = new FolderRuns(new Uint8Array());
      for (const from of [1, 2_000, 4_000])
        runs.put([{ source: from as Uid, target: (from - from / 1_000) as Uid, count: 1_500, adopted: false }]);
      const of: FolderRecord = {
        source,
        target: source,
        sourceState: state(i, 90_000n),
        targetState: state(-i, 6_000n),
        sourceUidValidity: (1_700_000_000 + i) as UidValidity,
        targetUidValidity: (1_700_000_000 - i) as UidValidity,
        digest: new Uint8Array(32).fill(i + 1),
        messages: 5_000,
        bytes: 400_000_000,
      };
      return folderOf(i, source, of, runs);
    });
    const { names, records } = packPage(0, folders);
    expect((names.length + records.length) / folders.length).toBeLessThan(96);
  });

  test('of a newer format is not guessed at', () => {
    expect(unpackPage({ page: 0, names: 'INBOX', records: Uint8Array.of(3, 0, 0) })).toBeNull();
  });
});
