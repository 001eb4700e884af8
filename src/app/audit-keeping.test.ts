/** Who cuts the end of the log off, with all the rights that there are on the database, is found out. */

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type Log, silent } from '#lib/log.ts';
import { note, seal } from '#store/audit.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { AuditKeeper, readAuditHead, sayWhatIsLost, verifyKeptAudit } from './audit-keeping.ts';

async function stateFolder() {
  const path = await mkdtemp(join(tmpdir(), 'godwit-state-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** A log of links 1 to 3 with two records each, whose head is kept; and what the keeper complains of. */
async function kept(db: TestDatabase, stateDir: string) {
  const errors: string[] = [];
  const log: Log = { ...silent, error: (_, about) => errors.push(String(about?.['text'])) };
  const keeper = new AuditKeeper(db, stateDir, log);
  for (let link = 0; link < 3; link++) {
    for (const what of ['hold', 'release']) await note(db.sql, { who: 'operator ann', what });
    await keeper.keep();
  }
  await sql`drop trigger audit_kept on audit`.execute(db.sql);
  await sql`drop trigger audit_link_kept on audit_link`.execute(db.sql);
  return { errors, keeper: () => new AuditKeeper(db, stateDir, log) };
}

test('the head is kept as the log grows, in one file that is whole at any time', async () => {
  await using opened = await both();
  const [db, state] = opened;
  const { keeper, errors } = await kept(db, state.path);
  const { finding, kept: head } = await verifyKeptAudit(db, state.path);
  expect(finding).toMatchObject({ intact: true, records: 6, head });
  expect(head).toMatchObject({ seq: 3 });
  expect(await readdir(state.path)).toEqual(['audit-head.json']);
  // The log has grown since without us: another control plane led.
  await note(db.sql, { who: 'operator ann', what: 'hold' });
  await seal(db);
  expect((await verifyKeptAudit(db, state.path)).finding).toMatchObject({ intact: true, records: 7 });
  await keeper().keep();
  expect(await readAuditHead(state.path)).toMatchObject({ seq: 4 });
  expect(errors).toEqual([]);
});

test.each([
  [
    'its last link, with all that it covers',
    ['delete from audit where id >= 5', 'delete from audit_link where seq = 3'],
    'its end was cut off: it ends with record 4 in link 2, and link 3 was there',
  ],
  ['everything', ['truncate audit, audit_link'], 'all of it was removed: 3 links were there'],
  [
    'what it was chained with, to be chained anew',
    ['truncate audit_link', `update audit set who = 'operator bob' where id = 6`, 'seal'],
    'it is another log than the one whose head was kept',
  ],
  [
    'its end, to be written anew',
    [
      'delete from audit where id >= 5',
      'delete from audit_link where seq = 3',
      `insert into audit (who, what) values ('operator bob', 'hold')`,
      'seal',
    ],
    'it was written anew: link 3 is not the one that was kept',
  ],
])('a log that has lost %s is told from its head, which stays as evidence', async (_, statements, what) => {
  await using opened = await both();
  const [db, state] = opened;
  const { keeper, errors } = await kept(db, state.path);
  const before = await readAuditHead(state.path);
  for (const each of statements) await (each === 'seal' ? seal(db) : sql.raw(each).execute(db.sql));
  expect((await verifyKeptAudit(db, state.path)).finding).toEqual({ intact: false, what, record: null });
  const next = keeper();
  for (let i = 0; i < 3; i++) {
    await note(db.sql, { who: 'operator ann', what: 'hold' });
    await next.keep();
  }
  expect(errors).toHaveLength(1);
  expect(await readAuditHead(state.path)).toEqual(before);
});

test('a file that holds no head stops whoever relies on it', async () => {
  await using opened = await both();
  const [db, state] = opened;
  await writeFile(join(state.path, 'audit-head.json'), '{"seq":1,"hash":"x"}');
  await expect(verifyKeptAudit(db, state.path)).rejects.toThrow('holds no head');
});

async function both() {
  const [db, state] = [await testDatabase(), await stateFolder()];
  return Object.assign([db, state] as const, {
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  });
}

test('a database that was put back from last week is told of at the start, by verify, and for good', async () => {
  await using opened = await both();
  const [db, state] = opened;
  const { errors, keeper } = await kept(db, state.path);
  const tables = ['audit', 'audit_link'] as const;
  const dumped = await Promise.all(
    tables.map(async (table) => (await sql`select to_jsonb(t) as row from ${sql.table(table)} t`.execute(db.sql)).rows),
  );
  for (let day = 0; day < 7; day++) {
    await note(db.sql, { who: 'operator ann', what: 'hold' });
    await keeper().keep();
  }
  const { finding } = await verifyKeptAudit(db, state.path);
  expect(finding).toMatchObject({ intact: true, records: 13 });
  await sql`truncate audit, audit_link`.execute(db.sql);
  for (const [i, table] of tables.entries())
    await sql`insert into ${sql.table(table)} overriding system value
              select (jsonb_populate_record(null::${sql.table(table)}, each->'row')).*
                from jsonb_array_elements(${JSON.stringify(dumped[i])}::jsonb) as each`.execute(db.sql);
  expect((await verifyKeptAudit(db, state.path)).finding).toMatchObject({
    intact: false,
    what: 'its end was cut off: it ends with record 6 in link 3, and link 10 was there',
  });
  const log: Log = { ...silent, error: (_, about) => errors.push(String(about?.['text'])) };
  await sayWhatIsLost(db, state.path, log);
  expect(errors).toEqual([expect.stringContaining('its end was cut off')]);
  // It has grown past the link that was kept, and is another log all the same.
  for (let day = 0; day < 9; day++) {
    await note(db.sql, { who: 'operator bob', what: 'hold' });
    await keeper().keep();
  }
  expect((await verifyKeptAudit(db, state.path)).finding).toMatchObject({
    intact: false,
    what: 'it was written anew: link 10 is not the one that was kept',
  });
});
