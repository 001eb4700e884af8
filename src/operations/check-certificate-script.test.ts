/** docs/check-certificate.mjs, run by itself on files that somebody had in hand. Against a live mailbox: labs/certificates.test.ts. */

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MemoryPlatform } from '#connectors/memory/platform.ts';
import { type Certificate, type CertifiedFolder, envelopeText, rootOfFolders } from '#domain/certificate.ts';
import { jwkSet, signingKey } from '#domain/signing-key.ts';
import type { ServerFaults } from '../../labs/sim/faults.ts';
import { simPassword, startServer } from '../../labs/sim/server.ts';
import { Authority } from '../../labs/tls.ts';
import { signed } from './sign-evidence.ts';

const script = join(import.meta.dirname, '../../docs/check-certificate.mjs');
const key = signingKey(randomBytes(32));
const digestKey = randomBytes(32);

interface Said {
  readonly code: number;
  readonly text: string;
}

/** What it says of a certificate of one folder, `change`d on its way. `its`: what else is certified. */
async function said(
  name: string,
  change: (text: string) => string = (text) => text,
  more: readonly string[] = [],
  its: Partial<Certificate> = {},
): Promise<Said> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-script-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [file, keys, digests] = ['ann.json', 'keys.json', 'ann.digest-key'].map((each) => join(folder, each)) as [
    string,
    string,
    string,
  ];
  const folders = [{ source: [], target: { path: [name], name } }] as unknown as readonly CertifiedFolder[];
  const certificate = {
    type: 'godwit-certificate',
    version: 1,
    mailbox: { address: 'ann@x.example' },
    madeAt: '2026-12-01T10:00:00.000Z',
    digestKey: createHash('sha256').update(digestKey).digest('hex'),
    elementList: null,
    folders,
    root: rootOfFolders(folders),
    totals: { targetMessages: 1 },
    grade: { grade: 'perfect', because: [] },
    ...its,
  } as unknown as Certificate;
  await writeFile(file, change(envelopeText(await signed(certificate, key))));
  await writeFile(keys, JSON.stringify(jwkSet([key])));
  await writeFile(digests, digestKey.toString('hex'));
  const args = [script, file, '--public-key', keys, ...more.map((each) => each.replace('DIGESTS', digests))];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { PW: simPassword } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
    );
  });
}

test('a certificate that nobody touched holds, and one whose signature is spelled in another way does not', async () => {
  expect(await said('INBOX')).toMatchObject({ code: 0, text: expect.stringContaining(`signed with ${key.id}`) });
  const respelled = (text: string): string =>
    text.replace(/"signature":"(.*)(.)"/, (_, all: string, last: string) => {
      return `"signature":"${all}${String.fromCharCode(last.charCodeAt(0) + 1)}"`;
    });
  expect(await said('INBOX', respelled)).toMatchObject({ code: 1, text: expect.stringContaining('changed since') });
  const padded = (text: string): string => text.replace(/("signature":"[^"]*)"/, '$1=="');
  expect((await said('INBOX', padded)).code).toBe(1);
});

test('a folder whose name would be a command to the server is refused before anybody is connected to', async () => {
  // Nobody listens there: whoever tries says so.
  const live = ['--against', 'imaps://ann@127.0.0.1:1', '--digest-key', 'DIGESTS', '--password-env', 'PW'];
  const { code, text } = await said('INBOX"\r\na9 DELETE "INBOX', undefined, live);
  expect([code, text]).toEqual([2, expect.stringContaining('none of IMAP')]);
  expect((await said('INBOX', undefined, live)).text).toContain('ECONNREFUSED');
});

test('no word of a certificate moves the cursor', async () => {
  const { text } = await said('INBOX', (file) => file.replace('"grade":"perfect"', '"grade":"\\u001b[2J"'));
  expect(text).not.toContain('\u001b');
});

test('what cannot be read is told as that, and not as a certificate that somebody changed', async () => {
  for (const lacking of [
    ['--public-key', '/nowhere/keys.json'],
    ['--wave', '/nowhere/wave.json'],
  ]) {
    const { code, text } = await said('INBOX', undefined, lacking);
    expect([code, text]).toEqual([2, expect.stringContaining('ENOENT')]);
    expect(text).not.toContain('changed');
  }
});

/** What it says of the folders of a mailbox in which there is one of the name `New`, with a message, besides its INBOX. */
async function saidOfNew(otherFolders: readonly string[] | null, faults: ServerFaults = {}): Promise<Said> {
  const platform = new MemoryPlatform();
  const mailbox = platform.add('ann');
  mailbox.create(['New']).add({ bytes: Buffer.from('Subject: new\r\n\r\n'), flags: [], internalDate: null });
  const authority = new Authority();
  const { certificate: cert, key: its } = authority.good();
  await using server = await startServer({ platform, tls: { cert, key: its }, implicitTls: true, faults });
  const folder = await mkdtemp(join(tmpdir(), 'godwit-script-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, authority.certificate);
  const more = ['--against', `imaps://ann@127.0.0.1:${server.port}`, '--digest-key', 'DIGESTS', '--password-env', 'PW'];
  const certified = { folders: [], root: rootOfFolders([]), ...(otherFolders && { otherFolders }) };
  return await said('INBOX', undefined, [...more, '--ca', ca], certified);
}

test('a folder that came since is named with what is in it; by an older certificate nobody can tell that it did', async () => {
  expect(await saidOfNew(['INBOX', 'New'])).toMatchObject({ code: 0 });
  expect(await saidOfNew(['INBOX'])).toMatchObject({
    code: 1,
    text: expect.stringContaining('WRONG  New: added since, in a folder that was not there: UID 1, 16 octets'),
  });
  const older = await saidOfNew(null);
  expect(older).toMatchObject({ code: 0, text: expect.stringContaining('It is older') });
});

test('where folders are not listed or not opened nobody says that all is as certified', async () => {
  const refusing = (refused: string): ServerFaults => ({
    before: ({ command, folder }) =>
      command === refused && (refused === 'LIST' || folder === 'New')
        ? { kind: 'answer', status: 'NO', text: 'not now' }
        : null,
  });
  expect(await saidOfNew(['INBOX'], refusing('LIST'))).toMatchObject({ code: 2 });
  expect(await saidOfNew(['INBOX'], refusing('EXAMINE'))).toMatchObject({
    code: 1,
    text: expect.stringContaining('it cannot be opened'),
  });
});
