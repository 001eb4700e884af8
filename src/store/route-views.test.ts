import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from './test-database.ts';

async function estate(db: TestDatabase): Promise<void> {
  await sql`
    insert into mailbox (address, kind, organisation, aliases, left_at)
    select address, 'person', (select id from organisation limit 1), aliases, left_at
      from (values ('ann@x.example', '{a.smith@x.example}'::text[], null::timestamptz), ('bob@x.example', null, null),
                   ('eve@x.example', null, null), ('gone@x.example', null, now())) as v (address, aliases, left_at)`.execute(
    db.sql,
  );
  await sql`
    insert into route (mailbox, side, standing)
    select id, case when address like 'bob%' then 'target' else 'source' end, case when address like 'eve%' then 'held' else 'open' end
      from mailbox where address not like 'ann%'`.execute(db.sql);
}

const transportOf = async (db: TestDatabase, name: string): Promise<string | null | undefined> => {
  const { rows } = await sql<{ transport: string | null }>`
    select mail_transport(${name}, 'smtp:[old]', 'smtp:[new]', 'godwit:door') as transport`.execute(db.sql);
  return rows[0]?.transport;
};

describe('what a mail system is told that asks the database itself', () => {
  test('is the side, under any address, and the door for who moves; of strangers and of who has left nothing', async () => {
    await using db = await testDatabase();
    await sql`insert into organisation (code, name) values ('X', 'X')`.execute(db.sql);
    await estate(db);
    expect(await transportOf(db, 'Ann@X.example')).toBe('smtp:[old]');
    expect(await transportOf(db, 'a.smith@x.example')).toBe('smtp:[old]');
    expect(await transportOf(db, 'bob@x.example')).toBe('smtp:[new]');
    expect(await transportOf(db, 'eve@x.example')).toBe('godwit:door');
    for (const other of ['gone@x.example', 'x.example', '*', '', `' or true --`])
      expect(await transportOf(db, other)).toBeNull();
  });
});
