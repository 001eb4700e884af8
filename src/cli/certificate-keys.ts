/** `godwit certificate key`: the keys that sign certificates, of which people are shown the public halves only. */

import { writeFile } from 'node:fs/promises';
import { jwkSet } from '#domain/signing-key.ts';
import { openEvidenceFor } from './certificate-work.ts';
import type { KeyExportFlags, KeyFlags } from './evidence-flags.ts';
import { whyUnreadable } from './secret.ts';
import type { Session } from './session.ts';
import { counted, shown, table } from './shown.ts';
import { usageError } from './usage.ts';

export async function listKeys(this: Session, flags: KeyFlags): Promise<void> {
  await using evidence = await openEvidenceFor(this, flags);
  const keys = await evidence.keys.list();
  const document = keys.map(({ id, madeAt, retiredAt }) => {
    return { id, madeAt: madeAt.toISOString(), retiredAt: retiredAt?.toISOString() ?? null };
  });
  this.conclude({ keys: document }, () =>
    document.length === 0
      ? ['Nothing has been signed yet; the key is made with the first certificate.']
      : table(
          document.map(({ id, madeAt, retiredAt }) => [
            id,
            `made ${madeAt}`,
            retiredAt === null ? 'signs' : `until ${retiredAt}`,
          ]),
          new Set(),
        ),
  );
}

export async function rotateKey(this: Session, flags: KeyFlags): Promise<void> {
  await using evidence = await openEvidenceFor(this, flags);
  const id = await evidence.keys.rotate();
  this.conclude({ key: id }, () => [
    `From now on the key ${id} signs. What the one before it signed stays valid.`,
    'Give its public half to whoever checks: godwit certificate key export.',
  ]);
}

export async function exportKeys(this: Session, flags: KeyExportFlags): Promise<void> {
  await using evidence = await openEvidenceFor(this, flags);
  const keys = await evidence.keys.list();
  if (keys.length === 0)
    throw usageError('Nothing has been signed yet, so there is no key; godwit certificate make signs.');
  const set = jwkSet(keys);
  if (flags.out === undefined) {
    this.conclude(set, () => [JSON.stringify(set, null, 2)]);
    return;
  }
  const { out } = flags;
  await writeFile(out, `${JSON.stringify(set, null, 2)}\n`).catch((error: unknown) => {
    throw usageError(`${shown(out)} cannot be written: ${whyUnreadable(error)}.`);
  });
  this.conclude({ file: out, keys: keys.length }, () => [
    `Wrote ${counted(keys.length, 'public key')} to ${shown(out)}.`,
  ]);
}
