import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labAvailable } from '../../labs/namespace.ts';
import { packagesFolder } from '../../labs/packages.ts';
import { skipAloud } from '../../labs/skip-aloud.ts';
import { demoArrivals, demoPeople } from './demo-mail.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('one person in the seconds of a switch', dovecot);

const now = Date.UTC(2024, 5, 1);

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the mail of the demo', () => {
  const people = demoPeople(now);
  const messages = people.flatMap(({ folders }) => folders.flatMap((folder) => folder.messages));

  test('is the same every time, and nobody has the same message twice', () => {
    // By digests: octet by octet `toEqual` takes half a minute of a core for these 80 MB.
    const digested = (made: typeof people) =>
      made.map(({ folders, ...who }) => ({
        ...who,
        folders: folders.map((folder) => ({
          path: folder.path,
          messages: folder.messages.map((message) => ({ ...message, bytes: digest(message.bytes) })),
        })),
      }));
    expect(digested(demoPeople(now))).toEqual(digested(people));
    expect(new Set(messages.map(({ bytes }) => digest(bytes))).size).toBe(messages.length);
    expect(messages.length).toBeGreaterThan(1_000);
  });

  test('is well-formed: CRLF, no long lines, no NUL, ASCII headers, dates in the past, some attachments', () => {
    let attachments = 0;
    for (const { bytes, receivedMs } of messages) {
      const text = bytes.toString('latin1');
      expect(text).not.toMatch(/[^\r]\n|\r[^\n]|\0/);
      expect(text.split('\r\n').every((line) => line.length <= 998)).toBe(true);
      expect(text.slice(0, text.indexOf('\r\n\r\n'))).toMatch(/^[\x09\x0d\x0a\x20-\x7e]*$/);
      expect(receivedMs).toBeLessThan(now);
      if (text.includes('Content-Disposition: attachment')) attachments++;
    }
    expect(attachments).toBeGreaterThan(50);
  });

  test('what arrives meanwhile is unread', () => {
    expect(demoArrivals(now, 3).map(({ flags }) => flags)).toEqual([[], [], []]);
  });
});

describe('godwit demo', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'godwit-demo-test-'));
    await chmod(folder, 0o755);
    // A machine on which Dovecot cannot be had.
    await mkdir(join(folder, 'bin'));
    const tools = ['sh', 'id', 'true', 'unshare', 'setpriv', 'flock', 'rm', 'mv', 'ln'];
    for (const tool of tools) await symlink(`/bin/${tool}`, join(folder, 'bin', tool));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  async function play(
    name: string,
    onOutput: (text: string, kill: () => void) => void = () => {},
    acts: readonly string[] = [],
    more: Readonly<Record<string, string>> = {},
  ) {
    const scratch = join(folder, name);
    await mkdir(scratch);
    await chmod(scratch, 0o755);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'demo', ...acts], {
      env: {
        HOME: folder,
        PATH: join(folder, 'bin'),
        TMPDIR: scratch,
        GODWIT_LAB_SCRATCH: scratch,
        GODWIT_LAB_PACKAGES: join(folder, 'none'),
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    const take = (text: string): void => {
      out += text;
      onOutput(out, () => child.kill('SIGINT'));
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const code = await new Promise((resolve) => child.once('close', resolve));
    return { code, out, left: await readdir(scratch) };
  }

  // Side by side: they mostly wait, for a window that opens or for mail that somebody sends. Each may take as long as all.
  test.concurrent('where Dovecot cannot be had, says so and plays with stand-ins; everything arrives and everything is removed', async () => {
    const { code, out, left } = await play('whole');
    expect([code, left]).toEqual([0, []]);
    expect(out).toContain('Two stand-ins of ours take its place');
    const sums = [...out.matchAll(/^4 mailboxes +([\d,]+) +([\d,]+) +(\d+) +0 /gm)].map(([, ...numbers]) => numbers);
    expect(sums).toEqual([
      ['1,216', '0', '0'],
      ['3', '1,216', '3'],
      ['0', '1,219', '0'],
    ]);
    expect(out.match(/ the same$/gm)).toHaveLength(4);
    // The estate: both waves settle to the last mailbox, and one comes home.
    expect(out.match(/^ {2}settled +█{40} \d+$/gm)?.map((line) => line.split(' ').at(-1))).toEqual([
      '20',
      '180',
      '179',
    ]);
    expect(out).toMatch(/^ {2}held +█·+ 1$/m);
    expect(out).toContain('all their mail is gone');
    expect(out).toMatch(/^The third act, .* is left out: it needs two Dovecots and a proxy/m);
  }, 900_000);

  test.concurrent('an act that is not known is refused, and one that cannot be played where it alone was asked for ends with 4', async () => {
    const unknown = await play('unknown', undefined, ['swich']);
    expect([unknown.code, unknown.left]).toEqual([2, []]);
    expect(unknown.out).toContain('There is no act swich; there are copy, town, switch');
    const alone = await play('alone', undefined, ['switch']);
    expect([alone.code, alone.left]).toEqual([4, []]);
    expect(alone.out).toContain('The third act');
  }, 600_000);

  test.concurrent.each(['$ godwit copy', '$ godwit wave watch town'])(
    'Ctrl-C at %s leaves nothing behind',
    async (where) => {
      let sent = false;
      const { code, left, out } = await play(`stopped at ${where.length}`, (text, kill) => {
        if (!sent && text.includes(where)) kill();
        sent ||= text.includes(where);
      });
      expect([code, left]).toEqual([5, []]);
      expect(out).toContain('Stopped;');
      expect(out).not.toContain('Your turn');
    },
    600_000,
  );

  // With the machine's own packages: what it has to show cannot be shown between stand-ins.
  const real = { PATH: process.env['PATH'] ?? '', GODWIT_LAB_PACKAGES: packagesFolder };

  test.runIf(dovecot.ok)(
    'a program stays signed in and each message arrives once while its mailbox changes sides, and back',
    async () => {
      const { code, out, left } = await play('switch', undefined, ['switch'], real);
      expect(out.match(/^ {2}\d+ messages sent, each arrived, and each once$/gm)).toHaveLength(2);
      expect(out).toMatch(/^ +\d+ {2}.*signed in again after \d+\.\d\d s, on the new side$/m);
      expect(out).toMatch(/^Nell Pilot is on the old side\.$/m);
      expect([code, left]).toEqual([0, []]);
    },
    180_000,
  );

  test.runIf(dovecot.ok)(
    'Ctrl-C in the middle of a switch leaves nothing behind',
    async () => {
      let sent = false;
      const { code, left, out } = await play(
        'stop',
        (text, kill) => {
          if (!sent && text.includes('ferry is running')) kill();
          sent ||= text.includes('ferry is running');
        },
        ['switch'],
        real,
      );
      expect([code, left]).toEqual([5, []]);
      expect(out).toContain('Stopped;');
    },
    120_000,
  );
});
