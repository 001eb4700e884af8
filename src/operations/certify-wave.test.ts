/** What the root of a wave covers, and what it says of those whom it does not. */

import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Envelope, WaveCertificate } from '#domain/certificate.ts';
import { treeRoot } from '#domain/merkle-tree.ts';
import { signingKey } from '#domain/signing-key.ts';
import type { Wave } from '#domain/wave.ts';
import type { Evidence, OpenCertificate } from '#ports/evidence.ts';
import { certifyWave } from './certify-wave.ts';

const leafOf = (name: string): Buffer => createHash('sha256').update(name).digest();
const names = ['ann', 'bob', 'cem'] as const;
const wave = { id: 1, name: 'pilot', window: { opensAt: 0, closesAt: 1 }, isPilot: true } as unknown as Wave;

/** The certificate of a wave of three who all have one, of whom some could not be certified this time. */
async function made(reasons: ReadonlyMap<string, string>): Promise<Envelope<WaveCertificate> | null> {
  const all = names.map((address, mailbox): OpenCertificate => {
    return { mailbox, address, leaf: leafOf(address), grade: 'perfect', stage: 'settled' };
  });
  const evidence: Partial<Evidence> = {
    addresses: async () => new Map(all.map(({ mailbox, address }) => [mailbox, address])),
    latest: async () => null,
    open: async () => all,
    close: async () => true,
  };
  const order = { wave, members: [0, 1, 2], reasons, evidence: evidence as Evidence };
  return certifyWave({ ...order, key: signingKey(randomBytes(32)), version: '1.2.3', who: 'ann', now: () => 0 });
}

test('a root covers all who have a certificate', async () => {
  const root = treeRoot(names.map(leafOf).toSorted(Buffer.compare)).toString('hex');
  expect((await made(new Map()))?.certificate).toMatchObject({ mailboxes: 3, root, grade: { grade: 'perfect' } });
});

test('who could not be certified this time has none, though an earlier one lies there', async () => {
  const found = await made(new Map([['bob', 'network.unreachable']]));
  const root = treeRoot(['ann', 'cem'].map(leafOf).toSorted(Buffer.compare)).toString('hex');
  expect(found?.certificate).toMatchObject({
    mailboxes: 2,
    root,
    uncertified: { 'network.unreachable': 1 },
    grade: { grade: 'poor' },
  });
  expect(await made(new Map(names.map((name) => [name, 'known'])))).toBeNull();
});
