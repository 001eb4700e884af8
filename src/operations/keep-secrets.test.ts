import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { isFault } from '#domain/fault.ts';
import { ringOf } from '#app/keyring.test-kit.ts';
import { sealingKey, unpacked } from '#domain/sealed.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { SealedSecrets } from '#ports/secrets.ts';
import type { Database } from '#store/db.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { testDatabase } from '#store/test-database.ts';
import { rotateSecrets, type SecretKeeping, setSecrets } from './keep-secrets.ts';
import { opening } from './seal-secrets.ts';

const [old, fresh, lost] = [0, 1, 2].map(() => sealingKey(randomBytes(32))) as [Key, Key, Key];
type Key = ReturnType<typeof sealingKey>;
const { signal } = new AbortController();

function keeping(kept: SealedSecrets, ...keys: readonly Key[]): SecretKeeping {
  return { kept, keys: keys[0] ? ringOf(keys[0], ...keys.slice(1)) : null, random: randomBytes, who: 'operator ann' };
}

async function opened(kept: SealedSecrets, keys: Keyring, name: string): Promise<string> {
  const found = await kept.find(name);
  if (!found) return 'not there';
  const text = await opening({ keys, estate: await kept.estate() }, found);
  return text instanceof Error ? text.message : text.toString();
}

/** Everything in the database that may hold text, as text and as octets in hexadecimal digits. */
async function everythingIn(db: Database): Promise<string> {
  const { rows } = await sql<{ text: string }>`
    select (select string_agg(s::text, ' ') from secret s) || ' ' ||
           (select string_agg(a::text, ' ') from audit a) as text`.execute(db.sql);
  return rows[0]?.text ?? '';
}

describe('secrets of an estate', () => {
  test('are set, set anew, listed by name, and removed; the audit log tells of each and of no secret', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    const mine = keeping(kept, old);
    await setSecrets(mine, [{ name: 'b', secret: 'canary-1' }]);
    await setSecrets(mine, [{ name: 'b', secret: 'canary-2' }]);
    await setSecrets(mine, [
      { name: 'a/1', secret: 'canary-3' },
      { name: 'a/2', secret: 'canary-4' },
    ]);
    expect(await opened(kept, ringOf(old), 'b')).toBe('canary-2');
    expect((await kept.list('', null, 9)).map(({ name }) => name)).toEqual(['a/1', 'a/2', 'b']);
    expect((await kept.list('a/', 'a/1', 9)).map(({ name }) => name)).toEqual(['a/2']);
    expect(await kept.list('', null, 1)).toMatchObject([{ name: 'a/1', keyId: old.id, setBy: 'operator ann' }]);
    expect(await kept.remove('b', 'operator ann')).toBe(true);
    expect(await kept.remove('b', 'operator ann')).toBe(false);
    const { rows } = await sql`select who, what, about from audit order by id`.execute(db.sql);
    expect(rows).toEqual([
      { who: 'operator ann', what: 'secret set', about: { name: 'b' } },
      { who: 'operator ann', what: 'secret set', about: { name: 'b' } },
      { who: 'operator ann', what: 'secret set', about: { names: 2, first: 'a/1' } },
      { who: 'operator ann', what: 'secret removed', about: { name: 'b' } },
    ]);
  });

  test('are in the database in no readable form', async () => {
    await using db = await testDatabase();
    const secret = 'canary-9d2e';
    await setSecrets(keeping(sealedSecrets(db), old), [{ name: 'a', secret }]);
    const everything = await everythingIn(db);
    expect(everything).toContain(old.id);
    for (const encoding of ['utf8', 'hex', 'base64'] as const)
      expect(everything).not.toContain(Buffer.from(secret).toString(encoding).replaceAll('=', ''));
    const exported = old.key.export();
    for (const encoding of ['hex', 'base64'] as const) expect(everything).not.toContain(exported.toString(encoding));
  });

  test('are not taken in by a process without a key', async () => {
    await using db = await testDatabase();
    const set = setSecrets(keeping(sealedSecrets(db)), [{ name: 'a', secret: 'x' }]);
    expect(isFault(await set.catch((error: unknown) => error), 'secret.key.missing')).toBe(true);
  });
});

describe('changing keys', () => {
  test('brings everything under the new one; the old key then opens nothing, and a second run does nothing', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    const many = Array.from({ length: 1_203 }, (_, i) => ({ name: `m/${i}`, secret: `secret ${i}` }));
    await setSecrets(keeping(kept, old), many);
    const before = await kept.find('m/7');
    const both = keeping(kept, fresh, old);
    expect(await rotateSecrets(both, signal)).toEqual({
      changed: 1_203,
      left: [],
      leftCount: 0,
      key: fresh.id,
      next: null,
    });
    expect([...(await kept.keyIds(''))]).toEqual([fresh.id]);
    expect(await opened(kept, ringOf(fresh), 'm/1202')).toBe('secret 1202');
    expect(await opened(kept, ringOf(old), 'm/7')).toContain('which this process does not have');
    // Only the data key was hidden anew: the secret itself was not opened for it.
    const after = await kept.find('m/7');
    const hidden = (sealed: Uint8Array | undefined) => unpacked(sealed ?? new Uint8Array())?.hidden;
    expect(hidden(after?.sealed)).toEqual(hidden(before?.sealed));
    expect(after?.sealed).not.toEqual(before?.sealed);
    expect(await rotateSecrets(both, signal)).toEqual({
      changed: 0,
      left: [],
      leftCount: 0,
      key: fresh.id,
      next: null,
    });
  });

  test('leaves what it cannot open as it is, and names it', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    await setSecrets(keeping(kept, old), [{ name: 'mine', secret: 'x' }]);
    await setSecrets(keeping(kept, lost), [{ name: 'theirs', secret: 'y' }]);
    const outcome = await rotateSecrets(keeping(kept, fresh, old), signal);
    expect(outcome).toEqual({ changed: 1, left: ['theirs'], leftCount: 1, key: fresh.id, next: null });
    expect(await opened(kept, ringOf(lost), 'theirs')).toBe('y');
  });

  test('does not put back what was set or removed meanwhile', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    const mine = keeping(kept, old);
    await setSecrets(mine, [
      { name: 'set', secret: 'x' },
      { name: 'gone', secret: 'y' },
    ]);
    const meanwhile: SealedSecrets = {
      ...kept,
      replace: async (pairs, who) => {
        await setSecrets(mine, [{ name: 'set', secret: 'newer' }]);
        await kept.remove('gone', 'operator ann');
        return kept.replace(pairs, who);
      },
    };
    expect((await rotateSecrets(keeping(meanwhile, fresh, old), signal)).changed).toBe(0);
    expect(await opened(kept, ringOf(old), 'set')).toBe('newer');
    expect(await kept.find('gone')).toBeNull();
  });

  test('can be stopped, and goes on when it is run again', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    await setSecrets(
      keeping(kept, old),
      Array.from({ length: 900 }, (_, i) => ({ name: `m/${i}`, secret: 'x' })),
    );
    const stop = new AbortController();
    const stopping: SealedSecrets = {
      ...kept,
      replace: async (pairs, who) => {
        stop.abort();
        return kept.replace(pairs, who);
      },
    };
    const stopped = await rotateSecrets(keeping(stopping, fresh, old), stop.signal).catch((error: unknown) => error);
    expect(isFault(stopped, 'interrupted')).toBe(true);
    expect(await rotateSecrets(keeping(kept, fresh, old), signal)).toMatchObject({ changed: 400 });
  });
});
