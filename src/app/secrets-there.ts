/** `godwit secret` by the API of a server, which has the keys: secrets go there to be sealed, and none ever comes back. */

import type { ApiClient } from '#api/client.ts';
import type { Erasable, Erased, Erasure } from '#domain/erasure.ts';
import type { Rotated, SecretDesk } from '#operations/keep-secrets.ts';
import type { KeptSecret } from '#ports/secrets.ts';
import { pages } from './lists-there.ts';
import { orNotThere, orRefused, was } from './outcomes-there.ts';

/** As `rotateSecrets` has it. */
const leftNamesMax = 100;

export function secretsThere(client: ApiClient): SecretDesk & AsyncDisposable {
  const beginning = (prefix: string) => (prefix === '' ? {} : { prefix });
  return {
    async set(secrets) {
      for (const { name, secret } of secrets) await client.ask('set-secret', { body: { name, secret } });
    },
    async list(prefix, max) {
      const found = await pages<KeptSecret>({ after: null, max }, (query) =>
        client.ask('list-secrets', { query: { ...query, ...beginning(prefix) } }),
      );
      return found.lines;
    },
    lastErasure: async () => was<Erased | null>((await client.ask('list-secrets', { query: { limit: 1 } })).erased),
    remove: (name) =>
      orNotThere(
        client.ask('remove-secret', { body: { name } }).then(() => true),
        () => false,
      ),
    rotate: () => rotatedThere(client),
    erasable: async ({ prefix, withOwn }) =>
      was<Erasable>(
        await client.ask('see-erasable', { query: { ...beginning(prefix), ...(withOwn ? { own: true } : {}) } }),
      ),
    erase({ prefix, withOwn, despiteMoves }, why) {
      const which = prefix === '' ? { all: true } : { prefix };
      const body = { ...which, ...(withOwn ? { own: true } : {}), ...(despiteMoves ? { underWay: true } : {}), why };
      return orRefused<Erasure>(
        client.ask('erase-secrets', { body }).then((erased) => was<Erasure>(erased)),
        'under-way',
      );
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

/** A part of a minute at a time. Each of them is under one key or the other wherever this ends. */
async function rotatedThere(client: ApiClient): Promise<Rotated> {
  let all: Rotated = { changed: 0, left: [], leftCount: 0, key: '', next: null };
  do {
    const now = await client.ask('rotate-secrets', { body: all.next === null ? {} : { after: all.next } });
    all = {
      changed: all.changed + now.changed,
      left: [...all.left, ...now.left].slice(0, leftNamesMax),
      leftCount: all.leftCount + now.leftCount,
      key: now.key,
      next: now.next,
    };
  } while (all.next !== null);
  return all;
}
