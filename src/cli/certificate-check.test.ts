/** What `godwit certificate check` refuses and tells, without a database and without an estate. */

import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Certificate, envelopeText, rootOfFolders } from '#domain/certificate.ts';
import { folderFinding, messageFinding } from '#domain/certificate-check.ts';
import { jwkSet, signingKey } from '#domain/signing-key.ts';
import type { CheckedLive } from '#operations/check-live.ts';
import { signed } from '#operations/sign-evidence.ts';
import { type MadeUp, play } from './made-up-world.ts';

const key = signingKey(Buffer.alloc(32, 1));
const digestKey = Buffer.alloc(32, 2);
const hexKey = digestKey.toString('hex');

const certificate = {
  type: 'godwit-certificate',
  version: 1,
  id: 'one',
  madeAt: '2026-12-01T10:00:00.000Z',
  mailbox: { address: 'ann@x.example' },
  digestKey: createHash('sha256').update(digestKey).digest('hex'),
  elementList: null,
  folders: [],
  root: rootOfFolders([]),
  totals: { targetMessages: 0 },
  grade: { grade: 'perfect', because: [] },
} as unknown as Certificate;

interface Files {
  readonly file: string;
  readonly keys: string;
}

async function files(change: (text: string) => string = (text) => text): Promise<Files> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-check-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [file, keys] = [join(folder, 'ann.json'), join(folder, 'keys.json')];
  await writeFile(file, change(envelopeText(await signed(certificate, key))));
  await writeFile(keys, JSON.stringify(jwkSet([key])));
  return { file, keys };
}

function serving(found: Partial<CheckedLive>): MadeUp {
  const live = { findings: [], notCovered: [], renumbered: [], messagesRead: 2, octetsRead: 2_000, ...found };
  return { engine: { checkLive: async () => live }, environment: { PW: 'secret', KEY: hexKey } };
}

const against = ['--against', 'imaps://ann@mail.example', '--secret', 'env:PW', '--digest-key', 'env:KEY'];

test('one that nobody touched is told with who signed it, without settings, database or estate', async () => {
  const { file, keys } = await files();
  const { code, stdout } = await play(['certificate', 'check', file, '--public-key', keys]);
  expect(code).toBe(0);
  expect(stdout).toContain(`signed with the key ${key.id}`);
  expect(stdout).toContain('All that was checked is as it was certified.');
});

test('one that was changed ends with exit code 3 and says so', async () => {
  const { file, keys } = await files((text) => text.replace('ann@x', 'bob@x'));
  const { code, stdout } = await play(['certificate', 'check', file, '--public-key', keys]);
  expect([code, stdout]).toEqual([3, expect.stringContaining('signature: it was changed since it was signed')]);
});

test('what the mailbox no longer has is named by folder, UID, size and date, and no word of a server moves the cursor', async () => {
  const { file, keys } = await files();
  const message = { uid: 7, octets: 1_234, internalDate: 1_580_551_200 };
  const findings = [
    messageFinding('removed', 'INBOX', message, 'it was certified and is not there'),
    folderFinding('unreadable', 'Süd', 'NO \u001b[2J'),
  ];
  const { code, stdout } = await play(
    ['certificate', 'check', file, '--public-key', keys, ...against],
    serving({ findings }),
  );
  expect(code).toBe(3);
  expect(stdout).toContain(
    'removed  INBOX, UID 7, 1,234 octets, 2020-02-01T10:00:00.000Z: it was certified and is not there',
  );
  expect(stdout).not.toContain('\u001b');
});

test('mail that came since is a difference, but not in a mailbox that people use', async () => {
  const { file, keys } = await files();
  const message = { uid: 7, octets: 10, internalDate: null };
  const world = serving({ findings: [messageFinding('added-since', 'INBOX', message, 'it came after')] });
  const words = ['certificate', 'check', file, '--public-key', keys, ...against];
  expect((await play(words, world)).code).toBe(3);
  const live = await play([...words, '--live'], world);
  expect([live.code, live.stdout]).toEqual([0, expect.stringContaining('added-since  INBOX, UID 7')]);
});

test.each([
  ['without the public keys', [], '--public-key is missing'],
  ['with a wave and no proof', ['--public-key', 'KEYS', '--wave-file', 'x'], 'go together'],
  [
    'against a mailbox without its digest key',
    ['--public-key', 'KEYS', '--against', 'imaps://a@b.example'],
    '--digest-key',
  ],
  ['with a file of keys that is none', ['--public-key', 'FILE'], 'holds no public key'],
  ['with a list that is not there', ['--public-key', 'KEYS', '--elements', '/nowhere/x'], 'is not there'],
  [
    'with a digest key on the command line',
    ['--public-key', 'KEYS', ...against.slice(0, -1), hexKey],
    'not the secret itself',
  ],
  [
    'against a server without a user',
    ['--public-key', 'KEYS', '--against', 'imaps://b.example', '--digest-key', 'env:KEY'],
    'names no mailbox',
  ],
])('%s nothing is checked, and it says what is wrong', async (_what, flags, says) => {
  const { file, keys } = await files();
  const given = flags.map((each) => (each === 'KEYS' ? keys : each === 'FILE' ? file : each));
  const { code, stderr } = await play(['certificate', 'check', file, ...given], serving({}));
  expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  expect(stderr).not.toContain(hexKey);
});

test('with the digest key of another mailbox nothing is compared, and nobody signs in', async () => {
  const { file, keys } = await files();
  const world = { ...serving({}), environment: { PW: 'secret', KEY: '00'.repeat(32) }, engine: {} };
  const { code, stderr } = await play(['certificate', 'check', file, '--public-key', keys, ...against], world);
  expect([code, stderr]).toEqual([2, expect.stringContaining('that of another mailbox or estate')]);
});
