/** Keys of tests, as a process has them. */

import { randomBytes } from 'node:crypto';
import { keyHere } from '#connectors/key-here/key-here.ts';
import type { SealingKey } from '#domain/sealed.ts';
import type { Keyring } from '#ports/key-service.ts';
import { keyring } from './keyring.ts';

export function ringOf(first: SealingKey, ...others: readonly SealingKey[]): Keyring {
  const ring = keyring([first, ...others].map((key) => keyHere(key, randomBytes)));
  if (!ring) throw new Error('one key at least was given');
  return ring;
}
