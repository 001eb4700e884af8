import { describe, expect, test } from 'vitest';
import type { FolderId, Instant, Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import { Chance } from '#lib/chance.ts';
import type { MessageSink } from '#ports/mailbox.ts';
import type { MemoryFaults } from './faults.ts';
import { likeCyrus, likeDovecot } from './manners.ts';
import { memorySource, memoryTarget } from './open.ts';
import { MemoryMailbox } from './platform.ts';

const inbox = 'INBOX' as FolderId;
const signal = new AbortController().signal;
const date = 1_600_000_000 as Instant;

function filled(...bodies: string[]): MemoryMailbox {
  const mailbox = new MemoryMailbox();
  const folder = mailbox.folder('INBOX');
  for (const body of bodies) folder?.add({ bytes: Buffer.from(body), flags: ['\\Seen'], internalDate: date });
  return mailbox;
}

/** Keeps chunks without copying, as a careless reader would. */
class Careless implements MessageSink {
  readonly kept: Uint8Array[] = [];
  begin(): void {}
  data(chunk: Uint8Array): void {
    this.kept.push(chunk);
  }
  end(): void {}
  broken(): void {}
  returned(): null {
    return null;
  }
}

describe('memory', () => {
  test('bytes that were lent are rubbish as soon as they have been returned', async () => {
    await using source = await memorySource(filled('x'.repeat(50_000)))(signal);
    const sink = new Careless();
    await source.read(inbox, uidSet([1]), sink);
    expect(sink.kept.reduce((octets, chunk) => octets + chunk.length, 0)).toBe(50_000);
    expect(
      Buffer.concat(sink.kept).includes('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
    ).toBe(false);
  });

  test('a reader that does not return its bytes stops the source after two buffers', async () => {
    await using source = await memorySource(filled('x'.repeat(50_000)), { chance: new Chance(7) })(signal);
    let lent = 0;
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const sink = new Careless();
    sink.data = (chunk) => void (lent += chunk.length);
    Object.assign(sink, { returned: () => held });
    const reading = source.read(inbox, uidSet([1]), sink);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect(lent).toBeLessThanOrEqual(2 * 4_096);
    letGo();
    await reading;
    expect(lent).toBe(50_000);
  });

  test('a batch stored together whose reply is lost is unknown, and it is all there', async () => {
    const mailbox = new MemoryMailbox();
    const faults: MemoryFaults = { after: ({ kind }) => (kind === 'append' ? { kind: 'cut' } : null) };
    await using target = await memoryTarget(mailbox, { faults })(signal);
    const batch = target.append(inbox);
    for (const body of ['one', 'two']) {
      batch.begin({ flags: [], internalDate: date, sizeBytes: 3 });
      batch.data(Buffer.from(body));
      batch.end();
    }
    const next = target.list(inbox, 'all', true);
    expect((await batch.finish()).map((outcome) => outcome.kind)).toEqual(['unknown', 'unknown']);
    await expect(next).rejects.toMatchObject({ code: 'imap.connection.lost' });
    expect(mailbox.folder('INBOX')?.messages.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['one', 'two']);
  });

  test('a batch abandoned inside a message stores nothing where it is stored together', async () => {
    const mailbox = new MemoryMailbox();
    await using target = await memoryTarget(mailbox)(signal);
    const batch = target.append(inbox);
    batch.begin({ flags: [], internalDate: date, sizeBytes: 3 });
    batch.data(Buffer.from('one'));
    batch.end();
    batch.begin({ flags: [], internalDate: date, sizeBytes: 3 });
    batch.data(Buffer.from('t'));
    batch.abandon();
    await expect(target.folders()).rejects.toMatchObject({ code: 'imap.connection.lost' });
    expect(mailbox.folder('INBOX')?.messages).toHaveLength(0);
  });

  test('a batch abandoned inside a message keeps what was stored one by one', async () => {
    const mailbox = new MemoryMailbox();
    await using target = await memoryTarget(mailbox, { traits: { batches: 'one-by-one' } })(signal);
    const batch = target.append(inbox);
    batch.begin({ flags: [], internalDate: date, sizeBytes: 3 });
    batch.data(Buffer.from('one'));
    batch.end();
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    batch.begin({ flags: [], internalDate: date, sizeBytes: 3 });
    batch.abandon();
    expect(mailbox.folder('INBOX')?.messages).toHaveLength(1);
  });

  test('a source cut inside a message says that it is broken, and is of no more use', async () => {
    const faults: MemoryFaults = {
      before: ({ kind }) => (kind === 'read' ? { kind: 'cut-inside', afterBytes: 4 } : null),
    };
    await using source = await memorySource(filled('0123456789'), { faults })(signal);
    const said: string[] = [];
    const sink: MessageSink = {
      begin: () => said.push('begin'),
      data: () => {},
      end: () => said.push('end'),
      broken: () => said.push('broken'),
      returned: () => null,
    };
    await expect(source.read(inbox, uidSet([1]), sink)).rejects.toMatchObject({ code: 'imap.connection.lost' });
    expect(said).toEqual(['begin', 'broken']);
    await expect(source.folders()).rejects.toMatchObject({ code: 'imap.connection.lost' });
  });

  test('what changed is told apart: arrived, changed, gone', async () => {
    const mailbox = filled('a', 'b', 'c');
    await using source = await memorySource(mailbox)(signal);
    const since = (await source.list(inbox, 'all', false)).state;
    const folder = mailbox.folder('INBOX');
    const first = folder?.message(1);
    if (first) folder?.setFlags(first, ['\\Flagged']);
    folder?.expunge([[2 as Uid, 2 as Uid]]);
    folder?.add({ bytes: Buffer.from('d'), flags: [], internalDate: date });
    const delta = await source.changes(inbox, since);
    expect(delta?.changed.uid(0)).toBe(1);
    expect(delta?.changed.length).toBe(1);
    expect(delta?.arrived.uid(0)).toBe(4);
    expect(delta?.vanished).toEqual([[2, 2]]);
  });

  test('after another UIDVALIDITY, or when the past is forgotten, no difference is told', async () => {
    const mailbox = filled('a', 'b');
    await using source = await memorySource(mailbox)(signal);
    const since = (await source.list(inbox, 'all', false)).state;
    mailbox.folder('INBOX')?.expunge([[1 as Uid, 1 as Uid]]);
    mailbox.folder('INBOX')?.forgetExpunged();
    expect(await source.changes(inbox, since)).toBeNull();
    mailbox.folder('INBOX')?.renumber();
    await using again = await memorySource(mailbox)(signal);
    expect(await again.changes(inbox, { ...since, highestModSeq: 99n })).toBeNull();
  });

  test('manners alter and refuse as Dovecot and Cyrus were seen to', () => {
    const message = (text: string) => ({ bytes: Buffer.from(text, 'latin1'), flags: [], internalDate: date });
    const shown = (outcome: ReturnType<typeof likeCyrus>) =>
      'because' in outcome ? outcome.text : Buffer.from(outcome.bytes).toString('latin1');
    expect(shown(likeDovecot(message('A: b\n\nx\0')))).toBe('A: b\r\n\r\nx\u0080');
    expect(shown(likeDovecot(message('')))).toBe("Can't save a zero byte message");
    expect(shown(likeCyrus(message('A: \u00e9\r\n\r\n\u00e9')))).toBe('A: X\r\n\r\n\u00e9');
    expect(shown(likeCyrus(message('A: b\n\nx')))).toBe('Message contains bare newlines');
    expect(shown(likeCyrus(message('A: b\r\n\r\nx\0')))).toBe('Message contains NUL characters');
  });

  test('INBOX is one folder however it is written, also above others', async () => {
    const mailbox = new MemoryMailbox();
    await using target = await memoryTarget(mailbox)(signal);
    const order = { selectable: true, subscribed: true, specialUses: [] };
    const [outcome] = await target.prepare([{ ...order, path: ['Inbox', 'Case'] }]);
    expect(outcome).toMatchObject({
      kind: 'there',
      created: true,
      folder: { id: 'INBOX/Case', path: ['INBOX', 'Case'] },
    });
    expect(mailbox.folders.map(({ name }) => name)).toEqual(['INBOX', 'INBOX/Case']);
  });
});
