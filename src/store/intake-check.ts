/**
 * The rows of an import held against each other and against the estate: who has which address, which organisations there are,
 * and between whom a grant is. What does not go together becomes a `finding`.
 */

import { type RawBuilder, sql } from 'kysely';
import { type ClashName, remarks } from '#domain/estate-changes.ts';
import type { EstateFileKind } from '#domain/estate-columns.ts';
import type { GivenFiles } from '#ports/intake.ts';
import type { Sql } from './db.ts';
import { fileNumbers } from './intake-staging.ts';

/** All of it, in the order in which one builds on the other. */
export async function checkRows(tx: Sql, given: GivenFiles, dryRun: boolean): Promise<void> {
  await gatherOrganisations(tx, given);
  await gatherAddresses(tx, given, dryRun);
  if (given.mailboxes) {
    await findUnknownOrganisations(tx, given.mailboxes);
    await findAddressesTwice(tx, given.mailboxes);
    await findRenamed(tx, given.mailboxes);
  } else if (given.organisations) await findOrganisationsInUse(tx);
  if (given.grants) {
    await gatherGrants(tx);
    await findOddGrants(tx, given.grants);
  }
}

async function gatherOrganisations(tx: Sql, given: GivenFiles): Promise<void> {
  const codes = given.organisations
    ? sql`select distinct code from new_organisation`
    : sql`select code from organisation where left_at is null`;
  await sql`create temporary table known_organisation on commit drop as ${codes}`.execute(tx);
  await sql`analyze known_organisation`.execute(tx);
}

/**
 * Every address of the estate as it is to be, with the mailbox it belongs to. One that is new gets its number here, so
 * that grants can be told by numbers; in a dry run a number that nobody else has, since nothing will be kept.
 */
async function gatherAddresses(tx: Sql, given: GivenFiles, dryRun: boolean): Promise<void> {
  const fresh = dryRun ? sql`-n.line` : sql`nextval((select pg_get_serial_sequence('mailbox', 'id')::regclass))::int`;
  const aliases = given.mailboxes?.at.has('aliases') ? sql`n.aliases` : sql`m.aliases`;
  const own = given.mailboxes
    ? sql`
      select n.line, n.address, false as is_alias, m.id is null as is_new, coalesce(m.id, ${fresh}) as mailbox
        from new_mailbox n left join mailbox m using (address)`
    : sql`
      select null::int as line, m.address, false as is_alias, false as is_new, m.id as mailbox
        from mailbox m where m.left_at is null`;
  await sql`create temporary table known on commit drop as ${own}`.execute(tx);
  const others = given.mailboxes
    ? sql`
      select k.line, alias, true, k.is_new, k.mailbox
        from known k join new_mailbox n using (line) left join mailbox m on m.id = k.mailbox, unnest(${aliases}) as alias
       where ${aliases} is not null and alias <> k.address`
    : sql`
      select null, alias, true, false, m.id
        from mailbox m, unnest(m.aliases) as alias
       where m.left_at is null and m.aliases is not null`;
  await sql`insert into known ${others}`.execute(tx);
  await sql`analyze known`.execute(tx);
}

async function findUnknownOrganisations(tx: Sql, { at }: NonNullable<GivenFiles['mailboxes']>): Promise<void> {
  await find(
    tx,
    'organisation.unknown',
    'mailboxes',
    sql`
    select n.line, ${field(at.get('organisation'))}, jsonb_build_object('code', n.organisation, 'near',
           (select min(code) from known_organisation where lower(code) = lower(n.organisation)))
      from new_mailbox n
     where not exists (select from known_organisation o where o.code = n.organisation)`,
  );
}

async function findAddressesTwice(tx: Sql, { at }: NonNullable<GivenFiles['mailboxes']>): Promise<void> {
  const [address, alias] = [field(at.get('address')), field(at.get('aliases') ?? at.get('address'))];
  await find(
    tx,
    'address.twice',
    'mailboxes',
    sql`
    select k.line, case when k.is_alias then ${alias} else ${address} end,
           jsonb_build_object('address', k.address, 'otherLine', twice.line)
      from (select address, min(line) as line from known group by address having count(*) > 1) as twice
      join known k using (address)
     where k.line <> twice.line`,
  );
}

/** Mailboxes are told apart by their addresses: one whose address was changed looks like one that left and one that joined. */
async function findRenamed(tx: Sql, { at }: NonNullable<GivenFiles['mailboxes']>): Promise<void> {
  await find(
    tx,
    'mailbox.renamed',
    'mailboxes',
    sql`
    select k.line, ${field(at.get('aliases') ?? at.get('address'))}, jsonb_build_object('address', k.address)
      from known k join mailbox m using (address)
     where k.is_alias and k.is_new and m.left_at is null`,
  );
}

async function findOrganisationsInUse(tx: Sql): Promise<void> {
  await find(
    tx,
    'organisation.in-use',
    'organisations',
    sql`
    select null::int, null::int, jsonb_build_object('code', o.code, 'mailboxes', count(*))
      from mailbox m join organisation o on o.id = m.organisation
     where m.left_at is null and not exists (select from known_organisation k where k.code = o.code)
     group by o.code`,
  );
}

/** The grants by the numbers of their mailboxes, each once. */
async function gatherGrants(tx: Sql): Promise<void> {
  await sql`
    create temporary table resolved_grant on commit drop as
    select g.line, giver.mailbox, taker.mailbox as grantee, g.kind
      from new_grant g
      left join known giver on giver.address = g.mailbox
      left join known taker on taker.address = g.grantee`.execute(tx);
  await sql`
    create temporary table grant_set on commit drop as
    select mailbox, grantee, kind, min(line) as line, count(*) as times
      from resolved_grant
     where mailbox <> grantee
     group by mailbox, grantee, kind`.execute(tx);
  await sql`analyze grant_set`.execute(tx);
}

async function findOddGrants(tx: Sql, { at }: NonNullable<GivenFiles['grants']>): Promise<void> {
  for (const end of ['mailbox', 'grantee'] as const)
    await find(
      tx,
      'grant.end-unknown',
      'grants',
      sql`
      select r.line, ${field(at.get(end))}, jsonb_build_object('address', g.${sql.ref(end)})
        from resolved_grant r join new_grant g using (line)
       where r.${sql.ref(end)} is null`,
    );
  await find(
    tx,
    'grant.to-itself',
    'grants',
    sql`
    select r.line, ${field(at.get('grantee'))}, jsonb_build_object('address', g.mailbox)
      from resolved_grant r join new_grant g using (line)
     where r.mailbox = r.grantee`,
  );
  await find(
    tx,
    'grant.twice',
    'grants',
    sql`
    select r.line, null::int, jsonb_build_object('otherLine', s.line)
      from grant_set s join resolved_grant r using (mailbox, grantee, kind)
     where s.times > 1 and r.line <> s.line`,
  );
}

/** Enters what `rows` answers: line, field and what is known of the clash. */
async function find(tx: Sql, clash: ClashName, file: EstateFileKind, rows: RawBuilder<unknown>): Promise<void> {
  await sql`
    insert into finding (is_remark, file, line, field, clash)
    select ${remarks.has(clash)}::boolean, ${fileNumbers[file]}::smallint, line, field,
           about || jsonb_build_object('clash', ${clash}::text)
      from (${rows}) as found (line, field, about)`.execute(tx);
}

/** The number of a field as people count. */
function field(at: number | undefined): RawBuilder<unknown> {
  return at === undefined ? sql`null::int` : sql.lit(at + 1);
}
