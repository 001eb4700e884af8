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

describe('where somebody signs in, asked of the database itself', () => {
  const sideOf = async (db: TestDatabase, name: string): Promise<string> => {
    const { rows } = await sql<{ side: string }>`select mail_side(${name}) as side`.execute(db.sql);
    return rows[0]?.side ?? '';
  };

  test('is their side under any address and any name to sign in with; of whoever is nobody, the source', async () => {
    await using db = await testDatabase();
    await sql`insert into organisation (code, name) values ('X', 'X')`.execute(db.sql);
    await estate(db);
    await sql`update mailbox set source_user = 'CORP\\Bob', target_user = 'bob.new' where address like 'bob%'`.execute(
      db.sql,
    );
    for (const name of ['Bob@x.example', 'CORP\\Bob', 'corp\\bob', 'bob.new'])
      expect(await sideOf(db, name)).toBe('target');
    for (const name of ['ann@x.example', 'A.Smith@x.example', 'gone@x.example', 'nobody', '', "' or true --", '%', '*'])
      expect(await sideOf(db, name)).toBe('source');
  });

  test('is told by the better right where two have a name, as the doors tell it', async () => {
    await using db = await testDatabase();
    await sql`insert into organisation (code, name) values ('X', 'X')`.execute(db.sql);
    await estate(db);
    // Bob is on the target, Ann on the source.
    await sql`update mailbox set source_user = 'ANN@x.example' where address like 'bob%'`.execute(db.sql);
    expect(await sideOf(db, 'ANN@x.example')).toBe('source');
    await sql`update mailbox set source_user = 'shared' where address like 'ann%'`.execute(db.sql);
    await sql`update mailbox set source_user = 'Shared' where address like 'bob%'`.execute(db.sql);
    expect(await sideOf(db, 'shared')).toBe('source');
    expect(await sideOf(db, 'Shared')).toBe('target');
  });

  test('cannot be told while they move, so that nobody signs in on the side that is just being left', async () => {
    await using db = await testDatabase();
    await sql`insert into organisation (code, name) values ('X', 'X')`.execute(db.sql);
    await estate(db);
    await expect(sideOf(db, 'eve@x.example')).rejects.toThrow('being moved');
  });
});
