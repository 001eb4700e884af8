/** `tail read` on the database of an estate and by the API of a server: the same words, the same ends, the same tail. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { bearerOf, served } from '#api/served.test-kit.ts';
import { type Played, play } from '#cli/made-up-world.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { people } from '#store/estate.test-kit.ts';
import { testDatabase } from '#store/test-database.ts';
import { openDesksThere } from './desks-there.ts';
import { openTail } from './tail.ts';

const config = '/nowhere/godwit.yaml';
const signIn = (name: string, second: number, from = '192.0.2.7') =>
  `2026-11-21T10:00:${String(second % 60).padStart(2, '0')}Z mx dovecot: pop3-login: Login: user=<${name}>, method=PLAIN, rip=${from}, lip=::1, session=<${name}${second}>\n`;
const some = (count: number) => Array.from({ length: count }, (_, i) => signIn(`p${i % 40}@x.example`, i)).join('');

const plain = ({ code, stdout, stderr }: Played) => ({ code, stdout, stderr });

/** An estate of ann and bob here, and another of them that a server answers for. */
async function both() {
  const [db, other] = [await testDatabase(), await testDatabase()];
  for (const each of [db, other]) {
    onTestFinished(() => each[Symbol.asyncDispose]());
    await people(each.sql, ['ann', 'bob']);
  }
  const folder = fs.mkdtempSync(join(tmpdir(), 'godwit-tail-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const api = await served(other);
  const bearer = await bearerOf(other, 'operator');
  const environment = (name: string) => (name === 'DATABASE_URL' ? db.url : undefined);
  const onDatabase = (...words: readonly string[]) =>
    play(words, {
      config,
      readEstate: async () =>
        ({ timezone: 'Europe/London', source: { user: null }, target: { user: null } }) as EstateSettings,
      openTail: (options) => openTail({ ...options, timezone: 'Europe/London' }, environment),
    });
  const byServer = (...words: readonly string[]): Promise<Played> =>
    play([...words, '--server', api.url, '--token', 'env:TOKEN'], {
      environment: { TOKEN: bearer },
      config,
      openDesksThere: async (options) => openDesksThere(options, '1.2.3'),
    });
  const tailOf = async ({ sql: at }: typeof db): Promise<unknown> => [
    (
      await sql`select name, mailbox, protocol, client, times, first_at, last_at from tail_use order by 1, 2, 3, 4`.execute(
        at,
      )
    ).rows,
    (await sql`select read_octets, lines, malformed, path, head, mark from tail_file order by id`.execute(at)).rows,
  ];
  /** Does it on both, sees that it comes to the same, and gives what was told. */
  const same = async (...words: readonly string[]): Promise<Played> => {
    const told = await onDatabase(...words);
    expect(plain(await byServer(...words))).toEqual(plain(told));
    expect(await tailOf(other)).toEqual(await tailOf(db));
    return told;
  };
  return { other, folder, same, byServer };
}

const reading = ['tail', 'read', '--format', 'dovecot'];

test('a log is read by a server as it is on its machine, once, and on from there when it has grown or is packed', async () => {
  const { other, folder, same } = await both();
  const log = join(folder, 'mail.log');
  fs.writeFileSync(log, signIn('ann@x.example', 1) + signIn('bob', 2) + signIn('bob', 3, '10.0.0.9'));
  const first = await same(...reading, '--not-from', '10.0.0.0/8', log);
  expect(first).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 sign-ins to mailboxes of the estate, 1 passed over'),
  });
  expect((await same(...reading, log)).stdout).toContain('nothing new since it was read last');
  fs.appendFileSync(log, `${some(60_000)}no line at all \u001b[2J\nhalf a li`);
  expect((await same(...reading, log)).stdout).toContain('60,001 new lines');
  fs.appendFileSync(log, 'ne\n');
  // Renamed and packed, as logs are overnight; and two at once, in whatever order they were named.
  fs.writeFileSync(`${log}.1.gz`, gzipSync(fs.readFileSync(log)));
  fs.writeFileSync(log, signIn('ann@x.example', 50));
  const packed = await same(...reading, log, `${log}.1.gz`, '-o', 'json');
  expect(JSON.parse(packed.stdout)).toMatchObject({ files: [{ lines: 1 }, { lines: 1 }] });
  // What was read is not kept.
  expect((await sql`select 1 from sent_file`.execute(other.sql)).rows).toEqual([]);
}, 60_000);

test('what cannot be read is told as it is there', async () => {
  const { folder, same, byServer } = await both();
  const write = (name: string, octets: string | Buffer): string => {
    fs.writeFileSync(join(folder, name), octets);
    return join(folder, name);
  };
  const packed = gzipSync(some(20_000));
  const cases = {
    none: join(folder, 'none.log'),
    folder,
    zstd: write('a.zst', Buffer.from('28b52ffd0000', 'hex')),
    damaged: write('a.gz', packed.subarray(0, packed.length - 500)),
    other: write('other.log', 'this is\nnot of dovecot\n'),
    empty: write('empty.log', ''),
  };
  const ends: Record<string, number> = {};
  for (const [what, path] of Object.entries(cases)) ends[what] = (await same(...reading, path)).code;
  expect(ends).toEqual({ none: 2, folder: 2, zstd: 2, damaged: 2, other: 3, empty: 0 });
  const followed = await byServer(...reading, '--follow', cases.other);
  expect([followed.code, followed.stderr]).toEqual([2, expect.stringContaining('--follow reads a log where it grows')]);
}, 60_000);

test('the clocks, ports and networks that are given are those by which it is read', async () => {
  const { folder, same } = await both();
  const log = join(folder, 'nginx.log');
  fs.writeFileSync(log, 'nothing\n');
  await same(
    'tail',
    'read',
    '--format',
    'nginx',
    '--port',
    '1143=imap',
    '--not-from',
    '2001:db8::/32',
    '--timezone',
    'Asia/Tokyo',
    log,
  );
  const postfix = join(folder, 'postfix.log');
  fs.writeFileSync(
    postfix,
    'Nov 21 10:00:01 mx postfix/smtpd[7]: 4XyZ1: client=pc[192.0.2.9], sasl_method=PLAIN, sasl_username=ann@x.example\n',
  );
  // Its lines bear no year: when the file was written to last says which.
  fs.utimesSync(postfix, 1_700_600_000, 1_700_600_000);
  await same('tail', 'read', '--format', 'postfix', '--timezone', 'Asia/Tokyo', '--side', 'target', postfix);
});
