/** How the estate would change by an import: counted, and kept by name for whoever asks and for the merge. */

import { type RawBuilder, sql } from 'kysely';
import type {
  ChangeKind,
  EstateChanges,
  GrantChanges,
  MailboxChanges,
  NamedChange,
  RowChanges,
} from '#domain/estate-changes.ts';
import type { GivenFiles } from '#ports/intake.ts';
import { oneRow, type Sql } from './db.ts';

/** Columns of `new_mailbox` and `mailbox` with the same name, by their names in the file; the organisation is told by its code. */
const particulars = [
  'kind',
  'size_bytes',
  'items',
  'not_before',
  'not_after',
  'wave_hint',
  'source_user',
  'target_user',
  'display_name',
  'aliases',
  'timezone',
  'language',
] as const;
type Particular = (typeof particulars)[number];

/** What every later look finds changed, and nobody calls a change. */
const sizes: readonly Particular[] = ['size_bytes', 'items'];

/** The particulars that a file of mailboxes speaks of; the others stay as they are. */
export function particularsOf(header: NonNullable<GivenFiles['mailboxes']>): readonly Particular[] {
  return particulars.filter((column) => header.at.has(column));
}

/** Fills `organisation_change` and `mailbox_change`, and counts. */
export async function compareRows(tx: Sql, given: GivenFiles): Promise<EstateChanges> {
  return {
    organisations: given.organisations ? await compareOrganisations(tx) : null,
    mailboxes: given.mailboxes ? await compareMailboxes(tx, given.mailboxes) : null,
    grants: given.grants ? await compareGrants(tx) : null,
  };
}

async function compareOrganisations(tx: Sql): Promise<RowChanges> {
  await sql`
    create temporary table organisation_change on commit drop as
    select n.code, case when o.id is null then 'joiner' when o.left_at is not null then 'returner' else 'mover' end as change,
           array_remove(array[
             case when n.name is distinct from o.name then 'name' end,
             case when n.parent is distinct from above.code then 'parent' end], null) as columns
      from new_organisation n
      left join organisation o using (code)
      left join organisation above on above.id = o.parent
     where o.id is null or o.left_at is not null or (n.name, n.parent) is distinct from (o.name, above.code)
    union all
    select o.code, 'leaver', '{}'
      from organisation o
     where o.left_at is null and not exists (select from new_organisation n where n.code = o.code)`.execute(tx);
  return await oneRow(
    tx,
    sql<RowChanges>`
    select ${counted('joiner')} as joiners, ${counted('mover')} as movers, ${counted('leaver')} as leavers,
           ${counted('returner')} as returners,
           (select count(*) from new_organisation) - count(*) filter (where change <> 'leaver') as unchanged
      from organisation_change`,
  );
}

async function compareMailboxes(tx: Sql, header: NonNullable<GivenFiles['mailboxes']>): Promise<MailboxChanges> {
  const given = particularsOf(header);
  const list = (table: string) => sql.join(given.map((name) => sql.ref(`${table}.${name}`)));
  const differing = given.map((name) => {
    const [theirs, ours] = [sql.ref(`n.${name}`), sql.ref(`m.${name}`)];
    return sql`case when ${theirs} is distinct from ${ours} then ${sql.lit(name)} end`;
  });
  // Joiners are in `known`: at a first import they are all, and writing them down once more would only take time.
  await sql`
    create temporary table mailbox_change on commit drop as
    select line, mailbox, columns, before, after,
           case when was_gone then 'returner' when columns <@ ${sql.lit(`{${sizes.join(',')}}`)}::text[] then 'resized'
                else 'mover' end as change
      from (
        select n.line, m.id as mailbox, m.left_at is not null as was_gone, o.code as before, n.organisation as after,
               array_remove(array[case when n.organisation <> o.code then 'organisation' end,
                                  ${sql.join(differing)}], null) as columns
          from new_mailbox n
          join mailbox m using (address)
          join organisation o on o.id = m.organisation
         where m.left_at is not null or (n.organisation, ${list('n')}) is distinct from (o.code, ${list('m')})
      ) as others
    union all
    select null, m.id, '{}', o.code, null, 'leaver'
      from mailbox m
      join organisation o on o.id = m.organisation
     where m.left_at is null and not exists (select from new_mailbox n where n.address = m.address)`.execute(tx);
  await sql`analyze mailbox_change`.execute(tx);
  return await oneRow(
    tx,
    sql<MailboxChanges>`
    select (select count(*) from known where is_new and not is_alias) as joiners,
           ${counted('mover')} as movers, ${counted('leaver')} as leavers, ${counted('returner')} as returners,
           ${counted('resized')} as resized,
           count(*) filter (where change = 'mover' and before <> after) as "toOtherOrganisation",
           count(*) filter (where change = 'leaver' and m.stage not in ('known', 'planned', 'released')) as "leaversUnderWay",
           (select count(*) from known where not is_new and not is_alias)
             - count(*) filter (where change <> 'leaver') as unchanged
      from mailbox_change c join mailbox m on m.id = c.mailbox`,
  );
}

async function compareGrants(tx: Sql): Promise<GrantChanges> {
  return await oneRow(
    tx,
    sql<GrantChanges>`
    select (select count(*) from grant_set) - same as added, (select count(*) from permission) - same as removed,
           same as unchanged
      from (select count(*) as same from permission join grant_set using (mailbox, grantee, kind)) as there`,
  );
}

function counted(change: string): RawBuilder<unknown> {
  return sql`count(*) filter (where change = ${sql.lit(change)})`;
}

/** Opens the changes of one kind, to be read by `nextChanges`. */
export async function declareChanges(tx: Sql, given: GivenFiles, change: ChangeKind): Promise<void> {
  const mailboxes =
    change === 'joiner'
      ? sql`
        select 'mailbox', n.address, '{}'::text[], null, n.organisation
          from known k join new_mailbox n using (line) where k.is_new and not k.is_alias`
      : sql`
        select 'mailbox', m.address, c.columns, c.before, c.after
          from mailbox_change c join mailbox m on m.id = c.mailbox where c.change = ${sql.lit(change)}`;
  const parts = [
    ...(given.organisations
      ? [
          sql`select 'organisation', code, columns, null, null from organisation_change where change = ${sql.lit(change)}`,
        ]
      : []),
    ...(given.mailboxes ? [mailboxes] : []),
    sql`select null, null, '{}'::text[], null::text, null::text where false`,
  ];
  await sql`
    declare change_by_name no scroll cursor for
    select "of", ${sql.lit(change)} as change, name, columns, before, after
      from (${sql.join(parts, sql` union all `)}) as each ("of", name, columns, before, after)
     order by "of" desc, name collate "C"`.execute(tx);
}

/** The next of them. */
export async function nextChanges(tx: Sql, most: number): Promise<readonly NamedChange[]> {
  return (await sql<NamedChange>`fetch ${sql.lit(most)} from change_by_name`.execute(tx)).rows;
}
