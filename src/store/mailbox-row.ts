/** One mailbox as the tables of an estate hold it, in a row: what is described of it without asking any further. */

import { sql } from 'kysely';
import type { MailboxDescription } from '#domain/description.ts';
import type { MailboxKind } from '#domain/estate.ts';
import type { Stage } from '#domain/journey.ts';
import type { SideName } from '#domain/platform.ts';
import { nearest } from '#lib/nearest.ts';
import type { Sql } from './db.ts';
import { heldFor } from './estate-lists.ts';
import { inPart, type Part } from './part.ts';
import { lateWords } from './way-home.ts';

/** Looked at on both sides of an address that is not there. */
const neighboursMax = 50;

export interface MailboxRow {
  readonly id: number;
  readonly address: string;
  readonly kind: MailboxKind;
  readonly display_name: string | null;
  readonly aliases: readonly string[] | null;
  readonly source_user: string | null;
  readonly target_user: string | null;
  readonly timezone: string | null;
  readonly language: string | null;
  readonly code: string;
  readonly organisation_name: string;
  readonly above: readonly string[];
  readonly size_bytes: number | null;
  readonly items: number | null;
  readonly not_before: string | null;
  readonly not_after: string | null;
  readonly stage: Stage;
  readonly stage_since: Date;
  readonly held: string | null;
  readonly blocked: string | null;
  readonly blocked_about: Readonly<Record<string, unknown>> | null;
  readonly excluded: string | null;
  readonly left_at: Date | null;
  readonly wave: number | null;
  readonly side: SideName;
  readonly turned_at: Date | null;
  readonly due_at: Date | null;
  readonly queued_at: Date | null;
  readonly failures: number;
  readonly last_fault: { readonly code: string; readonly message: string; readonly at: string } | null;
  readonly home_late: string | null;
  readonly home_late_since: Date | null;
  readonly home_late_says: string | null;
  readonly in_hand_of: MailboxDescription['inHandOf'];
  readonly belongs_with: readonly string[];
  readonly readiness: { readonly at: string; readonly found: unknown } | null;
  readonly verification: { readonly at: string; readonly found: unknown } | null;
  readonly has_tail: boolean;
}

/** By its address, else by an alias; lacking where nobody in that part is called so. */
export async function mailboxCalled(db: Sql, address: string, part: Part | null): Promise<MailboxRow | undefined> {
  const { rows } = await mailboxRow(db, sql`m.address = ${address}`, part);
  return rows[0] ?? (await mailboxRow(db, sql`m.id = any(array(${knownAs(address)}))`, part)).rows[0];
}

function mailboxRow(db: Sql, which: ReturnType<typeof sql>, part: Part | null) {
  return sql<MailboxRow>`
    select m.id, m.address, m.kind, m.display_name, m.aliases, m.source_user, m.target_user, m.timezone, m.language,
           o.code, o.name as organisation_name, m.size_bytes, m.items, m.not_before::text, m.not_after::text, m.stage,
           m.stage_since, ${heldFor} as held, m.blocked, m.blocked_about, m.excluded, m.left_at, m.wave,
           coalesce(r.side, 'source') as side, r.turned_at, m.due_at, m.queued_at, m.failures, m.last_fault,
           m.home_late, m.home_late_since, m.home_late_says,
           (select jsonb_build_object('worker', w.id, 'host', w.host, 'pid', w.pid)
              from mailbox_lease l join worker w on w.id = l.worker where l.mailbox = m.id) as in_hand_of,
           array(select o.address from party t join party p using (party, wave) join mailbox o on o.id = p.mailbox and o.wave = p.wave
                  where t.mailbox = m.id and t.wave = m.wave and o.id <> m.id and ${inPart(part, 'o.organisation')}
                 order by o.address) as belongs_with,
           (select jsonb_build_object('at', at, 'found', remarks) from readiness where mailbox = m.id) as readiness,
           (select jsonb_build_object('at', at, 'found', found) from verification where mailbox = m.id) as verification,
           (exists (select from tail_use t where t.mailbox = m.id) or exists (select from tail_plan t where t.mailbox = m.id)) as has_tail,
           array(with recursive above (id, code, parent, far) as (
                   select p.id, p.code, p.parent, 1 from organisation p where p.id = o.parent
                   union all
                   select p.id, p.code, p.parent, far + 1 from organisation p join above a on p.id = a.parent
                 )
                 select code from above where ${inPart(part, 'above.id')} order by far) as above
      from mailbox m join organisation o on o.id = m.organisation left join route r on r.mailbox = m.id
     where ${which} and ${inPart(part)} order by m.address limit 1`.execute(db);
}

/** By the index of aliases: apart from the order of all, in which PostgreSQL would look for the first of them one by one. */
function knownAs(address: string) {
  return sql`select a.id from mailbox a where a.aliases @> array[${address}]`;
}

/** Of those that stand beside it in the list of all, which begin alike; and those who are called so elsewhere. */
export async function nearestAddress(db: Sql, address: string, part: Part | null): Promise<string | null> {
  const localPart = `${address.split('@')[0]}@`;
  const { rows } = await sql<{ address: string }>`
    select address from (
      (select address, organisation from mailbox where address >= ${address} order by address limit ${neighboursMax})
      union
      (select address, organisation from mailbox where address < ${address} order by address desc limit ${neighboursMax})
      union
      (select address, organisation from mailbox where address >= ${localPart} order by address limit ${neighboursMax})
    ) as m where ${inPart(part)}`.execute(db);
  const addresses = rows.map((row) => row.address);
  return nearest(address, addresses) ?? addresses.find((each) => each.startsWith(localPart)) ?? null;
}

/** What stands in the row, in the words of the domain. */
export function descriptionOf(
  row: MailboxRow,
): Omit<
  MailboxDescription,
  'account' | 'switches' | 'exceptions' | 'log' | 'wave' | 'marks' | 'fault' | 'tail' | 'plan'
> {
  const { address, kind, aliases, timezone, language, code, above, items, stage, side, failures } = row;
  return {
    address,
    kind,
    displayName: row.display_name,
    aliases: aliases ?? [],
    sourceUser: row.source_user,
    targetUser: row.target_user,
    timezone,
    language,
    organisation: { code, name: row.organisation_name, above },
    sizeBytes: row.size_bytes,
    items,
    notBefore: row.not_before,
    notAfter: row.not_after,
    stage,
    stageSince: row.stage_since,
    side,
    turnedAt: row.turned_at,
    dueAt: row.due_at,
    queuedAt: row.queued_at,
    inHandOf: row.in_hand_of,
    belongsWith: row.belongs_with,
    failures,
    wayHomeLate: wayHomeLateOf(row),
    readiness: row.readiness && { ...row.readiness, at: new Date(row.readiness.at) },
    verification: row.verification && { ...row.verification, at: new Date(row.verification.at) },
  };
}

function wayHomeLateOf(row: MailboxRow): MailboxDescription['wayHomeLate'] {
  const { stage, home_late: code, home_late_since: lateSince, home_late_says: says } = row;
  if (stage !== 'settled' || code === null || lateSince === null) return null;
  return { since: lateSince, code, message: lateWords(code, says, lateSince, Date.now()) };
}
