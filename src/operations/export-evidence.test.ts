/** What an organisation takes away: its own and no more, provable, and harmless in a spreadsheet. */

import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Certificate,
  envelopeText,
  inTreeOrder,
  leafOfCertificate,
  type ProofDocument,
} from '#domain/certificate.ts';
import { isIncluded, treeRoot } from '#domain/merkle-tree.ts';
import { signingKey } from '#domain/signing-key.ts';
import type { EvidenceView } from '#ports/evidence.ts';
import { writeBundle } from './bundle-folder.ts';
import { type BundleLine, pieceMax, wholeFile } from './bundle-lines.ts';
import { exportEvidence, withDigestKeys } from './export-evidence.ts';

/** As much of a certificate as a bundle tells of. */
function certificate(address: string): Certificate {
  const accepted = { who: '=cmd()', why: 'line\nbreak', at: '2026-12-01T10:00:00.000Z' };
  return {
    id: `of ${address}`,
    madeAt: '2026-12-01T10:00:00.000Z',
    mailbox: { address, kind: 'person', organisation: 'RXY' },
    wave: { name: '@wave' },
    totals: { sourceMessages: 1, targetMessages: 1, targetOctets: 10, open: 0, accepted: 1 },
    switches: [{ ms: 1_500 }],
    exceptions: [{ folder: '+Folder', uid: 7, kind: 'missing', code: 'missing', detail: '=HYPERLINK("x")', accepted }],
    grade: { grade: 'good', because: [] },
  } as unknown as Certificate;
}

const all = ['ann@x.example', 'bob@x.example', '../etc@x.example', 'of-others@x.example'].map(certificate);
const text = (each: Certificate) => envelopeText({ certificate: each, protected: '', signature: '' });
const leaves = inTreeOrder(all.map((each) => ({ leaf: leafOfCertificate(each) }))).map(({ leaf }) => leaf);
const waveText = JSON.stringify({ certificate: { madeAt: '2026-12-01T10:00:00.000Z' } });

function evidenceOf(certificates: readonly Certificate[], before: readonly string[] = []): EvidenceView {
  const view: Partial<EvidenceView> = {
    async *ofOrganisation() {
      for (const [mailbox, each] of certificates.entries()) {
        const { address } = each.mailbox;
        const isOfBefore = before.includes(address);
        yield [
          { mailbox, address, leaf: leafOfCertificate(each), text: text(each), waveCertificate: 'w1', isOfBefore },
        ];
      }
    },
    leaves: async () => leaves,
    waveCertificate: async (id) => ({ id, wave: '@wave', text: waveText }),
  };
  return view as EvidenceView;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-bundle-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const keys = [{ ...signingKey(Buffer.alloc(32, 1)), madeAt: new Date(), retiredAt: null }];
const going = new AbortController().signal;

interface Exporting {
  readonly folder?: string;
  readonly evidence?: EvidenceView;
  readonly withKeys?: boolean;
}

async function exported({ folder, evidence = evidenceOf(all.slice(0, 3)), withKeys = false }: Exporting = {}) {
  const into = folder ?? (await emptyFolder());
  const lines = exportEvidence({ organisation: 'RXY', evidence, keys }, going);
  const keysOf = async (addresses: readonly string[]) =>
    addresses.map((address) => ({ address, key: '09'.repeat(32) }));
  await writeBundle(into, withKeys ? withDigestKeys(lines, keysOf) : lines);
  return into;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).toSorted((a, b) => (a < b ? -1 : 1));
}

test('each certificate has a proof that leads to the root, and a name that stays in the folder', async () => {
  const folder = await exported();
  expect(await filesIn(folder)).toEqual([
    '%2E.%2Fetc@x.example.json',
    '%2E.%2Fetc@x.example.proof.json',
    'README.txt',
    'ann@x.example.json',
    'ann@x.example.proof.json',
    'bob@x.example.json',
    'bob@x.example.proof.json',
    'exceptions.csv',
    'godwit-bundle.sha256',
    'mailboxes.csv',
    'public-keys.json',
    'wave-@wave-2026-12-01-w1.json',
  ]);
  for (const each of all.slice(0, 2)) {
    const file = join(folder, `${each.mailbox.address}.proof.json`);
    const { index, size, path } = JSON.parse(await readFile(file, 'utf8')) as ProofDocument;
    const proof = { index, size, path: path.map((hash) => Buffer.from(hash, 'hex')) };
    expect(isIncluded(leafOfCertificate(each), proof, treeRoot(leaves))).toBe(true);
  }
});

test('no cell of the tables is a formula, and no word breaks a line', async () => {
  const folder = await exported();
  const exceptions = (await readFile(join(folder, 'exceptions.csv'), 'utf8')).split('\r\n');
  expect(exceptions).toHaveLength(5);
  expect(exceptions[1]).toBe(
    `ann@x.example,'+Folder,7,missing,missing,"'=HYPERLINK(""x"")",'=cmd(),line\ufffdbreak,2026-12-01T10:00:00.000Z`,
  );
  expect((await readFile(join(folder, 'mailboxes.csv'), 'utf8')).split('\r\n')[1]).toContain(",'@wave,");
});

test('digest keys are in it only where they were asked for, and nobody else is told of in any file', async () => {
  const plain = await exported();
  for (const name of await readdir(plain)) expect(await readFile(join(plain, name), 'utf8')).not.toContain('of-others');
  const folder = await exported({ withKeys: true });
  expect(await readFile(join(folder, 'ann@x.example.digest-key'), 'utf8')).toBe(`${'09'.repeat(32)}\n`);
});

test('a digest key is for one reader alone', async () => {
  const folder = await exported({ withKeys: true });
  expect((await stat(join(folder, 'ann@x.example.digest-key'))).mode & 0o777).toBe(0o600);
});

test('a bundle made again leaves nothing of the one before, and nothing of anybody else is taken away', async () => {
  const folder = await exported({ withKeys: true });
  await writeFile(join(folder, 'minutes.txt'), 'of the board');
  await writeFile(join(folder, 'bob@x.example.json'), 'written upon by somebody');
  await exported({ folder, evidence: evidenceOf(all.slice(0, 1)) });
  expect(await filesIn(folder)).toEqual([
    'README.txt',
    'ann@x.example.json',
    'ann@x.example.proof.json',
    'bob@x.example.json',
    'exceptions.csv',
    'godwit-bundle.sha256',
    'mailboxes.csv',
    'minutes.txt',
    'public-keys.json',
    'wave-@wave-2026-12-01-w1.json',
  ]);
  const checked = execFileSync('sha256sum', ['--check', '--quiet', 'godwit-bundle.sha256'], { cwd: folder });
  expect(checked.toString()).toBe('');
});

test('what a bundle that broke off had brought goes with the next one, too', async () => {
  const folder = await emptyFolder();
  const evidence = evidenceOf(all.slice(0, 3));
  async function* broken(): AsyncGenerator<readonly BundleLine[]> {
    for await (const part of exportEvidence({ organisation: 'RXY', evidence, keys }, going)) {
      if (part.some((line) => 'summary' in line)) throw new Error('the cable was pulled');
      yield part;
    }
  }
  await expect(writeBundle(folder, broken())).rejects.toThrow('cable');
  expect(await filesIn(folder)).toContain('bob@x.example.json');
  expect(await filesIn(folder)).not.toContain('mailboxes.csv');
  await exported({ folder, evidence: evidenceOf(all.slice(0, 1)) });
  expect(await filesIn(folder)).not.toContain('bob@x.example.json');
});

test.each(['../etc/passwd.json', '.bashrc', '/tmp/x.json', 'x.sh', 'a\nb.json', 'godwit-bundle.sha256', ''])(
  'nobody has a file called %j written',
  async (name) => {
    const folder = await emptyFolder();
    const lines = async function* () {
      yield [...wholeFile(name, 'x')];
    };
    await expect(writeBundle(folder, lines())).rejects.toMatchObject({ code: 'evidence.folder.unwritable' });
    expect((await filesIn(folder)).filter((each) => !each.startsWith('godwit-bundle'))).toEqual([]);
  },
);

test('whoever has changed sides since their certificate was made is in no grade, and is told', async () => {
  const folder = await exported({ evidence: evidenceOf(all.slice(0, 2), ['bob@x.example']) });
  const [, ann, bob] = (await readFile(join(folder, 'mailboxes.csv'), 'utf8')).split('\r\n');
  expect([ann, bob]).toEqual([
    expect.stringMatching(/^ann@x\.example,.*,good,,no,/),
    expect.stringMatching(/^bob@x\.example,.*,good,,yes,/),
  ]);
  expect(await readFile(join(folder, 'README.txt'), 'utf8')).toMatch(/ 1 {2}good [^]* 1 {2}have changed sides since/);
});

test('a file of any length comes in pieces, none of which ends in half a character', () => {
  const long = `${'x'.repeat(pieceMax - 1)}\u{1f426}${'y'.repeat(pieceMax)}`;
  const pieces = [...wholeFile('long.txt', long)].map((line) => ('piece' in line ? line.piece : null));
  expect(pieces.map((piece) => piece?.ends)).toEqual([false, false, true]);
  expect(Buffer.concat(pieces.map((piece) => Buffer.from(piece?.text ?? ''))).equals(Buffer.from(long))).toBe(true);
});
