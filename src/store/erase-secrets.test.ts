/** At the end of a programme its secrets are gone, and whoever asks can see what there was, and that it is. */

import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { ringOf } from '#app/keyring.test-kit.ts';
import { sealingKey } from '#domain/sealed.ts';
import { setSecrets } from '#operations/keep-secrets.ts';
import { verifyAudit } from './audit-verify.ts';
import type { Database } from './db.ts';
import { digestKeySecret } from './digest-key.ts';
import { sealedSecrets } from './secrets.ts';
import { testDatabase } from './test-database.ts';

const key = sealingKey(randomBytes(32));
const all = { prefix: '', withOwn: false, despiteMoves: false };

async function set(db: Database, ...names: readonly string[]): Promise<void> {
  const keeping = { kept: sealedSecrets(db), keys: ringOf(key), random: randomBytes, who: 'operator ann' };
  await setSecrets(
    keeping,
    names.map((name) => ({ name, secret: `secret of ${name}` })),
  );
}

async function oneMailbox(db: Database, stage: string, mark: 'excluded' | 'left' | '' = ''): Promise<void> {
  await sql`
    with w as (insert into wave (name, opens_at, closes_at, day) values ('w', now(), now() + '1h', now()) on conflict do nothing)
    insert into organisation (code, name) values ('R', 'R') on conflict do nothing`.execute(db.sql);
  await sql`
    insert into mailbox (address, kind, organisation, stage, excluded, left_at, wave)
    select ${`${stage}-${mark}@corp.example`}, 'person', id, ${stage}, ${mark === 'excluded' ? 'x' : null},
           case when ${mark === 'left'} then now() end,
           case when ${stage} <> 'known' then (select id from wave) end from organisation`.execute(db.sql);
}

const namesIn = async (db: Database): Promise<readonly string[]> =>
  (await sealedSecrets(db).list('', null, 9_999)).map(({ name }) => name);

test('all are gone, the audit log names each with the fingerprint it had, and its chain covers that', async () => {
  await using db = await testDatabase();
  const names = Array.from({ length: 1_203 }, (_, i) => `source/user${i}@corp.example`);
  await set(db, ...names, 'target-admin');
  const kept = sealedSecrets(db);
  const before = await kept.list('', null, 9_999);
  const erasure = await kept.erase(all, 'operator ben', 'all released');
  if (erasure.kind !== 'erased') throw new Error(erasure.kind);
  expect(erasure).toMatchObject({ secrets: 1_204, kept: 0, keyIds: [key.id], underWay: 0 });
  expect(await namesIn(db)).toEqual([]);
  const { rows } = await sql<{ erased: readonly (readonly string[])[]; why: string; who: string }>`
    select about->'erased' as erased, why, who from audit where what = 'secrets erased, by name' order by id`.execute(
    db.sql,
  );
  expect(rows.every(({ who, why }) => who === 'operator ben' && why === 'all released')).toBe(true);
  const named = rows.flatMap(({ erased }) => erased);
  const asPairs = (pairs: readonly (readonly (string | undefined)[])[]) =>
    pairs.map((pair) => pair.join(' ')).toSorted();
  expect(asPairs(named.map(([name, fingerprint]) => [name, fingerprint]))).toEqual(
    asPairs(before.map(({ name, fingerprint }) => [name, fingerprint])),
  );
  // Anybody can count it again.
  const lines = named.map(([name, fingerprint]) => `${name}\n${fingerprint}\n`).join('');
  expect(createHash('sha256').update(lines).digest('hex')).toBe(erasure.digest);
  expect(await kept.lastErasure()).toMatchObject({ secrets: 1_204, digest: erasure.digest, why: 'all released' });
  expect(await verifyAudit(db.sql, erasure.head)).toMatchObject({ intact: true, unsealed: 0 });
  // A name taken out of the record afterwards is noticed.
  await sql`alter table audit disable trigger user`.execute(db.sql);
  await sql`
    update audit set about = about #- '{erased,0}' where what = 'secrets erased, by name'`.execute(db.sql);
  expect(await verifyAudit(db.sql, erasure.head)).toMatchObject({ intact: false });
});

test.each(['copying', 'following', 'switching', 'settled', 'returning'])(
  'nothing is erased while a mailbox is %s, unless that is said',
  async (stage) => {
    await using db = await testDatabase();
    await set(db, 'a');
    await oneMailbox(db, stage);
    const kept = sealedSecrets(db);
    expect(await kept.erase(all, 'ann', 'x')).toMatchObject({ kind: 'under-way', underWay: 1 });
    expect(await namesIn(db)).toEqual(['a']);
    expect(await kept.lastErasure()).toBeNull();
    expect(await kept.erase({ ...all, despiteMoves: true }, 'ann', 'x')).toMatchObject({ kind: 'erased', secrets: 1 });
    expect(await namesIn(db)).toEqual([]);
  },
);

test('who has not begun, has been released, rests or has left does not stand in the way', async () => {
  await using db = await testDatabase();
  await set(db, 'a');
  for (const [stage, mark] of [
    ['known', ''],
    ['released', ''],
    ['following', 'excluded'],
    ['settled', 'left'],
  ] as const)
    await oneMailbox(db, stage, mark);
  expect(await sealedSecrets(db).erase(all, 'ann', 'x')).toMatchObject({ kind: 'erased', secrets: 1 });
});

test("by a prefix only these are erased; Godwit's own key stays until it is named, for certificates are checked with it", async () => {
  await using db = await testDatabase();
  await set(db, 'source/a', 'source/b', 'target/a', digestKeySecret);
  const kept = sealedSecrets(db);
  const some = await kept.erase({ ...all, prefix: 'source/' }, 'ann', 'the source is gone');
  expect(some).toMatchObject({ secrets: 2, kept: 2, keptOwn: 1 });
  expect(await namesIn(db)).toEqual([digestKeySecret, 'target/a']);
  expect(await kept.erase(all, 'ann', 'x')).toMatchObject({ secrets: 1, kept: 1, keptOwn: 1 });
  expect(await kept.erasable({ ...all, withOwn: true })).toMatchObject({ secrets: 1, kept: 0 });
  expect(await kept.erase({ ...all, withOwn: true }, 'ann', 'x')).toMatchObject({ secrets: 1, kept: 0, keptOwn: 0 });
  expect(await namesIn(db)).toEqual([]);
  // Nothing more to tell of.
  expect(await kept.erase(all, 'ann', 'y')).toMatchObject({ kind: 'erased', secrets: 0, head: null });
  expect((await kept.lastErasure())?.why).toBe('x');
});

test('who is killed in the middle has erased nothing, and nothing in the log says otherwise', async () => {
  await using db = await testDatabase();
  await set(db, ...Array.from({ length: 600 }, (_, i) => `m/${i}`));
  // The second batch of names meets a record that cannot be written.
  await sql`create function broken() returns trigger language plpgsql as $$
    begin if jsonb_array_length(new.about->'erased') < 500 then raise 'killed'; end if; return new; end $$`.execute(
    db.sql,
  );
  await sql`create trigger broken before insert on audit for each row execute function broken()`.execute(db.sql);
  await expect(sealedSecrets(db).erase(all, 'ann', 'x')).rejects.toThrow('killed');
  expect(await namesIn(db)).toHaveLength(600);
  const { rows } = await sql`select 1 from audit where what like 'secrets erased%'`.execute(db.sql);
  expect(rows).toEqual([]);
});

test('who was killed before the table was written anew has that done by the next order, though nothing is left to erase', async () => {
  await using db = await testDatabase();
  await set(db, ...Array.from({ length: 300 }, (_, i) => `m/${i}`));
  await sql`delete from secret`.execute(db.sql);
  const octets = async () =>
    (await sql<{ n: number }>`select pg_relation_size('secret') as n`.execute(db.sql)).rows[0]?.n;
  expect(await octets()).toBeGreaterThan(0);
  expect(await sealedSecrets(db).erase(all, 'ann', 'x')).toMatchObject({ kind: 'erased', secrets: 0 });
  expect(await octets()).toBe(0);
});

test("no sample of what is sealed lies among the planner's statistics, where it would outlive its row", async () => {
  await using db = await testDatabase();
  await set(db, ...Array.from({ length: 300 }, (_, i) => `m/${i}`));
  await sql`analyze secret`.execute(db.sql);
  const { rows } = await sql<{ attname: string }>`
    select attname from pg_stats where tablename = 'secret' order by attname`.execute(db.sql);
  const sampled = rows.map(({ attname }) => attname);
  expect(sampled).toContain('name');
  expect(sampled).not.toContain('sealed');
});

test('nothing of them is left in the file though somebody still looks at the database as it was before', async () => {
  await using db = await testDatabase();
  await set(db, 'm/1', 'm/2');
  await db.sql
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      await sql`select from mailbox`.execute(tx);
      await sealedSecrets(db).erase(all, 'ann', 'x');
      const { rows } = await sql<{ n: number }>`select pg_relation_size('secret') as n`.execute(db.sql);
      expect(rows).toEqual([{ n: 0 }]);
    });
});
