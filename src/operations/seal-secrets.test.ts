/** What somebody who can write to the database, and has no key, can make of sealed secrets: nothing. */

import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { ringOf } from '#app/keyring.test-kit.ts';
import { boundTo, sealingKey, unpacked, wrapKey } from '#domain/sealed.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { SealedSecret } from '#ports/secrets.ts';
import type { Database } from '#store/db.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { testDatabase } from '#store/test-database.ts';
import { rotateSecrets, setSecrets } from './keep-secrets.ts';
import { opening, signInPurpose } from './seal-secrets.ts';

const octets = randomBytes(32);
const key = sealingKey(octets);
const next = sealingKey(randomBytes(32));
const { signal } = new AbortController();

const keepingIn = (db: Database, keys: Keyring) => ({ kept: sealedSecrets(db), keys, random: randomBytes, who: 'ann' });

async function openedIn(db: Database, name: string, keys = ringOf(key)): Promise<string> {
  const kept = sealedSecrets(db);
  const found = await kept.find(name);
  if (!found) return 'not there';
  const opened = await opening({ keys, estate: await kept.estate() }, found);
  return opened instanceof Error ? opened.code : opened.toString();
}

async function estateWith(...names: readonly string[]): ReturnType<typeof testDatabase> {
  const db = await testDatabase();
  await setSecrets(
    keepingIn(db, ringOf(key)),
    names.map((name) => ({ name, secret: `secret of ${name}` })),
  );
  return db;
}

const [ann, ben] = ['source/ann@corp.example', 'source/ben@corp.example'] as const;

describe('a sealed secret opens only where it was set', () => {
  test('two mailboxes whose secrets were swapped in the database open neither, and swapped back both', async () => {
    await using db = await estateWith(ann, ben);
    const swap = sql`
      update secret set sealed = other.sealed, key_id = other.key_id
        from secret other where secret.name <> other.name`;
    await swap.execute(db.sql);
    expect(await openedIn(db, ann)).toBe('secret.altered');
    expect(await openedIn(db, ben)).toBe('secret.altered');
    await swap.execute(db.sql);
    expect(await openedIn(db, ann)).toBe(`secret of ${ann}`);
    expect(await openedIn(db, ben)).toBe(`secret of ${ben}`);
  });

  test('a row that was renamed to another mailbox does not open, and neither does a copy of it', async () => {
    await using db = await estateWith(ann, ben);
    await sql`delete from secret where name = ${ben}`.execute(db.sql);
    await sql`
      insert into secret (name, sealed, key_id) select ${ben}, sealed, key_id from secret where name = ${ann}`.execute(
      db.sql,
    );
    expect(await openedIn(db, ben)).toBe('secret.altered');
    expect(await openedIn(db, ann)).toBe(`secret of ${ann}`);
  });

  test('of another estate under the same key it does not open, though it has the name there', async () => {
    await using here = await estateWith(ann);
    await using there = await estateWith(ann);
    // Databases of tests are copies of one, and so one estate, as a restored backup is.
    expect(await openedIn(there, ann)).toBe(`secret of ${ann}`);
    await sql`update estate_identity set id = gen_random_uuid()`.execute(there.sql);
    const { sealed, keyId } = (await sealedSecrets(here).find(ann)) as SealedSecret;
    await sql`update secret set sealed = ${sealed}, key_id = ${keyId}`.execute(there.sql);
    expect(await openedIn(there, ann)).toBe('secret.altered');
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', randomBytes(200)],
    ['a length beyond its end', Buffer.concat([Buffer.from([2, 0xff, 0xff]), randomBytes(100)])],
    ['a form that is not known', Buffer.concat([Buffer.from([9]), randomBytes(200)])],
  ])('%s in its place is told apart from a secret', async (_, instead) => {
    await using db = await estateWith(ann);
    await sql`update secret set sealed = ${instead}`.execute(db.sql);
    expect(await openedIn(db, ann)).toBe('secret.altered');
  });

  test('a rotation puts nothing in order that was moved: it is named, and stays as it is', async () => {
    await using db = await estateWith(ann, ben);
    await sql`update secret set sealed = (select sealed from secret where name = ${ann})`.execute(db.sql);
    const outcome = await rotateSecrets(keepingIn(db, ringOf(next, key)), signal);
    expect(outcome).toMatchObject({ changed: 1, left: [ben], leftCount: 1 });
    expect(await openedIn(db, ben, ringOf(next, key))).toBe('secret.altered');
    expect(await openedIn(db, ann, ringOf(next))).toBe(`secret of ${ann}`);
  });
});

describe('while a key is changed', () => {
  test('all secrets open for who has both keys, before, in the middle and after; each batch is in the audit log', async () => {
    const names = Array.from({ length: 700 }, (_, i) => `m/${i}`);
    await using db = await estateWith(...names);
    const keeping = keepingIn(db, ringOf(next, key));
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      for (const name of ['m/0', 'm/350', 'm/699']) seen.push(await openedIn(db, name, ringOf(next, key)));
    };
    await look();
    const replace: typeof keeping.kept.replace = async (pairs, who) => {
      const replaced = await keeping.kept.replace(pairs, who);
      await look();
      // As a SIGKILL would: the batch is durable, and nothing of what would have come after is.
      throw new Error(`killed after ${replaced}`);
    };
    await expect(rotateSecrets({ ...keeping, kept: { ...keeping.kept, replace } }, signal)).rejects.toThrow('killed');
    expect([...(await keeping.kept.keyIds(''))].toSorted()).toEqual([key.id, next.id].toSorted());
    expect(await rotateSecrets(keeping, signal)).toMatchObject({ changed: 200, leftCount: 0 });
    await look();
    expect(seen).toEqual(
      Array(3)
        .fill(['m/0', 'm/350', 'm/699'].map((name) => `secret of ${name}`))
        .flat(),
    );
    const { rows } = await sql<{ n: number }>`
      select sum((about->>'names')::int)::int as n from audit where what = 'secrets brought under a key'`.execute(
      db.sql,
    );
    expect(rows).toEqual([{ n: 700 }]);
  });

  test('what an older Godwit sealed opens, and is bound to its estate from then on', async () => {
    await using db = await testDatabase();
    await sql`insert into secret (name, sealed, key_id) values (${ann}, ${sealedBefore(ann, 'old')}, ${key.id})`.execute(
      db.sql,
    );
    expect(await openedIn(db, ann)).toBe('old');
    expect(await openedIn(db, ann, ringOf(next))).toBe('secret.key.other');
    await rotateSecrets(keepingIn(db, ringOf(next, key)), signal);
    expect(unpacked((await sealedSecrets(db).find(ann))?.sealed ?? octets)?.form).toBe(2);
    expect(await openedIn(db, ann, ringOf(next))).toBe('old');
    await sql`update estate_identity set id = gen_random_uuid()`.execute(db.sql);
    expect(await openedIn(db, ann, ringOf(next))).toBe('secret.altered');
  });
});

/** As it was done before there was a second form: bound to the key, with no length. */
function sealedBefore(name: string, secret: string): Buffer {
  const bound = boundTo(1, { estate: '', name, purpose: signInPurpose }, key.id);
  const dataKey = randomBytes(32);
  const nonce = randomBytes(12);
  const work = createCipheriv('aes-256-gcm', createSecretKey(dataKey), nonce).setAAD(bound);
  const hidden = [nonce, work.update(secret), work.final(), work.getAuthTag()];
  return Buffer.concat([Buffer.of(1), wrapKey(key, bound, dataKey, randomBytes), ...hidden]);
}
