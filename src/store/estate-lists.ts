/**
 * Lists of what an estate holds, in parts: each begins behind the last line of the one before it, so that none of them walks
 * past what was shown already, and nothing counts two million rows.
 */

import { type RawBuilder, sql } from 'kysely';
import type { MailboxKind } from '#domain/estate.ts';
import type {
  ListOrder,
  MailboxLine,
  MailboxListOrder,
  OrganisationLine,
  Page,
  WaveLine,
} from '#domain/estate-lists.ts';
import type { Standing } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { SideName } from '#domain/platform.ts';
import type { Within } from '#domain/rights.ts';
import type { Selector, UnknownName } from '#domain/selector.ts';
import type { EstateLists } from '#ports/estate-view.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { standingsNow } from './estate-view.ts';
import { firstAddresses } from './first-addresses.ts';
import { countedUpTo, inPart, partOf } from './part.ts';
import { select } from './selected.ts';
import { openWaves } from './waves.ts';

interface MailboxRow {
  readonly address: string;
  readonly kind: MailboxKind;
  readonly organisation: string;
  readonly stage: Stage;
  readonly stage_since: Date;
  readonly mark: Mark | '';
  readonly marked_for: string | null;
  readonly wave: string | null;
  readonly side: SideName;
  readonly size_bytes: number | null;
  readonly items: number | null;
  readonly lag_ms: number | null;
  readonly caught_up_at: Date | null;
  readonly exceptions: number;
  readonly display_name: string | null;
}

interface OrganisationRow {
  readonly code: string;
  readonly name: string;
  readonly parent: string | null;
  readonly mailboxes: number;
  readonly has_left: boolean;
}

/** Of all of it, or of a part. */
export function openEstateLists(db: Database, within: Within = null): EstateLists {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    mailboxes: (order) => ask(mailboxes(db.sql, order, within)),
    count: (selector) => ask(count(db.sql, selector, within)),
    organisations: (order) => ask(organisations(db.sql, order, within)),
    waves: () => ask(waves(db, within)),
  };
}

async function mailboxes(
  db: Sql,
  { selector, after, max }: MailboxListOrder,
  within: Within,
): Promise<Page<MailboxLine> | UnknownName> {
  const selected = await select(db, selector, within);
  if (selected.kind === 'unknown') return selected;
  const { query, isByName } = await firstAddresses(db, selector, selected, after, max + 1);
  // Who is on the page is found first, and then what is told of them.
  const { rows } = await sql<MailboxRow>`
    select m.address, m.kind, o.code as organisation, m.stage, m.stage_since, m.mark, ${markedFor} as marked_for,
           w.name as wave, coalesce(r.side, 'source') as side, m.size_bytes, m.items, m.lag_ms, m.caught_up_at,
           m.exceptions, m.display_name
      from (${query}) as page
      join mailbox m using (address)
      join organisation o on o.id = m.organisation
      left join wave w on w.id = m.wave
      left join route r on r.mailbox = m.id
     order by ${isByName ? sql`page.place, ` : sql``} m.address`.execute(db);
  return pageOf(rows.map(mailboxLine), max);
}

/** Of a mailbox `m`: why it is held, with the day on which that ends by itself. */
export const heldFor = sql<string | null>`m.held || coalesce(' (until ' || m.held_until || ')', '')`;

/** Of a mailbox `m`: what a person said, or the code of a fault. */
export const markedFor = sql<string | null>`
  case m.mark when 'excluded' then m.excluded when 'blocked' then m.blocked when 'held' then ${heldFor} end`;

/** Null where only a count of the mailboxes would tell. Those of a small part are counted. */
async function count(db: Sql, selector: Selector, within: Within): Promise<number | null> {
  const selected = await select(db, selector, within);
  if (selected.kind === 'unknown') return null;
  if (selected.part !== null) return countedUpTo(db, selected.condition);
  if (!selected.isStandingOnly) return null;
  const { mailboxes } = await oneRow(
    db,
    sql<{ mailboxes: number }>`
      select coalesce(sum(t.mailboxes), 0)::int8 as mailboxes from tally t where ${selected.standing ?? sql`true`}`,
  );
  return mailboxes;
}

async function organisations(db: Sql, { after, max }: ListOrder, within: Within): Promise<Page<OrganisationLine>> {
  const part = await partOf(db, within);
  const rest: RawBuilder<unknown> = after === null ? sql`true` : sql`o.code > ${after}`;
  const { rows } = await sql<OrganisationRow>`
    select o.code, o.name, p.code as parent, o.left_at is not null as has_left,
           (select count(*) from mailbox m where m.organisation = o.id) as mailboxes
      from (select * from organisation o where ${rest} and ${inPart(part, 'o.id')} order by o.code limit ${max + 1}) as o
      left join organisation p on p.id = o.parent and ${inPart(part, 'p.id')}
     order by o.code`.execute(db);
  return pageOf(
    rows.map(({ has_left: hasLeft, ...row }) => ({ ...row, hasLeft })),
    max,
  );
}

async function waves(db: Database, within: Within): Promise<readonly WaveLine[]> {
  const [all, standings] = await Promise.all([openWaves(db, within).list(), standingsNow(db, within)]);
  const byWave = Map.groupBy(standings, ({ wave }) => wave);
  return all.map((wave) => ({ ...wave, ...sums(byWave.get(wave.name) ?? []) }));
}

function sums(standings: readonly Standing[]): Pick<WaveLine, 'mailboxes' | 'bytes' | 'stages' | 'marks'> {
  const stages: Partial<Record<Stage, number>> = {};
  const marks: Partial<Record<Mark, number>> = {};
  for (const { stage, mark, mailboxes: n } of standings) {
    if (mark === null) stages[stage] = (stages[stage] ?? 0) + n;
    else marks[mark] = (marks[mark] ?? 0) + n;
  }
  const sum = (of: (each: Standing) => number): number => standings.reduce((total, each) => total + of(each), 0);
  return { mailboxes: sum((each) => each.mailboxes), bytes: sum((each) => each.bytes), stages, marks };
}

function mailboxLine(row: MailboxRow): MailboxLine {
  const { address, kind, organisation, stage, mark, wave, side, items, exceptions } = row;
  return {
    address,
    kind,
    organisation,
    stage,
    stageSince: row.stage_since,
    mark: mark === '' ? null : mark,
    markedFor: row.marked_for,
    wave,
    side,
    sizeBytes: row.size_bytes,
    items,
    lagMs: row.lag_ms,
    caughtUpAt: row.caught_up_at,
    exceptions,
    displayName: row.display_name,
  };
}

function pageOf<Line>(lines: readonly Line[], max: number): Page<Line> {
  return { kind: 'page', lines: lines.slice(0, max), hasMore: lines.length > max };
}
