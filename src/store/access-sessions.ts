/** Sessions of people who signed in: begun, listed and ended, each with its record. */

import { randomBytes } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { Revoked, SessionBegun, SessionLine, SessionOrder } from '#domain/access.ts';
import { bearerSecretOctets, bearerText, secretDigest } from '#domain/bearer.ts';
import type { HeldRole } from '#domain/rights.ts';
import type { Sessions } from '#ports/access.ts';
import { isAlive } from './access-tokens.ts';
import { note } from './audit.ts';
import { isKnown } from './bearers.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

interface SessionRow {
  readonly id: number;
  readonly who: string;
  readonly roles: readonly HeldRole[];
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly expired: boolean;
  readonly used_at: Date | null;
  readonly revoked_at: Date | null;
}

const listedMax = 10_000;
/** What has ended is shown for so long; the audit log knows it for ever. */
const forgottenAfterDays = 30;
const forgottenAtOnce = 1_000;

export function openSessions(db: Database): Sessions {
  const inTransaction = <Answer>(work: (tx: Sql) => Promise<Answer>): Promise<Answer> =>
    faulted(db.name, db.sql.transaction().execute(work));
  return {
    begin: (order) => inTransaction((tx) => begin(tx, order)),
    list: ({ ended }) => faulted(db.name, list(db.sql, ended)),
    revoke: (id, who, why) => inTransaction((tx) => revoke(tx, id, who, why)),
  };
}

async function begin(tx: Sql, order: SessionOrder): Promise<SessionBegun> {
  const { who, issuer, subject, groups, roles, lastsMs, idleMs } = order;
  await sql`
    delete from access_session
     where id in (select id from access_session where expires_at < now() - ${forgottenAfterDays} * interval '1 day'
                   order by expires_at limit ${forgottenAtOnce} for update skip locked)`.execute(tx);
  const secret = randomBytes(bearerSecretOctets).toString('base64url');
  const row = await oneRow(
    tx,
    sql<SessionRow>`
      insert into access_session (digest, who, issuer, subject, groups, roles, idle, expires_at)
      values (${secretDigest(secret)}, ${who}, ${issuer}, ${subject}, ${groups}::text[], ${JSON.stringify(roles)}::jsonb,
              ${idleMs} * interval '1 millisecond', now() + ${lastsMs} * interval '1 millisecond')
      returning ${columns}`,
  );
  await note(tx, { who, what: 'signed in', about: { session: row.id, issuer, subject, roles } });
  return { session: lineOf(row), bearer: bearerText({ kind: 'session', id: row.id, secret }) };
}

async function list(db: Sql, ended: boolean): Promise<readonly SessionLine[]> {
  const which = ended ? sql`true` : isAwake;
  const { rows } = await sql<SessionRow>`
    select ${columns} from access_session where ${which} order by id desc limit ${listedMax}`.execute(db);
  return rows.map(lineOf);
}

async function revoke(tx: Sql, id: number, who: string, why: string | null): Promise<Revoked> {
  const { rows } = await sql<{ who: string; ended: boolean }>`
    select who, not (${isAwake}) as ended from access_session where id = ${id}::int8 for update`.execute(tx);
  const [row] = rows;
  if (!row) return 'unknown';
  if (row.ended) return 'ended';
  await sql`update access_session set revoked_at = now() where id = ${id}::int8`.execute(tx);
  const what = row.who === who ? 'signed out' : 'session revoked';
  await note(tx, { who, what, ...(why === null ? {} : { why }), about: { session: id, of: row.who } });
  return 'revoked';
}

/** Whoever has asked nothing for too long has to sign in again; a session of an earlier version has its end only. */
const isIdle: RawBuilder<boolean> = sql`coalesce(coalesce(used_at, created_at) + idle <= now(), false)`;
const isAwake: RawBuilder<boolean> = sql`${isAlive} and not ${isIdle}`;

const columns = sql`id, who, roles, created_at, expires_at, expires_at <= now() or ${isIdle} as expired, used_at, revoked_at`;

function lineOf(row: SessionRow): SessionLine {
  return {
    id: row.id,
    who: row.who,
    roles: row.roles.filter(isKnown),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    hasExpired: row.expired,
    usedAt: row.used_at,
    revokedAt: row.revoked_at,
  };
}
