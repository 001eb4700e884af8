/** All that is told of one mailbox or one wave: each a handful of short questions, whatever the size of the estate. */

import { sql } from 'kysely';
import type { Envelope, WaveCertificate } from '#domain/certificate.ts';
import type {
  FaultCount,
  FaultMetThere,
  MailboxFound,
  MailboxDescription,
  MarkBorne,
  Recorded,
  WaveCertified,
  WaveDescription,
} from '#domain/description.ts';
import { addressKey } from '#domain/estate.ts';
import { type FaultCode, faults } from '#domain/fault.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { Within } from '#domain/rights.ts';
import type { ListedException, MailboxAccount } from '#domain/wave-report.ts';
import { nearest } from '#lib/nearest.ts';
import type { Descriptions } from '#ports/descriptions.ts';
import type { Waves } from '#ports/waves.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { openEstateLists } from './estate-lists.ts';
import { descriptionOf, type MailboxRow, mailboxCalled, nearestAddress } from './mailbox-row.ts';
import { inPart, type Part, partOf } from './part.ts';
import { switchesOf } from './interruptions.ts';
import { openWaveAccounts } from './wave-accounts.ts';
import { tailOf } from './tail-plans.ts';
import { openWaves } from './waves.ts';

/** Records of the log: some months of an ordinary mailbox. */
const recordsMax = 20;
/** Exceptions: more are for `godwit report`. */
const exceptionsMax = 200;
/** There and back, and again. */
const switchesMax = 10;

interface AuditRow {
  readonly at: Date;
  readonly who: string;
  readonly what: string;
  readonly stage_before: Stage | null;
  readonly stage_after: Stage | null;
  readonly why: string | null;
  readonly about: Readonly<Record<string, unknown>> | null;
}

interface MarkedRow {
  readonly what: string;
  readonly who: string;
  readonly at: Date;
}

/** Under which words the log tells that a mark was set. */
const wordsOf = {
  left: ['leave'],
  excluded: ['exclude'],
  blocked: ['blocked'],
  held: ['hold', 'defer', 'come-home'],
} as const satisfies Record<Mark, readonly string[]>;

/**
 * Of everybody, or of those within a part; whoever sees a part is told nothing of others, nor of the machinery. `wavesNow`: the waves
 * of all that, as they stand no earlier than when they are asked for.
 */
export function openDescriptions(
  db: Database,
  within: Within = null,
  wavesNow: Waves['list'] = openWaves(db, within).list,
): Descriptions {
  return {
    mailbox: (address) => faulted(db.name, mailbox(db, addressKey(address), within, wavesNow)),
    async wave(name) {
      const waves = await openEstateLists(db, within).waves();
      const line = waves.find((each) => each.name === name);
      if (!line) {
        const names = waves.map((each) => each.name);
        return { kind: 'unknown', nearest: nearest(name, names) };
      }
      const part = await faulted(db.name, partOf(db.sql, within));
      const [byCode, log, certificate] = await faulted(
        db.name,
        Promise.all([
          faultsIn(db.sql, line.id, part),
          part === null ? recorded(db.sql, sql`wave = ${line.id} and mailbox is null`) : [],
          part === null ? certified(db.sql, line.id) : null,
        ]),
      );
      return {
        kind: 'found',
        wave: { ...line, faults: byCode, log, certified: certificate } satisfies WaveDescription,
      };
    },
  };
}

async function certified(db: Sql, wave: number): Promise<WaveCertified | null> {
  const { rows } = await sql<{ text: string }>`
    select text from wave_certificate where wave = ${wave} order by seq desc limit 1`.execute(db);
  if (!rows[0]) return null;
  const { madeAt, mailboxes, grade, root } = (JSON.parse(rows[0].text) as Envelope<WaveCertificate>).certificate;
  return { at: madeAt, mailboxes, grade, root };
}

async function mailbox(db: Database, address: string, within: Within, wavesNow: Waves['list']): Promise<MailboxFound> {
  const part = await partOf(db.sql, within);
  const row = await mailboxCalled(db.sql, address, part);
  if (!row) return { kind: 'unknown', nearest: await nearestAddress(db.sql, address, part) };
  const accounts = openWaveAccounts(db, within);
  const isMarked = row.held !== null || row.blocked !== null || row.excluded !== null || row.left_at !== null;
  const [[account], log, marked, waves, told] = await Promise.all([
    accounts.accounts([row.id]) as Promise<readonly [MailboxAccount]>,
    recorded(db.sql, sql`mailbox = ${row.id}`),
    isMarked ? lastMarked(db.sql, row.id) : [],
    row.wave === null ? [] : wavesNow(),
    row.has_tail ? tailOf(db.sql, row.id) : { tail: [], plan: null },
  ]);
  // Of most there is none of it, which their account tells.
  const [exceptions, switches] = await Promise.all([
    account.open + account.accepted === 0 ? [] : firstOf(accounts.exceptions([row.id])),
    account.interruption === null ? null : switchesOf(db.sql, [row.id], switchesMax),
  ]);
  const wave = waves.find(({ id }) => id === row.wave) ?? null;
  const taken = switches?.get(row.id) ?? [];
  const more = { account, switches: taken, exceptions, log, wave, ...told };
  const found = { ...descriptionOf(row), ...more, marks: marksOf(row, marked), fault: faultOf(row, marked) };
  return { kind: 'found', mailbox: part === null ? found : forPart(found) };
}

/** What a record is about besides may be others; and who has it in hand is of the machinery. */
function forPart(found: MailboxDescription): MailboxDescription {
  return { ...found, inHandOf: null, log: found.log.map((record) => ({ ...record, about: null })) };
}

async function firstOf(pages: AsyncIterable<readonly ListedException[]>): Promise<readonly ListedException[]> {
  for await (const page of pages) return page.slice(0, exceptionsMax);
  return [];
}

async function recorded(db: Sql, which: ReturnType<typeof sql>): Promise<readonly Recorded[]> {
  const { rows } = await sql<AuditRow>`
    select at, who, what, stage_before, stage_after, why, about
      from audit where ${which} order by id desc limit ${recordsMax}`.execute(db);
  return rows.map(({ stage_before: stageBefore, stage_after: stageAfter, ...row }) => ({
    ...row,
    stageBefore,
    stageAfter,
  }));
}

async function lastMarked(db: Sql, id: number): Promise<readonly MarkedRow[]> {
  const { rows } = await sql<MarkedRow>`
    select distinct on (what) what, who, at from audit
     where mailbox = ${id} and what = any(${Object.values(wordsOf).flat()}::text[])
     order by what, id desc`.execute(db);
  return rows;
}

function marksOf(row: MailboxRow, marked: readonly MarkedRow[]): readonly MarkBorne[] {
  const { left_at, excluded, blocked, held } = row;
  const borne = (mark: Mark, why: string | null): MarkBorne => {
    const last = setAt(mark, marked);
    return { mark, why, who: last?.who ?? null, at: last?.at ?? (mark === 'left' ? left_at : null) };
  };
  return [
    ...(left_at === null ? [] : [borne('left', null)]),
    ...(excluded === null ? [] : [borne('excluded', excluded)]),
    ...(blocked === null ? [] : [borne('blocked', blocked)]),
    ...(held === null ? [] : [borne('held', held)]),
  ];
}

function setAt(mark: Mark, marked: readonly MarkedRow[]): MarkedRow | undefined {
  const words: readonly string[] = wordsOf[mark];
  return marked.filter(({ what }) => words.includes(what)).toSorted((a, b) => b.at.getTime() - a.at.getTime())[0];
}

/** What it is blocked for, else what was met last. */
function faultOf(row: MailboxRow, marked: readonly MarkedRow[]): FaultMetThere | null {
  const { blocked, blocked_about: about, last_fault: last } = row;
  if (blocked !== null) {
    const at = setAt('blocked', marked)?.at ?? null;
    return { code: blocked, message: messageOf(blocked, about ?? {}), at, isBlocking: true, ...adviceOf(blocked) };
  }
  if (last === null) return null;
  const { code, message } = last;
  return { code, message, at: new Date(last.at), isBlocking: false, ...adviceOf(code) };
}

function messageOf(code: string, about: Readonly<Record<string, unknown>>): string {
  if (typeof about['message'] === 'string') return about['message'];
  const entry = entryOf(code);
  return entry ? (entry.says as (about: unknown) => string)(about) : code;
}

function adviceOf(code: string): Pick<FaultMetThere, 'reach' | 'retry' | 'remedy'> {
  const entry = entryOf(code);
  return { reach: entry?.reach ?? null, retry: entry?.retry ?? null, remedy: entry?.remedy ?? null };
}

/** An older or newer version may have met what this one does not know. */
function entryOf(code: string) {
  return Object.hasOwn(faults, code) ? faults[code as FaultCode] : null;
}

async function faultsIn(db: Sql, wave: number, part: Part | null): Promise<readonly FaultCount[]> {
  const { rows } = await sql<{ code: string; mailboxes: number; example: string }>`
    select m.blocked as code, count(*) as mailboxes, min(m.address) as example
      from mailbox m where m.wave = ${wave} and m.mark = 'blocked' and ${inPart(part)}
     group by 1 order by 2 desc, 1`.execute(db);
  return rows.map((row) => ({ ...row, ...adviceOf(row.code) }));
}
