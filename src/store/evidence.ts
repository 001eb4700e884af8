/** Certificates as rows: what each is made of, which of them a wave's root covers, and the chain of these roots. */

import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import {
  type Approval,
  type Certificate,
  canonicalDocument,
  type Envelope,
  envelopeText,
  leafOfCertificate,
  type WaveCertificate,
} from '#domain/certificate.ts';
import { addressKey } from '#domain/estate.ts';
import type { ListedException } from '#domain/wave-report.ts';
import type { CertifiedFacts, Evidence, OpenCertificate } from '#ports/evidence.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { switchesOf } from './interruptions.ts';
import { openWaveAccounts } from './wave-accounts.ts';

/** There and back, and again. */
const switchesMax = 10;
/** Words of people on a wave and on a mailbox, the newest. */
const approvalsMax = 100;
/** Any number that nobody else takes: whoever holds it puts the next link in the chain of wave certificates. */
const chainLock = 0x47647778;

/** What people order and accept of a mailbox, as the audit log calls it. */
const ordersOfPeople = [
  'plan',
  'replan',
  'hold',
  'defer',
  'release',
  'retry',
  'exclude',
  'go-back',
  'same-account',
  'other-account',
  'exceptions accepted',
];

interface FactsRow {
  readonly address: string;
  readonly organisation: string;
  readonly kind: string;
  readonly wave: number | null;
  readonly wave_name: string;
  readonly opens_at: Date;
  readonly closes_at: Date;
  readonly pilot: boolean;
}

interface ApprovalRow extends Omit<Approval, 'at'> {
  readonly at: Date;
}

export function openEvidence(db: Database): Evidence {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    facts: (mailbox) => ask(facts(db, mailbox)),
    keep: (mailbox, signed) => ask(keep(db.sql, mailbox, signed)),
    open: (mailboxes) => ask(open(db.sql, mailboxes)),
    find: (address) => ask(find(db.sql, address)),
    addresses: (mailboxes) => ask(addresses(db.sql, mailboxes)),
    latest: () => ask(latest(db.sql)),
    async close(wave, signed, covered, who) {
      try {
        return await ask(db.sql.transaction().execute((tx) => close(tx, wave, signed, covered, who)));
      } catch (error) {
        if (error instanceof CoveredMeanwhile) return false;
        throw error;
      }
    },
    text: (mailbox) => ask(text(db.sql, mailbox)),
  };
}

async function facts(db: Database, mailbox: number): Promise<CertifiedFacts> {
  const row = await oneRow(
    db.sql,
    sql<FactsRow>`
      select m.address, o.code as organisation, m.kind, m.wave, w.name as wave_name, w.opens_at, w.closes_at, w.pilot
        from mailbox m join organisation o on o.id = m.organisation left join wave w on w.id = m.wave
       where m.id = ${mailbox}`,
  );
  const { organisation, kind, wave, wave_name: name, opens_at, closes_at, pilot } = row;
  const exceptions: ListedException[] = [];
  for await (const page of openWaveAccounts(db).exceptions([mailbox])) exceptions.push(...page);
  const times = wave === null ? null : { opensAt: opens_at.toISOString(), closesAt: closes_at.toISOString() };
  const isOfPeople = sql`mailbox = ${mailbox} and what = any(${ordersOfPeople}::text[])`;
  const isOfWave = sql`wave = ${wave} and mailbox is null and what not like 'wave certi%'`;
  return {
    organisation,
    kind,
    wave: wave === null || times === null ? null : { id: wave, name, ...times, pilot },
    approvals: [
      ...(wave === null ? [] : await approvals(db.sql, isOfWave)),
      ...(await approvals(db.sql, isOfPeople)),
      ...(await secondPersons(db.sql, wave === null ? [row.address] : [row.address, name])),
    ].toSorted((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at))),
    switches: (await switchesOf(db.sql, [mailbox], switchesMax)).get(mailbox) ?? [],
    exceptions,
  };
}

async function approvals(db: Sql, which: RawBuilder<unknown>): Promise<readonly Approval[]> {
  const { rows } = await sql<ApprovalRow>`
    select at, who, what, why from audit where ${which} order by id desc limit ${approvalsMax}`.execute(db);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() })).toReversed();
}

/** By whom what was done to one of these was approved; how it is called there is told by `api/two-people.ts`. */
async function secondPersons(db: Sql, names: readonly string[]): Promise<readonly Approval[]> {
  const quoted = names.map((name) => JSON.stringify(name));
  const { rows } = await sql<ApprovalRow>`
    select approved_at as at, approved_by as who, 'approval of ' || act as what, approved_why as why
      from access_approval a
     where used_at is not null
       and exists (select from unnest(${quoted}::text[]) as name where position(name in a.on_what) > 0)
     order by id desc limit ${approvalsMax}`.execute(db);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() })).toReversed();
}

async function keep(db: Sql, mailbox: number, signed: Envelope<Certificate>): Promise<void> {
  const { certificate } = signed;
  await sql`
    insert into certificate (id, mailbox, made_at, grade, leaf, text)
    values (${certificate.id}, ${mailbox}, ${certificate.madeAt}, ${certificate.grade.grade},
            ${leafOfCertificate(certificate)}, ${envelopeText(signed)})
    on conflict (mailbox) where wave_certificate is null do update
      set id = excluded.id, made_at = excluded.made_at, grade = excluded.grade, leaf = excluded.leaf,
          text = excluded.text`.execute(db);
}

async function open(db: Sql, mailboxes: readonly number[]): Promise<readonly OpenCertificate[]> {
  const { rows } = await sql<OpenCertificate>`
    select c.mailbox, m.address, c.leaf, c.grade, m.stage
      from certificate c join mailbox m on m.id = c.mailbox left join route r on r.mailbox = c.mailbox
     where c.mailbox = any(${mailboxes}::int[]) and c.wave_certificate is null
       and c.made_at >= coalesce(r.turned_at, '-infinity')
     order by m.address`.execute(db);
  return rows;
}

async function find(db: Sql, address: string): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`select id from mailbox where address = ${addressKey(address)}`.execute(db);
  return rows[0]?.id ?? null;
}

async function addresses(db: Sql, mailboxes: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ id: number; address: string }>`
    select id, address from mailbox where id = any(${mailboxes}::int[])`.execute(db);
  return new Map(rows.map(({ id, address }) => [id, address] as const));
}

async function latest(db: Sql): Promise<string | null> {
  const { rows } = await sql<{ hash: string }>`
    select encode(hash, 'hex') as hash from wave_certificate order by seq desc limit 1`.execute(db);
  return rows[0]?.hash ?? null;
}

async function close(
  tx: Sql,
  wave: number,
  signed: Envelope<WaveCertificate>,
  covered: Parameters<Evidence['close']>[2],
  who: string,
): Promise<boolean> {
  const { id, madeAt, previous, root, grade, mailboxes } = signed.certificate;
  await sql`select pg_advisory_xact_lock(${chainLock})`.execute(tx);
  if ((await latest(tx)) !== previous) return false;
  const hash = createHash('sha256').update(canonicalDocument(signed.certificate)).digest();
  await sql`
    insert into wave_certificate (id, seq, wave, made_at, hash, text)
    values (${id}, (select coalesce(max(seq), 0) + 1 from wave_certificate), ${wave}, ${madeAt}, ${hash},
            ${envelopeText(signed)})`.execute(tx);
  const closed = await sql`
    update certificate set wave_certificate = ${id}
      from unnest(${covered.map(({ mailbox }) => mailbox)}::int[], ${covered.map(({ leaf }) => Buffer.from(leaf))}::bytea[])
           as fresh (mailbox, leaf)
     where certificate.mailbox = fresh.mailbox and certificate.leaf = fresh.leaf and wave_certificate is null`.execute(
    tx,
  );
  // One that was made anew meanwhile is not the one that the root covers.
  if (Number(closed.numAffectedRows ?? 0n) !== covered.length) throw new CoveredMeanwhile();
  const about = { certificate: id, hash: hash.toString('hex'), root, mailboxes, grade: grade.grade, previous };
  await note(tx, { who, what: 'wave certified', wave, about });
  return true;
}

/** Ends the transaction, which then keeps nothing. */
class CoveredMeanwhile extends Error {}

async function text(db: Sql, mailbox: number): Promise<string | null> {
  const { rows } = await sql<{ text: string }>`
    select text from certificate where mailbox = ${mailbox} order by wave_certificate is null desc, made_at desc limit 1`.execute(
    db,
  );
  return rows[0]?.text ?? null;
}
