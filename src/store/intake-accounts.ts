/**
 * Whose accounts the mailboxes of an import are on either platform: what two of them share would be carried by both, and each would
 * take for removed what the other moves.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Header } from '#domain/estate-columns.ts';
import { type SideName, sideNames, type UserField, type UserPart, userParts } from '#domain/platform.ts';
import type { Users } from '#ports/intake.ts';
import { oneRow, type Sql } from './db.ts';

const columnOf = { source: 'source_user', target: 'target_user' } as const satisfies Record<SideName, string>;

export interface SharedAccounts {
  readonly side: SideName;
  readonly column: (typeof columnOf)[SideName];
  /** `line`, `address`, `account`, `other_line` and `other_address` of each mailbox but the first that has an account. */
  readonly rows: RawBuilder<unknown>;
}

/** Where two mailboxes may have one account: a side on which everybody's is their address is not looked at. */
export async function sharedAccounts(
  tx: Sql,
  header: Header<'mailboxes'>,
  users: Users,
): Promise<readonly SharedAccounts[]> {
  const shared: SharedAccounts[] = [];
  for (const side of sideNames) {
    if (users[side] === null && !(await isAnyoneNamed(tx, header, side))) continue;
    shared.push({ side, column: columnOf[side], rows: accountsTwice(header, side, users) });
  }
  return shared;
}

async function isAnyoneNamed(tx: Sql, { at }: Header<'mailboxes'>, side: SideName): Promise<boolean> {
  const column = columnOf[side];
  const table = sql.table(at.has(column) ? 'new_mailbox' : 'mailbox');
  const { named } = await oneRow(
    tx,
    sql<{ named: boolean }>`select exists (select from ${table} where ${sql.ref(column)} is not null) as named`,
  );
  return named;
}

/** First by their hashes, which are small: mostly no two are alike, and then nothing else is looked at. */
function accountsTwice({ at }: Header<'mailboxes'>, side: SideName, users: Users): RawBuilder<unknown> {
  const parts = userParts(side, { user: users[side] });
  const account = sql`concat(${sql.join(parts.map((part) => ('field' in part ? fieldIn(at, part.field) : sql`${part.text}::text`)))})`;
  const hash = sql`hashtextextended(lower(${account}), 0)`;
  // What the file does not speak of is as it was.
  const isInFile = (part: UserPart): boolean =>
    !('field' in part && (part.field === 'source_user' || part.field === 'target_user') && !at.has(part.field));
  const mailboxes = parts.every(isInFile) ? sql`new_mailbox n` : sql`new_mailbox n left join mailbox m using (address)`;
  return sql`
    with alike as materialized (
      select ${hash} as hash from ${mailboxes} group by 1 having count(*) > 1
    ), account as materialized (
      select n.line, n.address, ${account} as account from ${mailboxes} where ${hash} in (select hash from alike)
    ), twice as (
      select lower(account) as account, min(line) as line from account group by 1 having count(*) > 1
    )
    select a.line, a.address, a.account, first.line as other_line, first.address as other_address
      from twice join account a on lower(a.account) = twice.account and a.line <> twice.line
      join account first on first.line = twice.line`;
}

/** As `userOn` of the domain has it. */
function fieldIn(at: Header<'mailboxes'>['at'], field: UserField): RawBuilder<unknown> {
  // From the end.
  const lastAt = sql`strpos(reverse(n.address), '@')`;
  switch (field) {
    case 'address':
      return sql`n.address`;
    case 'local':
      return sql`case when ${lastAt} = 0 then n.address else left(n.address, -${lastAt}) end`;
    case 'domain':
      return sql`case when ${lastAt} = 0 then '' else right(n.address, ${lastAt} - 1) end`;
    case 'source_user':
    case 'target_user':
      return sql`coalesce(${sql.ref(`${at.has(field) ? 'n' : 'm'}.${field}`)}, n.address)`;
  }
}
