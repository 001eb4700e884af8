/**
 * A database that was restored: noticed by whoever knows more than it does, stood still for, and looked at and confirmed by a person
 * (`godwit db restored`).
 */

import { readdir, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { mailboxKey } from '#domain/endpoint.ts';
import { Fault, fault } from '#domain/fault.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import { type Named, type SideName, sideNames, userOn } from '#domain/platform.ts';
import { after, type Stage, type Step } from '#domain/journey.ts';
import {
  type Doubted,
  judged,
  type RestoredOrder,
  type RestoredReport,
  type SeenSince,
  type StandingThen,
  type WitnessRead,
} from '#domain/restored.ts';
import { readWitness, type RouteWitness } from '#doors/route-witness.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { isEarlier } from '#store/audit-verify.ts';
import type { Database } from '#store/db.ts';
import { estateLedgers } from '#store/ledger.ts';
import { turnLedger } from '#store/ledger-turn.ts';
import { noticeRestored, restoredWhy } from '#store/origin.ts';
import { confirmRestored, forgetWorkers, restoredFacts, standingsThen, type ToPutRight } from '#store/restored.ts';
import { openWorkforce } from '#store/workforce.ts';
import { auditHeadPath, readAuditHead } from './audit-keeping.ts';

/** How often it is looked whether a person has confirmed it. */
const lookAgainMs = 2_000;

/** Notices a database that ends before the head that is kept in `stateDir`: a copy of its files was put back. */
export async function noticeEarlier(db: Database, stateDir: string): Promise<void> {
  const kept = await readAuditHead(stateDir);
  if (kept && (await isEarlier(db.sql, kept)))
    await noticeRestored(db.sql, `its audit log ends before link ${kept.seq}, which was there`);
}

/** Resolves when this database may be worked with: at once, unless it was restored and nobody has looked yet. */
export async function untilConfirmed(
  db: Database,
  log: Log,
  stop: AbortSignal,
  waits: (why: string) => void = () => undefined,
): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    stop.throwIfAborted();
    const why = await restoredWhy(db.sql);
    if (why === null) return;
    if (!isTold) {
      const stands = fault('database.restored', { name: db.name, text: why });
      log.error(stands.message, { code: stands.code, remedy: stands.remedy });
    }
    waits('the database was restored: godwit db restored');
    await realClock.sleep(lookAgainMs, stop);
  }
}

export interface RestoredParts {
  readonly db: Database;
  readonly stateDir: string;
  /** What doors kept elsewhere, beside those of the state folder. */
  readonly routes: readonly string[];
  /** Null: no ledger can be turned, and whoever was seen elsewhere is only held there. */
  readonly platforms: Pick<EstateSettings, SideName> | null;
  readonly rootKey: () => Promise<Uint8Array>;
  readonly version: string;
}

/** Looks who knows more than this database; with an order confirms it. Throws `digests.key.*`, `database.*`. */
export async function lookAtRestored(parts: RestoredParts, order: RestoredOrder | null): Promise<RestoredReport> {
  const { db, stateDir } = parts;
  await noticeEarlier(db, stateDir);
  const facts = await restoredFacts(db.sql);
  const kept = await readAuditHead(stateDir);
  const { read, seen } = await askWitnesses(parts, facts.revision);
  const found: Found[] = [];
  for await (const some of standingsThen(db.sql, facts.knowsUntil))
    for (const stood of some) {
      const judgement = judged(stood, seen(stood.address));
      if (judgement.kind === 'elsewhere') found.push({ stood, side: judgement.side, steps: judgement.steps });
      else if (judgement.kind === 'unclear') found.push({ stood, side: null, steps: null });
    }
  const turned = order === null ? found.map(unturned) : await turnAll(parts, found);
  const report: RestoredReport = {
    noticed: facts.noticed,
    audit: { kept: kept?.seq ?? null, here: facts.links },
    knowsUntil: facts.knowsUntil,
    witnesses: read,
    doubted: turned.map(told).toSorted((a, b) => (a.address < b.address ? -1 : 1)),
    ended: { tokens: facts.tokens, sessions: facts.sessions },
    isDone: order !== null,
  };
  if (order === null) return report;
  const rows = turned.map(({ stood, side, steps }): ToPutRight => ({ id: stood.id, side, steps: steps ?? [] }));
  const about = { noticed: facts.noticed, kept: kept?.seq ?? null, links: facts.links, doubted: rows.length };
  await confirmRestored(db, rows, order, about);
  // What was kept is the evidence of what is missing; from here on another log grows.
  if (kept && (await isEarlier(db.sql, kept)))
    await rename(auditHeadPath(stateDir), `${auditHeadPath(stateDir)}.before-restore-${kept.seq}`);
  return report;
}

interface Found {
  readonly stood: StandingThen;
  /** Where it was seen; null where nobody knows. */
  readonly side: SideName | null;
  /** Null where its journey stays in its stage. */
  readonly steps: readonly Step[] | null;
}

type Turned = Found & { readonly why: string | null };

function told({ stood, side, steps, why }: Turned): Doubted {
  const becomes = (steps ?? []).reduce<Stage>((stage, step) => after(stage, step) ?? stage, stood.stage);
  return { address: stood.address, stage: stood.stage, here: stood.side, seen: side, becomes, why };
}

function unturned(found: Found): Turned {
  const why = found.side !== null && found.steps === null ? 'how it came there is not known here' : null;
  return { ...found, why };
}

/** The newest of those that know more than the database; nobody else has anything to say. */
async function askWitnesses(
  { stateDir, routes }: RestoredParts,
  revision: number,
): Promise<{ readonly read: readonly WitnessRead[]; readonly seen: (address: string) => SeenSince | null }> {
  const folder = join(stateDir, 'routes');
  const here = (await readdir(folder).catch(() => [])).filter((name) => !name.endsWith('.new'));
  const read: WitnessRead[] = [];
  const heard: RouteWitness[] = [];
  for (const path of [...here.toSorted().map((name) => join(folder, name)), ...routes]) {
    try {
      const witness = await readWitness(path);
      const isOlder = witness.revision < revision;
      if (!isOlder) heard.push(witness);
      read.push({ path, revision: witness.revision, why: isOlder ? 'it knows less than the database' : null });
    } catch (error) {
      read.push({ path, revision: null, why: error instanceof Error ? error.message : String(error) });
    }
  }
  const newest = heard.toSorted((a, b) => b.revision - a.revision);
  const seen = (address: string): SeenSince | null => {
    for (const witness of newest) {
      const found = witness.seen(address);
      if (found) return found;
    }
    return null;
  };
  return { read, seen };
}

/** Makes for each the ledger that leads away from where it lives now, so that what people do there is carried once it is let go. */
async function turnAll(parts: RestoredParts, found: readonly Found[]): Promise<readonly Turned[]> {
  const { db, platforms, version } = parts;
  const toTurn = found.filter(({ steps }) => steps !== null);
  if (toTurn.length === 0) return found.map(unturned);
  if (platforms === null) {
    const why = 'godwit.yaml is not here, by which its ledger would be turned round';
    return found.map((each) => (each.steps === null ? unturned(each) : { ...each, steps: null, why }));
  }
  const rootKey = await parts.rootKey();
  await forgetWorkers(db.sql);
  const lapsed = new AbortController();
  await using ledgers = estateLedgers(db, { rootKey, lapsed: lapsed.signal });
  const identity = { host: hostname(), pid: process.pid, version, role: 'onlooker', lacks: [] } as const;
  await using member = await openWorkforce(db).register(identity);
  const turned: Turned[] = [];
  for (const each of found) {
    if (each.steps === null) {
      turned.push(unturned(each));
      continue;
    }
    await member.heartbeat();
    const taken = await member.takeMailbox(each.stood.id);
    if (taken.kind !== 'taken') {
      turned.push({ ...each, steps: null, why: 'somebody is at work with it' });
      continue;
    }
    const from: Direction = each.side === 'target' ? 'there' : 'back';
    const pair = pairOf(platforms, each.stood, from);
    try {
      const turning = await turnLedger(ledgers, taken.lease, from, pair);
      const isTurned = turning.kind === 'turned';
      const why = 'what was under way with it when the dump was taken was not settled';
      turned.push(isTurned ? { ...each, why: null } : { ...each, steps: null, why });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      turned.push({ ...each, steps: null, why: error.message });
    } finally {
      await member.releaseMailbox(taken.lease);
    }
  }
  return turned;
}

/** Both ends as the ledger that leads the other way sees them. */
function pairOf(platforms: Pick<EstateSettings, SideName>, named: Named, from: Direction) {
  const [source = '', target = ''] = sideNames.map((side) =>
    mailboxKey({ ...platforms[side].endpoint, user: userOn(side, platforms[side], named) }),
  );
  return from === 'there' ? { source: target, target: source } : { source, target };
}
