/** What an organisation takes away: its own and no more, provable, and harmless in a spreadsheet. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
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
import type { Evidence } from '#ports/evidence.ts';
import { EvidenceFiles } from './evidence-files.ts';
import { exportEvidence } from './export-evidence.ts';

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

const evidence: Partial<Evidence> = {
  async *ofOrganisation() {
    for (const [mailbox, each] of all.slice(0, 3).entries()) {
      const { address } = each.mailbox;
      yield [{ mailbox, address, leaf: leafOfCertificate(each), text: text(each), waveCertificate: 'w1' }];
    }
  },
  leaves: async () => leaves,
  waveCertificate: async (id) => ({ id, wave: '@wave', text: waveText }),
};

async function exported(digestKeyOf: ((mailbox: number) => Uint8Array) | null): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-bundle-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const keys = [{ ...signingKey(Buffer.alloc(32, 1)), madeAt: new Date(), retiredAt: null }];
  const files = await EvidenceFiles.open(folder);
  const order = { organisation: 'RXY', evidence: evidence as Evidence, files, keys, digestKeyOf };
  expect(await exportEvidence(order, new AbortController().signal)).toMatchObject({ mailboxes: 3, waves: ['@wave'] });
  return folder;
}

test('each certificate has a proof that leads to the root, and a name that stays in the folder', async () => {
  const folder = await exported(null);
  expect((await readdir(folder)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    '%2E.%2Fetc@x.example.json',
    '%2E.%2Fetc@x.example.proof.json',
    'README.txt',
    'ann@x.example.json',
    'ann@x.example.proof.json',
    'bob@x.example.json',
    'bob@x.example.proof.json',
    'exceptions.csv',
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
  const folder = await exported(null);
  const exceptions = (await readFile(join(folder, 'exceptions.csv'), 'utf8')).split('\r\n');
  expect(exceptions).toHaveLength(5);
  expect(exceptions[1]).toBe(
    `ann@x.example,'+Folder,7,missing,missing,"'=HYPERLINK(""x"")",'=cmd(),line\ufffdbreak,2026-12-01T10:00:00.000Z`,
  );
  expect((await readFile(join(folder, 'mailboxes.csv'), 'utf8')).split('\r\n')[1]).toContain(",'@wave,");
});

test('digest keys are in it only where they were asked for, and nobody else is told of in any file', async () => {
  const plain = await exported(null);
  for (const name of await readdir(plain)) expect(await readFile(join(plain, name), 'utf8')).not.toContain('of-others');
  const folder = await exported(() => Buffer.alloc(32, 9));
  expect(await readFile(join(folder, 'ann@x.example.digest-key'), 'utf8')).toBe(`${'09'.repeat(32)}\n`);
});
