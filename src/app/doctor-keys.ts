/**
 * Whether keys of the estate's own lie in clear beside a key that they could be sealed under. They were made while there was none, and
 * nobody takes their files away: those may be the last copies there are.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fine, look, type Remark } from '#domain/diagnosis.ts';
import type { Database } from '#store/db.ts';
import { digestKeyId, digestKeySecret } from '#store/digest-key.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { signingKeySecret, signingKeys } from '#store/signing-keys.ts';
import { digestKeyName } from './root-key.ts';

export interface KeyPlaces {
  readonly db: Database;
  readonly stateDir: string;
  /** Whether this process was given keys of sealed secrets. */
  readonly hasKey: boolean;
}

/** Nothing where no key is sealed and none could be. Files of another estate's are passed over: nobody is to remove those. */
export async function keysInClear({ db, stateDir, hasKey }: KeyPlaces): Promise<readonly Remark[]> {
  const kept = sealedSecrets(db);
  const isSealed = async (name: string): Promise<boolean> => (await kept.find(name)) !== null;
  const [digests, signing] = [await isSealed(digestKeySecret), await isSealed(signingKeySecret)];
  if (!hasKey && !digests && !signing) return [];
  const remarks: Remark[] = [];
  const digestFile = join(stateDir, 'digest.key');
  const digestKey = await contentOf(digestFile);
  if (digestKey !== null && digestKeyName(digestKey) === (await digestKeyId(db)))
    remarks.push(look(digestFile, ...(digests ? notNeeded(digestFile) : notSealedYet)));
  for (const { id } of await signingKeys(db).list()) {
    const file = join(stateDir, `signing-${id}.key`);
    if ((await contentOf(file)) !== null) remarks.push(look(file, ...(signing ? notNeeded(file) : notRotatedYet)));
  }
  return remarks.length > 0 ? remarks : [fine('own keys', 'none lies in clear in this state folder')];
}

const notNeeded = (file: string): [string, string] => [
  'a key of the estate lies here in clear, and is needed no more: it is sealed in the database',
  `Remove it from every state folder: rm ${file}. Keep a copy of what GODWIT_KEY refers to (docs/secrets.md).`,
];
const notSealedYet: [string, string] = [
  'the key of the digests lies here in clear, though there is a GODWIT_KEY by now',
  'Start godwit serve with that GODWIT_KEY and this state folder: it seals it. Then remove the file.',
];
const notRotatedYet: [string, string] = [
  'the key that signs certificates lies here in clear, though there is a GODWIT_KEY by now',
  'godwit certificate key rotate makes another, which is sealed, and removes this one.',
];

async function contentOf(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
