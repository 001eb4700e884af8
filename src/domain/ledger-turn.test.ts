import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DigestSum } from './digest.ts';
import type { FolderId, FolderState, Uid, UidValidity } from './item.ts';
import { type TurnableException, type TurnableFolder, turned } from './ledger-turn.ts';
import { UidMap, type UidRun } from './uid-map.ts';

function run(source: number, target: number, count: number, adopted = false): UidRun {
  return { source: source as Uid, target: target as Uid, count, adopted };
}

function folder(source: string, target: string, runs: readonly UidRun[]): TurnableFolder {
  const state = (n: number): FolderState => ({
    uidValidity: n as UidValidity,
    uidNext: 900 as Uid,
    messages: n,
    highestModSeq: BigInt(n),
  });
  return {
    record: {
      source: source as FolderId,
      target: target as FolderId,
      sourceState: state(1),
      targetState: state(2),
      sourceUidValidity: 1 as UidValidity,
      targetUidValidity: 2 as UidValidity,
      digest: new Uint8Array(32).fill(9),
      messages: 5,
      bytes: 50,
    },
    map: new UidMap(runs),
    exceptions: [],
  };
}

function exception(uid: number, kind: TurnableException['kind']): TurnableException {
  return {
    folder: 'INBOX' as FolderId,
    sourceUidValidity: 1 as UidValidity,
    uid: uid as Uid,
    kind,
    code: 'header8bit',
    detail: 'octet 17',
    sizeBytes: 7,
    messageId: '<a@b>',
    elementRead: new Uint8Array(32).fill(1),
    elementServed: new Uint8Array(32).fill(2),
  };
}

const uid = fc.integer({ min: 1, max: 2 ** 32 - 1 });
/** Pairs in which no two share a UID on either side, some of them in runs, some adopted. */
const anyMap = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 3 }),
      place: fc.nat({ max: 1_000 }),
      count: fc.integer({ min: 1, max: 9 }),
      adopted: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((parts) => {
    // Where each part lies on the target is a permutation of them, so that they come in any order and never overlap.
    const order = parts.map((_, i) => i).toSorted((a, b) => (parts[a]?.place ?? 0) - (parts[b]?.place ?? 0));
    const targets = new Map(order.map((i, nth) => [i, 1 + nth * 10] as const));
    let source = 1;
    const runs = parts.map(({ gap, count, adopted }, i) => {
      source += gap;
      const made = run(source, targets.get(i) as number, count, adopted);
      source += count;
      return made;
    });
    return UidMap.empty.with(runs);
  });
const anyState = fc.option(
  fc.record({
    uidValidity: uid.map((n) => n as UidValidity),
    uidNext: uid.map((n) => n as Uid),
    messages: fc.nat(),
    highestModSeq: fc.option(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })),
  }),
);
const anyFolders = fc
  .uniqueArray(
    fc.record({
      source: fc.string().map((name) => name as FolderId),
      target: fc.string().map((name) => name as FolderId),
      sourceState: anyState,
      targetState: anyState,
      sourceUidValidity: fc.option(uid.map((n) => n as UidValidity)),
      targetUidValidity: fc.option(uid.map((n) => n as UidValidity)),
      digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      messages: fc.nat(),
      bytes: fc.nat(),
      map: anyMap,
    }),
    { selector: ({ source }) => source, maxLength: 8 },
  )
  .map((made) => made.map(({ map, ...record }): TurnableFolder => ({ record, map, exceptions: [] })));

function withoutStates({ record, ...rest }: TurnableFolder): object {
  return { ...rest, record: { ...record, sourceState: null, targetState: null } };
}

function bySource(folders: readonly TurnableFolder[]): ReadonlyMap<FolderId, TurnableFolder> {
  return new Map(folders.map((each) => [each.record.source, each]));
}

describe('a ledger that is turned there and back', () => {
  test('is the ledger that it was, with what people had put there still theirs', () => {
    fc.assert(
      fc.property(anyFolders, (there) => {
        const back = turned(there);
        const again = turned(back.folders, bySource(there));
        const withWay = there.filter(({ record }) => !back.withoutWayBack.includes(record.source));
        expect(again.folders.map(withoutStates)).toEqual(withWay.map(withoutStates));
        expect(again.withoutWayBack).toEqual([]);
        // Each way back leads out of a folder of its own.
        expect(new Set(back.folders.map(({ record }) => record.source)).size).toBe(back.folders.length);
      }),
    );
  });

  test('leads each message to where it came from', () => {
    fc.assert(
      fc.property(anyMap, (map) => {
        const [back] = turned([{ ...folder('INBOX', 'INBOX', []), map }]).folders;
        expect(
          [...(back?.map.pairs() ?? [])].map(([a, b]) => [b, a]).toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
        ).toEqual([...map.pairs()]);
        expect(back?.map.runs.some(({ adopted }) => adopted)).toBe(false);
      }),
    );
  });
});

describe('folders that share a target', () => {
  test('are named, all but the first: nothing is carried back to them', () => {
    const made = [folder('A', 'X', [run(1, 1, 5)]), folder('B', 'X', [run(1, 6, 5)]), folder('C', 'Y', [])];
    const { folders, withoutWayBack } = turned(made);
    expect(withoutWayBack).toEqual(['B']);
    expect(folders.map(({ record }) => [record.source, record.target])).toEqual([
      ['X', 'A'],
      ['Y', 'C'],
    ]);
    expect(folders[0]?.map.runs).toEqual([run(1, 1, 5)]);
  });

  test('and messages that share a copy: the first of them has it', () => {
    const { folders } = turned([folder('A', 'X', [run(1, 1, 5), run(10, 3, 4), run(20, 7, 1)])]);
    expect(folders[0]?.map.runs).toEqual([run(1, 1, 5), run(6, 13, 1), run(7, 20, 1)]);
  });
});

test('mail of a merged folder is named, and is not taken for mail of the other', () => {
  const made = [folder('A', 'X', [run(1, 1, 2)]), folder('B', 'X', [run(1, 3, 2), run(7, 2, 1)])];
  const [back] = turned(made).folders;
  expect(back?.exceptions.map(({ uid, kind, code }) => [uid, kind, code])).toEqual([
    [3, 'refused', 'merged'],
    [4, 'refused', 'merged'],
  ]);
  expect(back?.exceptions[0]?.detail).toContain('"B"');
});

describe('how far the new source has been read', () => {
  const holding = (messages: number, runs: readonly UidRun[]): TurnableFolder => {
    const made = folder('INBOX', 'Inbox', runs);
    return {
      ...made,
      record: { ...made.record, targetState: { ...(made.record.targetState as FolderState), messages } },
    };
  };
  const cursorOf = (made: TurnableFolder): FolderState | null | undefined =>
    turned([made]).folders[0]?.record.sourceState;

  test('is known where it holds nothing but what was carried there', () => {
    const made = holding(5, [run(1, 11, 5)]);
    expect(cursorOf(made)).toEqual(made.record.targetState);
    expect(cursorOf({ ...holding(4, [run(1, 11, 5)]), exceptions: [exception(2, 'removed')] })).not.toBeNull();
  });

  test('is not where it holds mail besides, which nobody has carried yet', () => {
    expect(cursorOf(holding(6, [run(1, 11, 5)]))).toBeNull();
    expect(cursorOf({ ...holding(5, [run(1, 11, 5)]), exceptions: [exception(2, 'kept')] })).toBeNull();
  });
});

describe('the marks of what people had put there', () => {
  test('hold for the pair that they were given to, and for no other', () => {
    const earlier = folder('INBOX', 'INBOX', [run(1, 1, 5, true), run(6, 6, 5), run(20, 20, 5, true)]);
    const back = folder('INBOX', 'INBOX', [run(1, 1, 3), run(20, 40, 5), run(50, 5, 1)]);
    const asBack = { ...back, record: { ...turned([earlier]).folders[0]?.record, digest: back.record.digest } };
    const again = turned([asBack as TurnableFolder], bySource([earlier]));
    expect(again.folders[0]?.map.runs).toEqual([run(1, 1, 3, true), run(5, 50, 1), run(40, 20, 5)]);
  });

  test('hold under the numbers under which they were given', () => {
    const earlier = folder('INBOX', 'INBOX', [run(1, 1, 5, true)]);
    const [back] = turned([earlier]).folders as [TurnableFolder];
    const renumbered = { ...back, record: { ...back.record, sourceUidValidity: 77 as UidValidity } };
    expect(turned([renumbered], bySource([earlier])).folders[0]?.map.runs).toEqual([run(1, 1, 5)]);
  });
});

describe('what a person should know of', () => {
  test('is the same thing, seen from the other side', () => {
    const kinds = ['refused', 'different', 'kept', 'removed'] as const;
    const exceptions = kinds.map((kind, i) => exception(i + 1, kind));
    const [back] = turned([{ ...folder('INBOX', 'Inbox', [run(1, 11, 4)]), exceptions }]).folders;
    expect(
      back?.exceptions.map(({ folder, uid, kind, sourceUidValidity }) => [folder, uid, kind, sourceUidValidity]),
    ).toEqual([
      ['Inbox', 12, 'different', 2],
      ['Inbox', 14, 'kept', 2],
    ]);
    expect(back?.exceptions[0]).toMatchObject({ code: 'header8bit', elementRead: new Uint8Array(32).fill(2) });
  });

  test('is not that a message left: where it stayed it is mail like all other, to be carried from there', () => {
    const { record, ...rest } = folder('INBOX', 'Inbox', [run(1, 11, 4)]);
    const [back] = turned([{ ...rest, record, exceptions: [exception(3, 'kept')] }]).folders;
    expect(back?.map.runs).toEqual([run(11, 1, 2), run(14, 4, 1)]);
    expect(back?.exceptions).toEqual([]);
    const digest = new DigestSum(record.digest).subtract(new Uint8Array(32).fill(1)).octets();
    expect(back?.record).toMatchObject({ messages: 4, bytes: 43, digest });
  });

  test.each([
    ['flags,keywords', 'lacks \\Seen | has besides $a $b', 'has besides \\Seen | lacks $a $b'],
    ['keywords', 'lacks $a, has besides $b', 'lacks $b, has besides $a'],
    ['date', 'no valid date on the source, 1970 on the target', '1970 on the source, no valid date on the target'],
    ['content,flags', 'octet 17 | lacks \\Flagged', 'octet 17 | has besides \\Flagged'],
  ])('says who lacks what, as it is from there (%s)', (code, detail, turnedDetail) => {
    const known = { ...exception(1, 'different'), code, detail };
    const [back] = turned([{ ...folder('INBOX', 'Inbox', [run(1, 1, 1)]), exceptions: [known] }]).folders;
    expect(back?.exceptions[0]).toMatchObject({ code, detail: turnedDetail });
  });

  test('of messages that no copy is known of is left where it is', () => {
    const [back] = turned([{ ...folder('INBOX', 'Inbox', []), exceptions: [exception(1, 'removed')] }]).folders;
    expect(back?.exceptions).toEqual([]);
  });

  test('the digest is that of the messages as the other side serves them', () => {
    const [back] = turned([
      { ...folder('INBOX', 'Inbox', [run(1, 1, 1)]), exceptions: [exception(1, 'different')] },
    ]).folders;
    const served = new DigestSum(new Uint8Array(32).fill(9))
      .subtract(new Uint8Array(32).fill(1))
      .add(new Uint8Array(32).fill(2));
    expect(back?.record.digest).toEqual(served.octets());
  });
});
