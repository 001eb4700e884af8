/** Certificates as people take them away: of the estate, or of the part of it that they may. */

import { sql } from 'kysely';
import { addressKey } from '#domain/estate.ts';
import type { Within } from '#domain/rights.ts';
import { nearest } from '#lib/nearest.ts';
import type {
  CertificateFound,
  CoveredCertificate,
  EstateMember,
  EvidenceView,
  KeptWaveCertificate,
  MadeBefore,
} from '#ports/evidence.ts';
import { type CertifiedRow, latestCertificate } from './certified.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { inPart, type Part, partOf, waveInPart } from './part.ts';
import { select } from './selected.ts';

/** Certificates of one page: a megabyte or two. */
const pageMax = 200;

interface MailboxRow extends CertifiedRow {
  readonly address: string;
}

interface CoveredRow {
  readonly mailbox: number;
  readonly address: string;
  readonly leaf: Buffer;
  readonly text: string;
  readonly wave_certificate: string;
  readonly is_of_before: boolean;
}

export function openEvidenceView(db: Database, within: Within = null): EvidenceView {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    mailbox: (address) => ask(ofMailbox(db.sql, address, within)),
    wave: (name) => ask(ofWave(db.sql, name, within)),
    async organisation(code) {
      const found = await ask(select(db.sql, { organisation: [code] }, within));
      return found.kind === 'unknown' ? found : null;
    },
    ofOrganisation: (code) => ofOrganisation(db, code, within),
    leaves: (id) => ask(leaves(db.sql, id)),
    waveCertificate: (id) => ask(waveCertificate(db.sql, id)),
    members: (addresses) => ask(members(db.sql, addresses, within)),
  };
}

async function ofMailbox(db: Sql, address: string, within: Within): Promise<CertificateFound<MadeBefore>> {
  const part = await partOf(db, within);
  const { rows } = await sql<MailboxRow>`
    select m.address, c.made_at, c.grade, c.wave_certificate, c.text
      from mailbox m left join lateral ${latestCertificate} as c on true
     where m.address = ${addressKey(address)} and ${inPart(part)}`.execute(db);
  const [row] = rows;
  if (!row) return { kind: 'unknown', nearest: null };
  const { made_at: madeAt, grade, wave_certificate, text } = row;
  const certificate = madeAt === null ? null : { madeAt, grade, waveCertificate: wave_certificate, text };
  return { kind: 'found', name: row.address, certificate };
}

async function ofWave(db: Sql, name: string, within: Within): Promise<CertificateFound<KeptWaveCertificate>> {
  const part = await partOf(db, within);
  const { rows } = await sql<{ id: number; name: string }>`
    select w.id, w.name from wave w where ${waveInPart(part)}`.execute(db);
  const wave = rows.find((each) => each.name === name);
  if (!wave) {
    const names = rows.map((each) => each.name);
    return { kind: 'unknown', nearest: nearest(name, names) };
  }
  const { rows: made } = await sql<KeptWaveCertificate>`
    select id, ${name} as wave, text from wave_certificate where wave = ${wave.id} order by seq desc limit 1`.execute(
    db,
  );
  return { kind: 'found', name, certificate: made[0] ?? null };
}

async function* ofOrganisation(db: Database, code: string, within: Within): ReturnType<EvidenceView['ofOrganisation']> {
  const part = await faulted(db.name, partOf(db.sql, within));
  for (let after = ''; ; ) {
    const rows = await faulted(db.name, pageOf(db.sql, code, part, after));
    if (rows.length > 0) yield rows.map(keptOf);
    if (rows.length < pageMax) return;
    after = rows.at(-1)?.address as string;
  }
}

async function pageOf(db: Sql, code: string, part: Part | null, after: string): Promise<readonly CoveredRow[]> {
  const { rows } = await sql<CoveredRow>`
    with recursive below (id) as (
      select id from organisation where code = ${code}
      union
      select o.id from organisation o join below b on o.parent = b.id
    )
    select m.id as mailbox, m.address, c.leaf, c.text, c.wave_certificate,
           c.made_at < coalesce(r.turned_at, '-infinity') as is_of_before
      from mailbox m
     cross join lateral (
       select leaf, text, wave_certificate, made_at from certificate
        where mailbox = m.id and wave_certificate is not null order by made_at desc limit 1) as c
      left join route r on r.mailbox = m.id
     where m.organisation in (select id from below) and m.address > ${after} and ${inPart(part)}
     order by m.address limit ${pageMax}`.execute(db);
  return rows;
}

function keptOf({ wave_certificate, is_of_before, ...rest }: CoveredRow): CoveredCertificate {
  return { ...rest, waveCertificate: wave_certificate, isOfBefore: is_of_before };
}

async function leaves(db: Sql, id: string): Promise<readonly Uint8Array[]> {
  const { rows } = await sql<{ leaf: Buffer }>`
    select leaf from certificate where wave_certificate = ${id} order by leaf`.execute(db);
  return rows.map(({ leaf }) => leaf);
}

async function waveCertificate(db: Sql, id: string): Promise<KeptWaveCertificate | null> {
  const { rows } = await sql<KeptWaveCertificate>`
    select c.id, w.name as wave, c.text from wave_certificate c join wave w on w.id = c.wave
     where c.id = ${id}`.execute(db);
  return rows[0] ?? null;
}

async function members(db: Sql, addresses: readonly string[], within: Within): Promise<readonly EstateMember[]> {
  const part = await partOf(db, within);
  const { rows } = await sql<EstateMember>`
    select m.id as mailbox, m.address
      from unnest(${addresses.map(addressKey)}::text[]) with ordinality as asked (address, place)
      join mailbox m on m.address = asked.address
     where ${inPart(part)} order by place`.execute(db);
  return rows;
}

/** Writes down who was given the keys of whose contents. */
export async function noteDigestKeys(db: Database, given: readonly EstateMember[], who: string): Promise<void> {
  await faulted(
    db.name,
    sql`
      insert into audit (who, what, mailbox)
      select ${who}, 'digest key taken', mailbox from unnest(${given.map(({ mailbox }) => mailbox)}::int[]) as mailbox`.execute(
      db.sql,
    ),
  );
}
