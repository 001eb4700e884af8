/** A key that this process was given: a file's, a variable's or a credential's of systemd. It hides and opens by itself. */

import { type Random, type SealingKey, unwrapKey, wrapKey } from '#domain/sealed.ts';
import type { KeyService } from '#ports/key-service.ts';

export function keyHere(key: SealingKey, random: Random): KeyService {
  return {
    keyId: async () => key.id,
    opens: (keyId) => keyId === key.id,
    wrap: async (keys) =>
      keys.map(({ dataKey, bound }) => ({ keyId: key.id, wrapped: wrapKey(key, bound, dataKey, random) })),
    unwrap: async (keys) => keys.map(({ wrapped, bound }) => unwrapKey(key, bound, wrapped)),
  };
}
