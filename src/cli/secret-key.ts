/** `godwit secret key`: makes the key under which secrets are sealed. */

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { keyOctets, sealingKey } from '#domain/sealed.ts';
import type { SecretKeyFlags } from './flags.ts';
import { whyUnreadable } from './secret.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';

export async function makeKey(this: Session, flags: SecretKeyFlags): Promise<void> {
  const octets = randomBytes(keyOctets);
  const { id } = sealingKey(octets);
  try {
    await writeFile(flags.out, `${octets.toString('base64')}\n`, { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw usageError(`${flags.out} is there already, and a key that is written over is lost; nothing was written.`);
    throw usageError(`${flags.out} cannot be written: ${whyUnreadable(error)}.`);
  }
  const path = resolve(flags.out);
  this.conclude({ key: id, file: path }, () => [
    `Wrote the key ${id} to ${shown(flags.out)}, for you alone to read. Every process that seals or signs in needs it:`,
    `  GODWIT_KEY=file:${shown(path)}`,
    'Keep a copy where the backups of the database are not. Without it what is sealed is lost.',
  ]);
}
