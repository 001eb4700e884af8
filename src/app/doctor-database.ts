/** What `godwit doctor` asks the database of an estate: how it is itself, who is at work, what is stuck, and whether the log is whole. */

import type { DoctorEstateOptions } from '#cli/world.ts';
import { fine, look, type Remark, wrong } from '#domain/diagnosis.ts';
import { judgeTokens } from '#domain/diagnosis-access.ts';
import { judgeDatabase } from '#domain/diagnosis-database.ts';
import {
  judgeBlocked,
  judgeBuffers,
  judgeClock,
  judgeForecast,
  judgeNotices,
  judgeQueue,
  judgeReplication,
  judgeSize,
  judgeStanding,
  judgeWorkers,
} from '#domain/diagnosis-estate.ts';
import { askedOnce } from '#lib/asked-once.ts';
import type { Examination } from '#operations/examine.ts';
import { openTokens } from '#store/access-tokens.ts';
import { auditHead } from '#store/audit.ts';
import { followsOn } from '#store/audit-verify.ts';
import { databaseInfo } from '#store/database-care.ts';
import { doctorFacts } from '#store/doctor-facts.ts';
import { openDoorCare } from '#store/door-care.ts';
import { openEstateView } from '#store/estate-view.ts';
import { readAuditHead } from './audit-keeping.ts';
import { keysInClear } from './doctor-keys.ts';
import type { EstateDatabase } from './estate-database.ts';

/** `there`: the database, or `NotSeen` where it cannot be had; `database` says why it cannot. */
export function databaseExaminations(
  { stateDir, version, keys }: DoctorEstateOptions,
  database: Promise<EstateDatabase> | null,
  there: () => Promise<EstateDatabase>,
): readonly Examination[] {
  const facts = askedOnce(async () => doctorFacts(await there()));
  const now = askedOnce(async () => openEstateView(await there()).now());
  return [
    {
      check: 'database',
      reach: 'estate',
      look: async () => {
        const db = await (database ?? there());
        return judgeDatabase({ ...(await databaseInfo(db)), isEmbedded: db.isEmbedded });
      },
    },
    {
      check: 'database',
      reach: 'estate',
      look: async () => {
        const db = await there();
        const before = Date.now();
        const found = await doctorFacts(db);
        // In the middle of the round trip.
        const skewMs = found.now - (before + Date.now()) / 2;
        return [
          judgeClock(skewMs),
          judgeReplication(found),
          judgeSize(found.mailboxes, db.isEmbedded),
          judgeBuffers(found.memory),
        ];
      },
    },
    { check: 'work', reach: 'estate', look: async () => judgeWorkers(await facts(), version) },
    { check: 'work', reach: 'estate', look: async () => [judgeQueue(await facts())] },
    { check: 'mailboxes', reach: 'mailbox', look: async () => judgeBlocked(await facts()) },
    { check: 'notices', reach: 'mailbox', look: async () => judgeNotices(await facts()) },
    { check: 'standing', reach: 'estate', look: async () => judgeStanding(await now(), (await facts()).now) },
    {
      check: 'forecast',
      reach: 'estate',
      look: async () => [
        judgeForecast(
          await facts(),
          (await now()).waves.some(({ state }) => state !== 'cancelled'),
        ),
      ],
    },
    {
      check: 'access',
      reach: 'estate',
      look: async () => judgeTokens(await openTokens(await there()).list({ ended: false }), (await facts()).now),
    },
    { check: 'doors', reach: 'platform', look: async () => doorsIn(await there()) },
    {
      check: 'secrets',
      reach: 'machine',
      look: async () => keysInClear({ db: await there(), stateDir, hasKey: keys.length > 0 }),
    },
    { check: 'audit', reach: 'estate', look: async () => [await auditIn(await there(), stateDir)] },
  ];
}

async function doorsIn(db: EstateDatabase): Promise<readonly Remark[]> {
  return (await openDoorCare(db).list()).map(({ id, host, pid, serves, isAlive, lostForMs }) => {
    const about = `${serves.join(', ')} on ${host}, process ${pid}`;
    if (isAlive) return fine(about, 'its lease is alive');
    const remedy = `Start it again, or stop it for good and say so: godwit coexist forget ${id.slice(0, 8)} --why …`;
    return wrong(about, `has not been heard of for ${Math.round(lostForMs / 1_000)} s`, remedy);
  });
}

/** By the head that is kept, which costs nothing; the whole log is what `godwit audit verify` reads. */
async function auditIn(db: EstateDatabase, stateDir: string): Promise<Remark | null> {
  const kept = await readAuditHead(stateDir);
  if (kept === null)
    return (await auditHead(db.sql)) === null
      ? null
      : look(
          'head',
          'none is kept in this state folder',
          'The control plane that leads keeps one in its own: look there (docs/audit.md).',
        );
  const broken = await followsOn(db.sql, kept);
  return broken === null
    ? fine('head', `the log holds the head that was kept, link ${kept.seq}`)
    : wrong(
        'head',
        `the log is not as it was written: ${broken}`,
        'godwit audit verify; if a backup was put back, docs/audit.md says what to do.',
      );
}
