/**
 * The rows of an import held against each other and against the estate: who has which address, which organisations there are,
 * and between whom a grant is. What does not go together becomes a `finding`.
 */

import { type RawBuilder, sql } from 'kysely';
import { type ClashName, remarks } from '#domain/estate-changes.ts';
import type { EstateFileKind } from '#domain/estate-columns.ts';
import type { GivenFiles, IntakeOptions } from '#ports/intake.ts';
import { oneRow, type Sql } from './db.ts';
import { sharedAccounts } from './intake-accounts.ts';
import { fileNumbers } from './intake-staging.ts';

/** All of it, in the order in which one builds on the other. */
export async function checkRows(tx: Sql, given: GivenFiles, { dryRun, users }: IntakeOptions): Promise<void> {
  await gatherOrganisations(tx, given);
  await gatherAddresses(tx, given, dryRun);
  if (given.mailboxes) {
    await findUnknownOrganisations(tx, given.mailboxes);
    await findAddressesTwice(tx, given.mailboxes);
    await findAccountsChanged(tx, given.mailboxes);
    await findAccountsTwice(tx, given.mailboxes, users);
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

/**
 * Who is on the way goes on with the accounts that it began with: with others, what is not in them would be taken for removed.
 * Whoever is held or excluded, or had left, is not worked on, and asked what is meant before they are again (`mailbox.other-account`).
 */
async function findAccountsChanged(tx: Sql, { at }: NonNullable<GivenFiles['mailboxes']>): Promise<void> {
  const columns = (['source_user', 'target_user'] as const).filter((column) => at.has(column));
  if (columns.length === 0) return;
  const accounts = columns.map(
    (column) =>
      sql`(${column}::text, ${field(at.get(column))}, coalesce(m.${sql.ref(column)}, m.address),
           coalesce(n.${sql.ref(column)}, m.address))`,
  );
  await find(
    tx,
    'account.changed',
    'mailboxes',
    sql`
    select n.line, a.field, jsonb_build_object('column', a.name, 'address', m.address, 'before', a.before)
      from new_mailbox n
      join mailbox m using (address)
     cross join lateral (values ${sql.join(accounts)}) as a (name, field, before, after)
     where m.stage not in ('known', 'planned', 'released') and m.held is null and m.excluded is null
       and m.left_at is null and lower(a.before) <> lower(a.after)`,
  );
}

/** Whoever is not in the file leaves, and rests: with them nobody shares an account. */
async function findAccountsTwice(
  tx: Sql,
  header: NonNullable<GivenFiles['mailboxes']>,
  users: IntakeOptions['users'],
): Promise<void> {
  for (const { side, column, rows } of await sharedAccounts(tx, header, users))
    await find(
      tx,
      'account.twice',
      'mailboxes',
      sql`
      select line, ${field(header.at.get(column) ?? header.at.get('address'))},
             jsonb_build_object('side', ${side}::text, 'address', address, 'account', account,
                                'otherAddress', other_address, 'otherLine', other_line)
        from (${rows}) as shared`,
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

/**
 * The grants by the numbers of their mailboxes, each once, in the order of the index into which they will go: it grows at its
 * end three times as fast as all over. Those of which an end is unknown are not among them.
 */
async function gatherGrants(tx: Sql): Promise<void> {
  await sql`
    create temporary table grant_set on commit drop as
    select giver.mailbox, taker.mailbox as grantee, g.kind, min(g.line) as line, count(*) as times
      from new_grant g
      join known giver on giver.address = g.mailbox
      join known taker on taker.address = g.grantee
     group by giver.mailbox, taker.mailbox, g.kind
     order by giver.mailbox, taker.mailbox, g.kind`.execute(tx);
  await sql`analyze grant_set`.execute(tx);
}

/** Most files have nothing odd in them, and are not looked through once more for it. */
async function findOddGrants(tx: Sql, { at }: NonNullable<GivenFiles['grants']>): Promise<void> {
  const { unknown, own, twice } = await oneRow(
    tx,
    sql<{ unknown: number; own: number; twice: number }>`
    select (select count(*) from new_grant) - coalesce(sum(times), 0)::int8 as unknown,
           count(*) filter (where mailbox = grantee) as own, count(*) filter (where times > 1) as twice
      from grant_set`,
  );
  if (unknown > 0)
    for (const end of ['mailbox', 'grantee'] as const)
      await find(
        tx,
        'grant.end-unknown',
        'grants',
        sql`
        select g.line, ${field(at.get(end))}, jsonb_build_object('address', g.${sql.ref(end)})
          from new_grant g
         where not exists (select from known k where k.address = g.${sql.ref(end)})`,
      );
  if (own > 0) {
    await find(
      tx,
      'grant.to-itself',
      'grants',
      sql`
      select g.line, ${field(at.get('grantee'))}, jsonb_build_object('address', g.mailbox)
        from new_grant g join known giver on giver.address = g.mailbox join known taker on taker.address = g.grantee
       where giver.mailbox = taker.mailbox`,
    );
    await sql`delete from grant_set where mailbox = grantee`.execute(tx);
  }
  if (twice > 0)
    await find(
      tx,
      'grant.twice',
      'grants',
      sql`
      select g.line, null::int, jsonb_build_object('otherLine', s.line)
        from new_grant g
        join known giver on giver.address = g.mailbox
        join known taker on taker.address = g.grantee
        join grant_set s on (s.mailbox, s.grantee, s.kind) = (giver.mailbox, taker.mailbox, g.kind)
       where s.times > 1 and g.line <> s.line`,
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
