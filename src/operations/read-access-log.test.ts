import { appendFile, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { type FoldedUse, joinedUse } from '#domain/tail-fold.ts';
import { silent } from '#lib/log.ts';
import type { FileKnown, FileStep, TailIntake } from '#ports/tail.ts';
import { bufferSightings } from './buffer-sightings.ts';
import { followAccessLog, type ReadLogOrder, readAccessLog } from './read-access-log.ts';

let folder: string;
let log: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-tail-'));
  log = join(folder, 'mail.log');
});
afterEach(() => rm(folder, { recursive: true }));

/** What a database would keep, in arrays; `failing` is asked before each batch. */
class Kept implements TailIntake {
  readonly uses = new Map<string, FoldedUse>();
  readonly files: FileKnown[] = [];
  readonly lost = new Map<string, number>();
  batches = 0;
  failing: (batch: number) => boolean = () => false;

  async filesBeginning(_: unknown, headOf: (octets: number) => Buffer | null) {
    return this.files.filter((file) => headOf(file.headOctets)?.equals(file.head));
  }

  async newestFile() {
    return this.files.length;
  }

  async keep(uses: readonly FoldedUse[], step: FileStep | null) {
    if (this.failing(++this.batches)) throw fault('database.away', { name: 'a test', text: 'gone' });
    const file = step === null ? null : this.#step(step);
    for (const use of uses) {
      const key = `${use.name} ${use.protocol} ${use.client}`;
      const before = this.uses.get(key);
      this.uses.set(key, before ? joinedUse(before, use) : use);
    }
    const ofMailboxes = uses.reduce((sum, { times }) => sum + times, 0);
    return { ofMailboxes, ofStrangers: 0, passedBy: 0, lost: 0, file };
  }

  async lose(why: string, sightings: number) {
    this.lost.set(why, (this.lost.get(why) ?? 0) + sightings);
  }

  async knowAgain() {
    return 0;
  }

  #step({ id, fromOctets, reached }: FileStep): number {
    const before = id === null ? undefined : this.files[id - 1];
    if ((before?.readOctets ?? 0) !== fromOctets) throw new Error('a batch that does not go on where the last ended');
    const next = id ?? this.files.length + 1;
    // As a database would give it back.
    this.files[next - 1] = {
      ...reached,
      id: next,
      state: JSON.parse(JSON.stringify(reached.state ?? null)) as unknown,
    };
    return next;
  }

  get times(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.uses].map(([key, { times }]) => [key, times]));
  }
}

const order = (intake: TailIntake, path = log): ReadLogOrder => ({
  path,
  format: 'dovecot',
  side: 'source',
  timezone: 'UTC',
  ports: {},
  notFrom: new BlockList(),
  intake,
  now: Date.now,
});
const read = (intake: TailIntake, path = log) => readAccessLog(order(intake, path), new AbortController().signal);
const pop = (name: string, second = 0) =>
  `2026-11-21T10:00:${String(second % 60).padStart(2, '0')}Z mx dovecot: pop3-login: Login: user=<${name}>, method=PLAIN, rip=192.0.2.7, lip=::1, session=<${name}${second}>\n`;
const imap = (name: string, session: string) =>
  `2026-11-21T10:00:01Z mx dovecot: imap-login: Login: user=<${name}>, method=PLAIN, rip=192.0.2.7, lip=::1, session=<${session}>\n`;
const id = (name: string, session: string) =>
  `2026-11-21T10:00:02Z mx dovecot: imap(${name})<1><${session}>: ID sent: name=Thunderbird, version=1\n`;

describe('no line counts twice', () => {
  test('when the same file is read again, as it is or as it has grown', async () => {
    const kept = new Kept();
    await writeFile(log, pop('ann') + pop('bob'));
    expect(await read(kept)).toMatchObject({ lines: 2, earlierOctets: 0 });
    expect(await read(kept)).toMatchObject({ lines: 0, ofMailboxes: 0 });
    await appendFile(log, pop('ann', 1));
    expect(await read(kept)).toMatchObject({ lines: 1, earlierOctets: (pop('ann') + pop('bob')).length });
    expect(kept.times).toEqual({ 'ann pop3 ': 2, 'bob pop3 ': 1 });
  });

  test('when it was renamed, compressed or copied meanwhile', async () => {
    const kept = new Kept();
    const first = Array.from({ length: 40 }, (_, i) => pop(`p${i}`, i)).join('');
    await writeFile(log, first);
    await read(kept);
    await rename(log, `${log}.1`);
    await appendFile(`${log}.1`, pop('late'));
    await writeFile(log, pop('next'));
    await read(kept, `${log}.1`);
    await read(kept);
    await writeFile(`${log}.2.gz`, gzipSync(first + pop('late') + pop('later')));
    expect(await read(kept, `${log}.2.gz`)).toMatchObject({ lines: 1 });
    expect(await read(kept, `${log}.2.gz`)).toMatchObject({ lines: 0 });
    expect(Object.values(kept.times)).toEqual(Array.from({ length: 43 }, () => 1));
  });

  test('and two files that begin alike are two files', async () => {
    const kept = new Kept();
    const head = `#Software: the same for all\n${'#'.repeat(2_000)}\n`;
    await writeFile(log, head + pop('ann'));
    await writeFile(`${log}.other`, head + pop('bob'));
    await read(kept);
    await read(kept, `${log}.other`);
    await read(kept);
    expect(kept.times).toEqual({ 'ann pop3 ': 1, 'bob pop3 ': 1 });
  });

  test('wherever a reading is broken off, and none is left out', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => imap(`p${i % 40}`, `s${i}`) + id(`p${i % 40}`, `s${i}`));
    // Lines of other programs, so that there are several chunks and batches.
    const noise = `2026-11-21T10:00:01Z mx kernel: ${'x'.repeat(4_000)}\n`;
    await writeFile(log, lines.join(noise));
    const whole = new Kept();
    await read(whole);
    for (const last of [0, 1, 2]) {
      const kept = new Kept();
      kept.failing = (batch) => batch > last;
      await read(kept).catch((error: unknown) => expect(error).toMatchObject({ code: 'database.away' }));
      kept.failing = () => false;
      const stopping = new AbortController();
      stopping.abort();
      await readAccessLog(order(kept), stopping.signal);
      await read(kept);
      expect(kept.times).toEqual(whole.times);
    }
    expect(Object.values(whole.times).reduce((a, b) => a + b)).toBe(300);
    expect(Object.keys(whole.times)[0]).toContain('Thunderbird');
  });

  test('a line that is still being written waits for its end', async () => {
    const kept = new Kept();
    const line = pop('ann');
    await writeFile(log, line + line.slice(0, 40));
    await read(kept);
    await appendFile(log, line.slice(40));
    await read(kept);
    expect(kept.times).toEqual({ 'ann pop3 ': 2 });
  });
});

describe('a log that is not as it should be', () => {
  test('is read as far as it can be, its strange lines counted and the first shown, without what may be secret', async () => {
    const kept = new Kept();
    const strange = ['\u001b[2Jgarbage', 'password=hunter2 and more', ...Array.from({ length: 9 }, () => 'x')].join(
      '\n',
    );
    const junk = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]);
    const long = Buffer.from(`${'y'.repeat(3_000_000)}\n`);
    await writeFile(
      log,
      Buffer.concat([Buffer.from(pop('ann')), Buffer.from(`${strange}\n`), junk, long, Buffer.from(pop('bob'))]),
    );
    const found = await read(kept);
    expect(found).toMatchObject({ lines: 15, malformed: 13, telling: 2 });
    expect(found.firstMalformed).toHaveLength(5);
    const told = JSON.stringify(found.firstMalformed);
    expect(told).not.toMatch(/\\u001b|hunter2/);
    expect(found.firstMalformed[0]).toEqual({ line: 2, text: '[2Jgarbage' });
    expect(Object.keys(kept.times)).toEqual(['ann pop3 ', 'bob pop3 ']);
  });

  test('is refused with what is wrong with it', async () => {
    const kept = new Kept();
    await writeFile(log, Buffer.from('28b52ffd00000000', 'hex'));
    await expect(read(kept)).rejects.toMatchObject({ code: 'tail.file.unreadable', message: /zstd.*zstd -d/ });
    await expect(read(kept, join(folder, 'none'))).rejects.toMatchObject({ message: /there is no such file/ });
    await expect(read(kept, folder)).rejects.toMatchObject({ message: /no file|a folder/ });
    await expect(read(kept, '/dev/null')).rejects.toMatchObject({ message: /no file/ });
  });

  test('and of one whose compression breaks off, what could be read counts, once', async () => {
    const kept = new Kept();
    const text = Array.from({ length: 20_000 }, (_, i) => pop(`p${i % 50}`, i)).join('');
    const whole = gzipSync(text);
    await writeFile(log, whole.subarray(0, whole.length - 2_000));
    await expect(read(kept)).rejects.toMatchObject({ code: 'tail.file.unreadable', message: /damaged, or not whole/ });
    await writeFile(log, whole);
    await read(kept);
    expect(Object.values(kept.times).reduce((a, b) => a + b)).toBe(20_000);
  });
});

test('sign-ins from where Godwit itself stands are passed over, and counted', async () => {
  const kept = new Kept();
  await writeFile(log, pop('ann') + pop('bob').replace('192.0.2.7', '::ffff:10.0.0.9'));
  const notFrom = new BlockList();
  notFrom.addSubnet('10.0.0.0', 8, 'ipv4');
  expect(await readAccessLog({ ...order(kept), notFrom }, new AbortController().signal)).toMatchObject({
    notLookedAt: 1,
  });
  expect(Object.keys(kept.times)).toEqual(['ann pop3 ']);
});

test('lines without a year are of the year in which the file was written to', async () => {
  const kept = new Kept();
  await writeFile(log, 'Dec 30 10:00:00 pop3-login: Info: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, lip=::1\n');
  await utimes(log, new Date('2024-01-03T00:00Z'), new Date('2024-01-03T00:00Z'));
  await read(kept);
  expect([...kept.uses.values()][0]?.lastAt).toBe(Date.UTC(2023, 11, 30, 10));
});

test('a log that is followed is followed through rotation and truncation', { timeout: 40_000 }, async () => {
  const kept = new Kept();
  await writeFile(log, pop('one'));
  const stop = new AbortController();
  const following = followAccessLog({ ...order(kept), lookEveryMs: 20 }, stop.signal);
  const until = async (name: string) => {
    while (![...kept.uses.keys()].some((key) => key.startsWith(`${name} `))) await sleep(10);
  };
  await until('one');
  await appendFile(log, pop('two').slice(0, 30));
  await appendFile(log, pop('two').slice(30));
  await rename(log, `${log}.1`);
  await appendFile(`${log}.1`, pop('three'));
  await writeFile(log, pop('four'));
  await until('four');
  await truncate(log);
  await appendFile(log, 'x\n');
  await until('four');
  await sleep(300);
  await appendFile(log, pop('five', 5));
  await until('five');
  stop.abort();
  expect(await following).toMatchObject({ malformed: 1 });
  expect(kept.times).toEqual(
    Object.fromEntries(['one', 'two', 'three', 'four', 'five'].map((name) => [`${name} pop3 `, 1])),
  );
});

describe('what doors see', () => {
  const seen = (name: string) =>
    ({
      at: 0,
      door: 'godwit',
      side: 'source',
      protocol: 'imap',
      name,
      client: null,
      ip: '192.0.2.7',
      host: null,
    }) as const;

  test('is kept together, and with what is left when a door closes', async () => {
    const kept = new Kept();
    {
      await using buffer = bufferSightings({ intake: kept, log: silent, everyMs: 3_600_000 });
      for (let i = 0; i < 1_000; i++) buffer.seen(seen(`p${i % 3}`));
      await buffer.flush();
      expect(kept.batches).toBe(1);
      buffer.seen(seen('p0'));
    }
    expect(kept.times).toEqual({ 'p0 imap ': 335, 'p1 imap ': 333, 'p2 imap ': 333 });
  });

  test('outlasts a database that is away, within bounds, and what had no room is counted', async () => {
    const kept = new Kept();
    kept.failing = () => true;
    await using buffer = bufferSightings({ intake: kept, log: silent, everyMs: 3_600_000, usesMost: 10 });
    for (let i = 0; i < 8; i++) buffer.seen(seen(`p${i}`));
    await buffer.flush();
    for (let i = 0; i < 100; i++) buffer.seen(seen(`q${i}`));
    await buffer.flush();
    expect(buffer.lost).toBe(98);
    kept.failing = () => false;
    await buffer.flush();
    await buffer.flush();
    expect(Object.keys(kept.times)).toHaveLength(10);
    expect(kept.lost.get('doors')).toBe(98);
    expect(buffer.lost).toBe(0);
  });
});
