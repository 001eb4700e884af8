/** Files that were sent and wait to be read. */

import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { SentFiles } from '#ports/sent-files.ts';
import { type Database, openDatabase } from './db.ts';
import { openSentFiles, sweepSentFiles } from './sent-files.ts';
import { testDatabase } from './test-database.ts';

const limits = { largest: 3_000_000, together: 4_000_000 };

async function* cut(octets: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

async function sent(files: SentFiles, who: string, octets: Buffer, size = 100_000): Promise<string> {
  await using taken = await files.take(who, cut(octets, size));
  await taken.keep();
  return taken.file;
}

async function read(files: SentFiles, who: string, file: string, from = 0): Promise<Buffer | null> {
  const found = await files.find(who, file);
  if (found === null) return null;
  const parts: Buffer[] = [];
  for await (const part of found.from(from)) parts.push(part);
  return Buffer.concat(parts);
}

async function left(db: Database): Promise<number> {
  const { rows } = await sql<{ parts: number }>`select count(*) as parts from sent_file_part`.execute(db.sql);
  const { rows: files } = await sql`select 1 from sent_file`.execute(db.sql);
  return (rows[0]?.parts ?? 0) + files.length;
}

test('what was sent is read octet by octet as it came, from any place on, however it was cut', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  const octets = randomBytes(600_001);
  for (const size of [999, 262_144, 600_001]) {
    const file = await sent(files, 'ann', octets, size);
    expect(file).toBe(createHash('sha256').update(octets).digest('hex'));
    expect((await files.find('ann', file))?.octets).toBe(octets.length);
    for (const from of [0, 1, 262_143, 262_144, 524_288, 600_000, 600_001, 700_000])
      expect((await read(files, 'ann', file, from))?.equals(octets.subarray(from))).toBe(true);
  }
  // It came three times, and is there once.
  expect(await left(db)).toBe(1 + 3);
});

test('a file without an octet is one too', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  const file = await sent(files, 'ann', Buffer.alloc(0));
  expect(await read(files, 'ann', file)).toEqual(Buffer.alloc(0));
});

test('it is there for whoever sent it and for nobody else, until they have sent the same', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  const file = await sent(files, 'ann', Buffer.from('names'));
  expect(await read(files, 'bob', file)).toBeNull();
  await sent(files, 'bob', Buffer.from('names'));
  await files.forget('ann', file);
  expect(await read(files, 'ann', file)).toBeNull();
  expect(await read(files, 'bob', file)).toEqual(Buffer.from('names'));
});

test('of what breaks off nothing is left, nor of what came whole and was not wanted', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  async function* broken(): AsyncGenerator<Buffer> {
    yield* cut(randomBytes(600_000), 50_000);
    throw new Error('the line is gone');
  }
  await expect(files.take('ann', broken())).rejects.toThrow('the line is gone');
  expect(await left(db)).toBe(0);
  {
    await using taken = await files.take('ann', cut(randomBytes(10), 5));
    expect(await files.find('ann', taken.file)).toBeNull();
  }
  expect(await left(db)).toBe(0);
});

test('one that is too large, and one for which there is no room, are refused without a trace', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  await expect(files.take('ann', cut(randomBytes(3_000_001), 70_000))).rejects.toMatchObject({
    code: 'api.file.too-large',
    message: 'The file is larger than the 3.0 MB that are taken in.',
  });
  await sent(files, 'ann', randomBytes(3_000_000));
  await expect(files.take('bob', cut(randomBytes(1_000_001), 70_000))).rejects.toMatchObject({
    code: 'api.files.full',
  });
  await sent(files, 'bob', randomBytes(1_000_000));
});

test('one who sends much leaves as much room for all others', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, { largest: 1_000_000, together: 4_000_000 });
  for (const _ of [1, 2]) await sent(files, 'ann', randomBytes(1_000_000));
  await expect(files.take('ann', cut(randomBytes(1), 1))).rejects.toMatchObject({ code: 'api.files.full' });
  for (const _ of [1, 2]) await sent(files, 'bob', randomBytes(1_000_000));
  await expect(files.take('cat', cut(randomBytes(1), 1))).rejects.toMatchObject({ code: 'api.files.full' });
});

test('of two of the same that come at one moment one is there, however often each is kept', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  const octets = randomBytes(300_000);
  for (let turn = 0; turn < 5; turn++) {
    const [one, other] = [await files.take('ann', cut(octets, 70_000)), await files.take('ann', cut(octets, 70_000))];
    // As whoever answers does: once when it is obeyed, and once more where it was before.
    await one.keep();
    await other.keep();
    await one.keep();
    await Promise.all([other.keep(), one.keep(), other.keep()]);
    expect(await read(files, 'ann', one.file)).toEqual(octets);
    expect(await left(db)).toBe(1 + 2);
    await files.forget('ann', one.file);
    const both = [await files.take('ann', cut(octets, 70_000)), await files.take('ann', cut(octets, 70_000))];
    await Promise.all(both.map((each) => each.keep()));
    expect(await left(db)).toBe(1 + 2);
    await files.forget('ann', one.file);
  }
});

test('one that is sent again while an order reads it is read to its end', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  const octets = randomBytes(600_000);
  const found = await files.find('ann', await sent(files, 'ann', octets));
  const parts: Buffer[] = [];
  for await (const part of found?.from(0) ?? []) {
    parts.push(part);
    await sent(files, 'ann', octets);
  }
  expect(Buffer.concat(parts)).toEqual(octets);
});

test('a database that is busy is said to be so, while a file comes and while it is read', async () => {
  await using db = await testDatabase();
  await using impatient = await openDatabase({ url: db.url, connectionsMax: 1, applicationName: 'godwit tests' });
  await sql`set lock_timeout = '20ms'`.execute(impatient.sql);
  const files = openSentFiles(impatient, limits);
  const found = await files.find('ann', await sent(files, 'ann', randomBytes(600_000)));
  await db.sql.transaction().execute(async (tx) => {
    await sql`lock table sent_file_part`.execute(tx);
    const busy = { code: 'database.busy' };
    await expect(files.take('ann', cut(randomBytes(10), 5))).rejects.toMatchObject(busy);
    await expect(found?.from(0)[Symbol.asyncIterator]().next()).rejects.toMatchObject(busy);
  });
});

test('a day after it was used last it is forgotten, and what never came to its end is before that', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  const [old, used] = [await sent(files, 'ann', Buffer.from('old')), await sent(files, 'ann', Buffer.from('used'))];
  await files.take('ann', cut(Buffer.from('half'), 2));
  await sql`update sent_file set moved_at = now() - interval '11 minutes'`.execute(db.sql);
  await sweepSentFiles(db);
  expect(await left(db)).toBe(4);
  await sql`update sent_file set moved_at = now() - interval '25 hours'`.execute(db.sql);
  await files.find('ann', used);
  await sweepSentFiles(db);
  expect(await read(files, 'ann', old)).toBeNull();
  expect(await read(files, 'ann', used)).toEqual(Buffer.from('used'));
});

test('one that is forgotten while it is read is not taken for shorter than it is', async () => {
  await using db = await testDatabase();
  const files = openSentFiles(db, limits);
  const file = await sent(files, 'ann', randomBytes(600_000));
  const found = await files.find('ann', file);
  const reading = async (): Promise<void> => {
    for await (const part of found?.from(0) ?? []) if (part.length > 0) await files.forget('ann', file);
  };
  await expect(reading()).rejects.toMatchObject({ code: 'api.file.gone' });
});
