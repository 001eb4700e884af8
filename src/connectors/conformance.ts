/**
 * The suite that every connector passes: what `ports/mailbox.ts` says in words, asked of a real pair of mailboxes. Beside
 * the connector's two ends it needs `Hands`, which reach into the mailboxes by another way, so that a connector cannot
 * testify for itself.
 */

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FolderId, Instant, Uid } from '#domain/item.ts';
import { tidyFlags } from '#domain/listing.ts';
import { uidSet, type UidSet } from '#domain/uid-set.ts';
import {
  type AppendOutcome,
  type Batch,
  headerOctetsMax,
  maxUid,
  type OpenSource,
  type OpenTarget,
  type Source,
  type Target,
} from '#ports/mailbox.ts';
import { awkwardMessages, octets } from './conformance-messages.ts';
import { AppendingSink, CollectingSink, HeldSink } from './conformance-sinks.ts';

/** Two fresh mailboxes with nothing but an empty inbox each. */
export interface Pair extends AsyncDisposable {
  readonly openSource: OpenSource;
  readonly openTarget: OpenTarget;
  readonly source: Hands;
  readonly target: Hands;
}

/** Reaches into one mailbox past the connector that is tried. Paths are decoded names from the root. */
export interface Hands {
  create(path: readonly string[]): Promise<void>;
  add(path: readonly string[], message: HandMessage): Promise<Uid>;
  setFlags(path: readonly string[], uid: Uid, flags: readonly string[]): Promise<void>;
  expunge(path: readonly string[], uids: UidSet): Promise<void>;
  contents(): Promise<readonly FolderContents[]>;
  /** Gives a folder another UIDVALIDITY and its messages other UIDs, where that can be brought about. */
  renumber?(path: readonly string[]): Promise<void>;
}

export interface HandMessage {
  readonly bytes: Uint8Array;
  readonly flags: readonly string[];
  readonly internalDate: Instant;
}

export interface FolderContents {
  readonly path: readonly string[];
  readonly selectable: boolean;
  readonly subscribed: boolean;
  /** Ascending by UID; flags tidy, without `\Recent`. */
  readonly messages: readonly (HandMessage & { readonly uid: Uid })[];
}

const inbox = 'INBOX' as FolderId;
const at = ['INBOX'] as const;
const date = 1_600_000_000 as Instant;
const plain = { selectable: true, subscribed: false, specialUses: [] } as const;
const all: UidSet = [[1 as Uid, maxUid]];

export function conformance(name: string, makePair: () => Promise<Pair>): void {
  describe(`${name} keeps the contract`, () => {
    let pair: Pair;
    let source: Source;
    let target: Target;
    beforeEach(async () => {
      pair = await makePair();
      const signal = new AbortController().signal;
      [source, target] = await Promise.all([pair.openSource(signal), pair.openTarget(signal)]);
    });
    afterEach(async () => {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
      await pair[Symbol.asyncDispose]();
    });

    const put = (bytes: Uint8Array, flags: readonly string[] = [], internalDate = date): Promise<Uid> =>
      pair.source.add(at, { bytes, flags, internalDate });
    const onTarget = async (path: readonly string[] = at) =>
      (await pair.target.contents()).find((folder) => folder.path.join('\n') === path.join('\n'));

    const made = async (path: readonly string[]): Promise<FolderId> => {
      const [outcome] = await target.prepare([{ ...plain, path }]);
      if (outcome?.kind !== 'there') throw new Error(`there is no ${path.join(' > ')}`);
      return outcome.folder.id;
    };

    describe('reading', () => {
      test('every byte of every message is read as it stands', async () => {
        const messages = awkwardMessages();
        for (const { bytes } of messages) await put(bytes);
        const sink = new CollectingSink();
        const outcome = await source.read(inbox, all, sink);
        expect(outcome.refused).toBeNull();
        expect(sink.messages.map(({ uid }) => uid)).toEqual((await contents(pair.source)).map(({ uid }) => uid));
        const read = sink.messages.map(({ bytes }, index) => [messages[index]?.what, sha256(bytes)]);
        expect(read).toEqual(messages.map(({ what, bytes }) => [what, sha256(bytes)]));
      });

      test('flags and dates come with the messages where they are asked for, and only there', async () => {
        await put(octets('Subject: a\r\n\r\na\r\n'), ['\\Seen', '$Work'], (date + 61) as Instant);
        await put(octets(''.padEnd(70_000, 'b')), []);
        const sink = new CollectingSink();
        await source.read(inbox, all, sink, true);
        const tidy = sink.words.map((words) => words && { ...words, flags: tidyFlags(words.flags) });
        expect(tidy).toEqual([
          { flags: ['$Work', '\\Seen'], internalDate: date + 61 },
          { flags: [], internalDate: date },
        ]);
        const without = new CollectingSink();
        await source.read(inbox, all, without);
        expect(without.words).toEqual([null, null]);
        expect(sink.messages).toEqual(without.messages);
      });

      test('messages that are asked for and gone are named as missing', async () => {
        for (const word of ['one', 'two', 'three']) await put(octets(`Subject: ${word}\r\n\r\n${word}\r\n`));
        await pair.source.expunge(at, uidSet([2]));
        const sink = new CollectingSink();
        const outcome = await source.read(inbox, uidSet([1, 2, 3]), sink);
        expect(outcome.missing).toEqual([2]);
        expect(sink.messages.map(({ uid }) => uid)).toEqual([1, 3]);
      });

      test('a listing tells UIDs, flags without \\Recent, dates as instants, and sizes only when asked', async () => {
        const bytes = octets('Subject: a\r\n\r\nb\r\n');
        await put(bytes, ['\\Seen', '\\Flagged', '$Work'], (date + 61) as Instant);
        await put(bytes, []);
        const listing = await source.list(inbox, 'all', true);
        expect(listing.length).toBe(2);
        expect(listing.flags(0)).toEqual(['$Work', '\\Flagged', '\\Seen']);
        expect(listing.flags(1)).toEqual([]);
        expect(listing.internalDate(0)).toBe(date + 61);
        expect(listing.sizeBytes(0)).toBe(bytes.length);
        expect(listing.state.messages).toBe(2);
        expect(listing.state.uidNext).toBe(3);
        expect((await source.list(inbox, 'all', false)).sizeBytes(0)).toBeNull();
      });

      test('a part of a folder can be listed, up to an open end, and an empty folder too', async () => {
        expect((await source.list(inbox, 'all', true)).length).toBe(0);
        expect((await source.list(inbox, [[5 as Uid, maxUid]], true)).length).toBe(0);
        for (let i = 0; i < 5; i++) await put(octets(`Subject: ${i}\r\n\r\n`));
        const uids = async (set: UidSet): Promise<readonly number[]> => {
          const listing = await source.list(inbox, set, false);
          return Array.from({ length: listing.length }, (_, row) => listing.uid(row));
        };
        expect(await uids([[4 as Uid, maxUid]])).toEqual([4, 5]);
        expect(await uids(uidSet([1, 3, 99]))).toEqual([1, 3]);
        // `6:*` names the last message too (RFC 9051 §9, `seq-range`); whoever asks for 6 and later wants none of it.
        expect(await uids([[6 as Uid, maxUid]])).toEqual([]);
      });

      test('header fields are told by name, folded as they stand, without marking anything', async () => {
        await put(octets('Subject: a\r\nMessage-Id:\r\n <folded@x>\r\nDate: then\r\n\r\nMessage-ID: <body@x>\r\n'));
        await put(octets('Subject: none\r\n\r\nx\r\n'));
        await put(octets('Message-ID: <third@x>\r\n\r\nx\r\n'));
        const told: [number, string][] = [];
        await source.headers(inbox, uidSet([1, 2, 9]), ['MESSAGE-ID', 'DATE'], (uid, header) => {
          told.push([uid, header.trim()]);
        });
        expect(told).toEqual([
          [1, 'Message-Id:\r\n <folded@x>\r\nDate: then'],
          [2, ''],
        ]);
        expect((await source.list(inbox, 'all', false)).flags(0)).toEqual([]);
      });

      test('of header fields no more than the first 16 kB are told', async () => {
        const line = ` ${'x'.repeat(70)}\r\n`;
        await put(octets(`Received: a\r\n${line.repeat(1_000)}Date: then\r\n\r\nx\r\n`));
        const told: number[] = [];
        await source.headers(inbox, all, ['RECEIVED', 'DATE'], (_, header) => told.push(header.length));
        expect(told).toEqual([headerOctetsMax]);
      });

      test('calls made at once are answered in the order in which they were made', async () => {
        await pair.source.create(['Second']);
        await put(octets('Subject: a\r\n\r\n'));
        const order: string[] = [];
        const tree = await source.folders();
        const second = tree.folders.find(({ path }) => path[0] === 'Second')?.id ?? inbox;
        await Promise.all([
          source.list(inbox, 'all', true).then(() => order.push('list')),
          source.read(inbox, all, new CollectingSink()).then(() => order.push('read')),
          source.list(second, 'all', true).then(() => order.push('second')),
          source.folders().then(() => order.push('folders')),
        ]);
        expect(order).toEqual(['list', 'read', 'second', 'folders']);
      });

      test('folders come with their parents before them and their state, however they are named', async () => {
        const names = [
          ['Projects'],
          ['Projects', 'Grüße & Küsse'],
          ['Projects', '日本語'],
          ['with "quotes" 100%'],
          [' lead'],
        ];
        // The first answer may be as old as the session.
        await source.folders();
        for (const path of names) await pair.source.create(path);
        await put(octets('Subject: a\r\n\r\n'));
        const { folders } = await source.folders();
        const told = folders.map(({ path }) => path.join(' > '));
        for (const path of names) expect(told).toContain(path.join(' > '));
        for (const [index, { path }] of folders.entries()) {
          if (path.length > 1) expect(told.indexOf(path.slice(0, -1).join(' > '))).toBeLessThan(index);
        }
        const state = folders.find(({ id }) => id === inbox)?.state;
        expect(state).toMatchObject({ messages: 1, uidNext: 2 });
        expect(state?.uidValidity).toBe((await source.list(inbox, 'all', false)).state.uidValidity);
      });

      test('folders are told with what came meanwhile, also into the one that was read last', async () => {
        // The first answer may be as old as the session.
        await source.folders();
        await put(octets('Subject: 1\r\n\r\n'));
        await source.list(inbox, all, false);
        await put(octets('Subject: 2\r\n\r\n'));
        const { folders } = await source.folders();
        expect(folders.find(({ id }) => id === inbox)?.state).toMatchObject({ messages: 2, uidNext: 3 });
      });

      test('a folder that does not exist is a fault of that folder, and the connection lives on', async () => {
        await expect(source.list('Nowhere' as FolderId, 'all', false)).rejects.toMatchObject({
          code: 'folder.gone',
        });
        expect((await source.folders()).folders.length).toBeGreaterThan(0);
      });

      test('reading changes nothing on the source, not even \\Seen', async () => {
        for (const { bytes } of awkwardMessages()) await put(bytes, ['\\Answered', '\\Deleted']);
        const before = await pair.source.contents();
        const { state } = await source.list(inbox, 'all', true);
        await source.read(inbox, all, new CollectingSink());
        await source.changes(inbox, state);
        await source.folders();
        await source[Symbol.asyncDispose]();
        expect(await pair.source.contents()).toEqual(before);
      });

      test('a source has no verbs that write', () => {
        for (const verb of ['prepare', 'append', 'store', 'expunge']) expect(verb in source).toBe(false);
      });
    });

    describe('what changed', () => {
      test('flags, arrivals and departures are told since a state, or null where the platform cannot', async () => {
        for (const word of ['one', 'two', 'three']) await put(octets(`Subject: ${word}\r\n\r\n`));
        const since = (await source.list(inbox, 'all', false)).state;
        await pair.source.setFlags(at, 1 as Uid, ['\\Flagged']);
        await pair.source.expunge(at, uidSet([2]));
        await put(octets('Subject: four\r\n\r\n'), ['\\Draft'], (date + 7) as Instant);
        const delta = await source.changes(inbox, since);
        if (source.traits.changes === 'none') return expect(delta).toBeNull();
        const changed = delta?.changed;
        const rows = Array.from({ length: changed?.length ?? 0 }, (_, row) => [changed?.uid(row), changed?.flags(row)]);
        expect(rows).toContainEqual([1, ['\\Flagged']]);
        expect(delta?.arrived.length).toBe(1);
        expect(delta?.arrived.uid(0)).toBe(4);
        expect(delta?.arrived.internalDate(0)).toBe(date + 7);
        expect(delta?.state.messages).toBe(3);
        if (source.traits.changes === 'flags-and-vanished') expect(delta?.vanished).toContainEqual([2, 2]);
        else expect(delta?.vanished).toBeNull();
      });

      test('when nothing changed, nothing is told', async () => {
        await put(octets('Subject: a\r\n\r\n'));
        const since = (await source.list(inbox, 'all', false)).state;
        const delta = await source.changes(inbox, since);
        if (delta === null) return expect(source.traits.changes).toBe('none');
        expect([delta.changed.length, delta.arrived.length]).toEqual([0, 0]);
        expect(delta.vanished ?? []).toEqual([]);
        expect(delta.state).toEqual(since);
      });

      test('after another UIDVALIDITY no difference is told', async () => {
        await put(octets('Subject: a\r\n\r\n'));
        const { state } = await source.list(inbox, 'all', false);
        const other = { ...state, uidValidity: (state.uidValidity + 1) as typeof state.uidValidity };
        expect(await source.changes(inbox, other)).toBeNull();
      });
    });

    test('a folder that is renumbered under a session ends the session, so that no UID is taken for another', async () => {
      await put(octets('Subject: a\r\n\r\n'));
      await source.list(inbox, 'all', false);
      if (!pair.source.renumber) return;
      await pair.source.renumber(at);
      await expect(source.read(inbox, all, new CollectingSink())).rejects.toMatchObject({ name: 'Fault' });
      const signal = new AbortController().signal;
      await using again = await pair.openSource(signal);
      expect((await again.list(inbox, 'all', false)).length).toBe(1);
    });

    test('so does one that is renumbered after the folders were told, before it is opened', async () => {
      await put(octets('Subject: a\r\n\r\n'));
      await source.folders();
      if (!pair.source.renumber) return;
      await pair.source.renumber(at);
      await expect(source.list(inbox, 'all', false)).rejects.toMatchObject({ name: 'Fault' });
    });

    describe('writing', () => {
      test('a batch arrives whole and in order, with its flags and dates, and its UIDs where they are told', async () => {
        const messages = awkwardMessages();
        const batch = target.append(inbox);
        for (const [index, { bytes }] of messages.entries()) {
          await write(batch, bytes, index % 2 ? ['\\Seen', '$Work'] : [], (date + index) as Instant);
        }
        const outcomes = await batch.finish();
        expect(outcomes.map(({ kind }) => kind)).toEqual(messages.map(() => 'stored'));
        const stored = (await onTarget())?.messages ?? [];
        expect(stored).toHaveLength(messages.length);
        const kept = stored.map(({ bytes, flags, internalDate }) => [sha256(bytes), flags, internalDate]);
        expect(kept).toEqual(
          messages.map(({ bytes }, index) => [sha256(bytes), index % 2 ? ['$Work', '\\Seen'] : [], date + index]),
        );
        if (target.traits.tellsUids) expect(outcomes.map(uidOf)).toEqual(stored.map(({ uid }) => uid));
      });

      test('a batch with nothing in it does nothing', async () => {
        expect(await target.append(inbox).finish()).toEqual([]);
        target.append(inbox).abandon();
        expect((await onTarget())?.messages).toEqual([]);
        expect((await target.folders()).folders.length).toBeGreaterThan(0);
      });

      test('batches follow one another without waiting for the answer', async () => {
        const finishing: Promise<readonly AppendOutcome[]>[] = [];
        for (let round = 0; round < 3; round++) {
          const batch = target.append(inbox);
          for (let i = 0; i < 3; i++) await write(batch, octets(`Subject: ${round}.${i}\r\n\r\n`));
          finishing.push(batch.finish());
        }
        expect((await Promise.all(finishing)).flat().map(({ kind }) => kind)).toEqual(Array(9).fill('stored'));
        expect((await onTarget())?.messages).toHaveLength(9);
      });

      test('a folder that is not there refuses in words that say so, and the connection lives on', async () => {
        const batch = target.append('Nowhere' as FolderId);
        await write(batch, octets('Subject: a\r\n\r\n'));
        await write(batch, octets('Subject: b\r\n\r\n'));
        expect(await batch.finish()).toMatchObject([
          { kind: 'refused', because: 'folder' },
          { kind: 'refused', because: 'folder' },
        ]);
        expect((await target.list(inbox, 'all', true)).length).toBe(0);
      });

      test('a message that is abandoned in its middle never arrives', async () => {
        const batch = target.append(inbox);
        batch.begin({ flags: [], internalDate: date, sizeBytes: 20 });
        batch.data(octets('Subject: half'));
        batch.abandon();
        await target[Symbol.asyncDispose]();
        expect((await onTarget())?.messages).toEqual([]);
      });

      test('flags are added and removed by UID, and others are left alone', async () => {
        const batch = target.append(inbox);
        for (let i = 0; i < 3; i++) await write(batch, octets(`Subject: ${i}\r\n\r\n`), ['\\Seen', '$Work']);
        await batch.finish();
        const refusals = await target.store(inbox, [
          { uids: uidSet([1]), add: ['\\Flagged'], remove: ['\\Seen'] },
          { uids: uidSet([2]), add: ['$Home'], remove: ['$Work'] },
        ]);
        expect(refusals).toEqual([]);
        expect((await onTarget())?.messages.map(({ flags }) => flags)).toEqual([
          ['$Work', '\\Flagged'],
          ['$Home', '\\Seen'],
          ['$Work', '\\Seen'],
        ]);
      });

      test('only the messages that are named are expunged, whatever else is marked \\Deleted', async () => {
        const batch = target.append(inbox);
        for (let i = 0; i < 3; i++) await write(batch, octets(`Subject: ${i}\r\n\r\n`), ['\\Deleted']);
        await batch.finish();
        const expunging = target.expunge(inbox, uidSet([2]));
        if (!target.traits.tellsUids) {
          return expect(expunging).rejects.toMatchObject({ code: 'target.expunge.unavailable' });
        }
        await expunging;
        expect((await onTarget())?.messages.map(({ uid }) => uid)).toEqual([1, 3]);
      });

      test('only the messages that are named are moved, and as they are: bytes, flags and dates', async () => {
        const aside = await made(['Aside']);
        const batch = target.append(inbox);
        for (const n of [1, 2, 3, 4])
          await write(batch, octets(`Subject: ${n}\r\n\r\n${n}\r\n`), ['\\Flagged', '$Work'], (date + n) as Instant);
        await batch.finish();
        const before = (await onTarget())?.messages ?? [];
        const refusal = await target.move(inbox, uidSet([2, 4, 77]), aside);
        if (target.traits.moves === 'never') {
          expect(refusal).not.toBeNull();
          return expect((await onTarget())?.messages).toEqual(before);
        }
        expect(refusal).toBeNull();
        const bare = ({ bytes, flags, internalDate }: HandMessage): object => ({ bytes, flags, internalDate });
        expect((await onTarget())?.messages.map(({ uid }) => uid)).toEqual([1, 3]);
        const moved = before.filter(({ uid }) => uid % 2 === 0).map(bare);
        expect((await onTarget(['Aside']))?.messages.map(bare)).toEqual(moved);
      });

      test('what is marked \\Deleted beside a message that is moved stays where it is', async () => {
        const aside = await made(['Aside']);
        const batch = target.append(inbox);
        for (let i = 0; i < 3; i++) await write(batch, octets(`Subject: ${i}\r\n\r\n`), ['\\Deleted']);
        await batch.finish();
        await target.move(inbox, uidSet([2]), aside);
        const left = target.traits.moves === 'never' ? [1, 2, 3] : [1, 3];
        expect((await onTarget())?.messages.map(({ uid }) => uid)).toEqual(left);
      });

      test('a folder is renamed with what is in it, and not onto another', async () => {
        const [first] = await target.prepare([{ ...plain, path: ['Grüße'], subscribed: true }]);
        await made(['Taken']);
        const id = first?.kind === 'there' ? first.folder.id : inbox;
        const batch = target.append(id);
        await write(batch, octets('Subject: here\r\n\r\n'));
        await batch.finish();
        expect(await target.rename(id, ['Taken'])).not.toBeNull();
        expect(await target.rename(id, ['Shelf', 'Küsse'])).toBeNull();
        expect(await onTarget(['Shelf', 'Küsse'])).toMatchObject({ messages: [{ uid: 1 }], subscribed: false });
        expect(await onTarget(['Grüße'])).toBeUndefined();
      });

      test('nothing is moved into a folder that is not there', async () => {
        const batch = target.append(inbox);
        await write(batch, octets('Subject: here\r\n\r\n'));
        await batch.finish();
        expect(await target.move(inbox, uidSet([1]), 'Nowhere' as FolderId)).not.toBeNull();
        expect((await onTarget())?.messages).toHaveLength(1);
      });

      test('folders are created with their subscriptions, once, and the order is safe to repeat', async () => {
        const orders = [
          { ...plain, path: ['Work'], subscribed: true },
          { ...plain, path: ['Work', 'Grüße & Küsse'] },
          { ...plain, path: ['日本語'], subscribed: true },
        ];
        const first = await target.prepare(orders);
        expect(first).toMatchObject([{ created: true }, { created: true }, { created: true }]);
        const again = await target.prepare(orders);
        expect(again).toMatchObject([
          { kind: 'there', created: false },
          { kind: 'there', created: false },
          { kind: 'there', created: false },
        ]);
        for (const order of orders) expect(await onTarget(order.path)).toMatchObject({ selectable: true });
        expect((await onTarget(['Work']))?.subscribed).toBe(true);
        const paths = again.map((outcome) => (outcome.kind === 'there' ? outcome.folder.path : null));
        expect(paths).toEqual(orders.map(({ path }) => path));
        for (const outcome of again) expect(outcome).toMatchObject({ folder: { state: { messages: 0 } } });
      });

      test('a folder that cannot be is refused in words, and the others are created all the same', async () => {
        const outcomes = await target.prepare([
          { ...plain, path: ['Before'] },
          { ...plain, path: ['tab\there'] },
          { ...plain, path: ['After'] },
        ]);
        expect(outcomes).toMatchObject([{ kind: 'there' }, { kind: 'refused' }, { kind: 'there' }]);
        expect(await onTarget(['After'])).toBeDefined();
      });

      test('a parent that only holds folders does not stand in the way', async () => {
        const outcomes = await target.prepare([
          { ...plain, path: ['Shelf'], selectable: false },
          { ...plain, path: ['Shelf', 'Box'] },
        ]);
        expect(outcomes[1]).toMatchObject({ kind: 'there', folder: { path: ['Shelf', 'Box'], selectable: true } });
      });
    });

    describe('lent bytes', () => {
      const large = Buffer.alloc(8 << 20, 'All work and no play makes a long message.\r\n');

      test('while bytes are not returned no more than a few buffers are read, and none is written over', async () => {
        await put(large);
        const sink = new HeldSink();
        const reading = source.read(inbox, all, sink);
        await sink.quiet();
        expect(sink.octets).toBeGreaterThan(0);
        expect(sink.octets).toBeLessThanOrEqual(4 << 20);
        sink.letGo();
        await reading;
        expect(sink.sha256()).toBe(sha256(large));
      });

      test('messages flow from source to target through both ends at once, unaltered', async () => {
        const messages = [...awkwardMessages(), { what: 'a long one', bytes: large }];
        for (const { bytes } of messages) await put(bytes);
        const batch = target.append(inbox);
        await source.read(inbox, all, new AppendingSink(batch, date));
        expect((await batch.finish()).map(({ kind }) => kind)).toEqual(messages.map(() => 'stored'));
        const stored = (await onTarget())?.messages.map(({ bytes }) => sha256(bytes));
        expect(stored).toEqual(messages.map(({ bytes }) => sha256(bytes)));
      });

      test('a message whose connection is lost in its middle is broken, never ended', async () => {
        await put(large);
        const sink = new HeldSink();
        const reading = source.read(inbox, all, sink);
        reading.catch(() => {});
        await sink.quiet();
        await source[Symbol.asyncDispose]();
        sink.letGo();
        await expect(reading).rejects.toMatchObject({ name: 'Fault' });
        expect([sink.ended, sink.brokenOff]).toEqual([0, 1]);
      });
    });

    test('what is asked after the end of a session is answered with a fault', async () => {
      await source[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
      await expect(source.folders()).rejects.toMatchObject({ name: 'Fault' });
    });
  });
}

async function write(
  batch: Batch,
  bytes: Uint8Array,
  flags: readonly string[] = [],
  internalDate = date,
): Promise<void> {
  batch.begin({ flags, internalDate, sizeBytes: bytes.length });
  // In two parts, the second written over once it has been returned.
  const half = Uint8Array.from(bytes.subarray(0, bytes.length >> 1));
  batch.data(half);
  await batch.returned();
  half.fill(0xaa);
  batch.data(bytes.subarray(bytes.length >> 1));
  batch.end();
  await batch.returned();
}

async function contents(hands: Hands): Promise<FolderContents['messages']> {
  return (await hands.contents()).find(({ path }) => path.length === 1 && path[0] === 'INBOX')?.messages ?? [];
}

function uidOf(outcome: AppendOutcome): Uid | null {
  return outcome.kind === 'stored' ? outcome.uid : null;
}

function sha256(bytes: Uint8Array | undefined): string {
  return createHash('sha256')
    .update(bytes ?? octets('nothing'))
    .digest('hex');
}
