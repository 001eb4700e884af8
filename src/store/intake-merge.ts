/** An import made true: joiners, movers, leavers and returners, the grants as a set, and the record of it all. */

import { type RawBuilder, sql } from 'kysely';
import type { GivenFiles, ImportRecord } from '#ports/intake.ts';
import { note } from './audit.ts';
import { oneRow, type Sql } from './db.ts';
import { forgetLedgers } from './forget-ledgers.ts';
import { particularsOf, saidOf, sizes } from './intake-compare.ts';

/** To be called after `compareRows`, in the same transaction. Rows that stay as they are are not touched. */
export async function mergeRows(tx: Sql, given: GivenFiles, record: ImportRecord): Promise<void> {
  if (given.organisations) await mergeOrganisations(tx, record.who);
  if (given.mailboxes) await mergeMailboxes(tx, given.mailboxes, record.who);
  if (given.grants) await mergeGrants(tx);
}

/** To be called last of all in the transaction. */
export async function noteImport(tx: Sql, record: ImportRecord, changes: unknown): Promise<void> {
  await note(tx, { who: record.who, what: 'import', about: { files: record.files, changes } });
  // The doors read anew who there is. Last of all, since every change of a route waits for this row.
  await sql`update route_clock set estate = estate + 1`.execute(tx);
}

async function mergeOrganisations(tx: Sql, who: string): Promise<void> {
  await sql`
    insert into organisation (code, name)
    select n.code, n.name from new_organisation n join organisation_change c using (code)
     where c.change = 'joiner' order by n.line`.execute(tx);
  // Parents after all of them are there.
  await sql`
    update organisation o set name = n.name, parent = above.id, left_at = null
      from organisation_change c join new_organisation n using (code) left join organisation above on above.code = n.parent
     where o.code = c.code`.execute(tx);
  await sql`
    update organisation o set left_at = now() from organisation_change c
     where c.change = 'leaver' and o.code = c.code and o.left_at is null`.execute(tx);
  await sql`
    insert into audit (who, what, about)
    select ${who}, ${stepOf}, jsonb_build_object('organisation', code, 'columns', columns)
      from organisation_change c where change <> 'joiner'`.execute(tx);
}

async function mergeMailboxes(tx: Sql, header: NonNullable<GivenFiles['mailboxes']>, who: string): Promise<void> {
  const names = particularsOf(header);
  await holdMailboxes(tx);
  await sql`
    insert into mailbox (id, address, organisation, ${sql.join(names.map((name) => sql.ref(name)))})
    overriding system value
    select k.mailbox, n.address, o.id, ${sql.join(names.map((name) => sql.ref(`n.${name}`)))}
      from new_mailbox n
      join known k on k.line = n.line and k.is_new and not k.is_alias
      join organisation o on o.code = n.organisation`.execute(tx);
  const { areThere } = await oneRow(tx, sql<{ areThere: boolean }>`select exists (${otherAccounts}) as "areThere"`);
  if (areThere) await forgetLedgers(tx, otherAccounts);
  await sql`
    update mailbox m set organisation = o.id, left_at = null, ${sql.join(names.map(set))}
      from mailbox_change c join new_mailbox n using (line) join organisation o on o.code = n.organisation
     where c.change <> 'resized' and m.id = c.mailbox`.execute(tx);
  await sql`
    update mailbox m set ${sql.join(sizes.map(set))}
      from mailbox_change c join new_mailbox n using (line)
     where c.change = 'resized' and m.id = c.mailbox`.execute(tx);
  await sql`
    update mailbox m set left_at = now() from mailbox_change c
     where c.change = 'leaver' and m.id = c.mailbox and m.left_at is null`.execute(tx);
  await sql`
    insert into audit (who, what, mailbox, about)
    select ${who}, ${stepOf}, c.mailbox, jsonb_build_object('columns', columns, 'before', before, 'after', after)
      from mailbox_change c where change <> 'resized'`.execute(tx);
}

/** Who waits to be copied from or to another account than the last time: nothing that was learnt then is true of it. */
const otherAccounts = sql`
  select c.mailbox from mailbox_change c join mailbox m on m.id = c.mailbox
   where c.columns && '{source_user,target_user}' and m.stage in ('known', 'planned')`;

function set(column: Parameters<typeof saidOf>[0]): RawBuilder<unknown> {
  return sql`${sql.ref(column)} = ${saidOf(column)}`;
}

/**
 * Workers go on meanwhile, and nobody waits for another in a circle: mailboxes that change are held in the order of their
 * numbers before anything is counted, and what is counted has a place of its own. Those that are merely resized are not on
 * their way, and nobody works on them.
 */
async function holdMailboxes(tx: Sql): Promise<void> {
  await sql`set local godwit.imports = 'on'`.execute(tx);
  await sql`
    select count(*)
      from (select m.id from mailbox m 
             where m.id in (select mailbox from mailbox_change where change <> 'resized') order by m.id for update) as held`.execute(
    tx,
  );
}

/** The words of the audit log. */
const stepOf: RawBuilder<string> = sql`case c.change when 'mover' then 'move' when 'leaver' then 'leave' else 'come-back' end`;

/** `grant_set` is in the order of the index, and is read as it is. */
async function mergeGrants(tx: Sql): Promise<void> {
  await sql`
    delete from permission p
     where not exists (select from grant_set g where (g.mailbox, g.grantee, g.kind) = (p.mailbox, p.grantee, p.kind))`.execute(
    tx,
  );
  await sql`
    insert into permission (mailbox, grantee, kind)
    select mailbox, grantee, kind from grant_set g
     where not exists (select from permission p where (g.mailbox, g.grantee, g.kind) = (p.mailbox, p.grantee, p.kind))`.execute(
    tx,
  );
}
