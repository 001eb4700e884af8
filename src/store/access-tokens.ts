/** Tokens of machines: made, listed and revoked, each with its record. */

import { randomBytes } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { Revoked, TokenLine, TokenMade, TokenOrder } from '#domain/access.ts';
import { bearerSecretOctets, bearerText, secretDigest } from '#domain/bearer.ts';
import { type HeldRole, mayGive, type Role } from '#domain/rights.ts';
import { nearest } from '#lib/nearest.ts';
import type { Tokens } from '#ports/access.ts';
import { note } from './audit.ts';
import { isKnown, knownActs } from './bearers.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

interface TokenRow {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly organisation: string | null;
  readonly scopes: readonly string[] | null;
  readonly created_by: string;
  /** What whoever made it might do when they were signed in last. */
  readonly maker_roles: readonly HeldRole[] | null;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly expired: boolean;
  readonly used_at: Date | null;
  readonly revoked_at: Date | null;
}

/** More are listed by nobody: whoever has so many has forgotten most of them. */
const listedMax = 10_000;

export function openTokens(db: Database): Tokens {
  const inTransaction = <Answer>(work: (tx: Sql) => Promise<Answer>): Promise<Answer> =>
    faulted(db.name, db.sql.transaction().execute(work));
  return {
    create: (order, who, person = who) => inTransaction((tx) => create(tx, order, who, person)),
    list: ({ ended }) => faulted(db.name, list(db.sql, ended)),
    revoke: (id, who, why) => inTransaction((tx) => revoke(tx, id, who, why)),
  };
}

async function create(
  tx: Sql,
  { name, role: held, scopes, lastsMs }: TokenOrder,
  who: string,
  person: string,
): Promise<TokenMade> {
  const { role, organisation } = held;
  const codes = organisation === null ? null : await codesBut(tx, organisation);
  if (codes) return { kind: 'unknown-organisation', nearest: nearest(String(organisation), codes) };
  const secret = randomBytes(bearerSecretOctets).toString('base64url');
  const row = await oneRow(
    tx,
    sql<TokenRow>`
      insert into access_token as t (name, digest, role, organisation, scopes, created_by, expires_at)
      values (${name}, ${secretDigest(secret)}, ${role}, ${organisation}, ${scopes}::text[], ${person},
              now() + ${lastsMs} * interval '1 millisecond')
      returning ${columns}`,
  );
  const { id, expires_at: expiresAt } = row;
  await note(tx, { who, what: 'token created', about: { token: id, name, ...roleOf(row), scopes, expiresAt } });
  return { kind: 'made', token: lineOf(row), bearer: bearerText({ kind: 'token', id, secret }) };
}

/** Null where there is that organisation; else what there is instead. */
async function codesBut(db: Sql, code: string): Promise<readonly string[] | null> {
  const { there } = await oneRow(
    db,
    sql<{ there: boolean }>`select exists (select from organisation where code = ${code}) as there`,
  );
  if (there) return null;
  const { rows } = await sql<{ code: string }>`select code from organisation order by code`.execute(db);
  return rows.map((row) => row.code);
}

async function list(db: Sql, ended: boolean): Promise<readonly TokenLine[]> {
  const which = ended ? sql`true` : isAlive;
  const { rows } = await sql<TokenRow>`
    select ${columns} from access_token t where ${which} order by id desc limit ${listedMax}`.execute(db);
  return rows.map(lineOf);
}

async function revoke(tx: Sql, id: number, who: string, why: string | null): Promise<Revoked> {
  const { rows } = await sql<{ name: string; ended: boolean }>`
    select name, not (${isAlive}) as ended from access_token where id = ${id}::int8 for update`.execute(tx);
  const [row] = rows;
  if (!row) return 'unknown';
  if (row.ended) return 'ended';
  await sql`update access_token set revoked_at = now() where id = ${id}::int8`.execute(tx);
  const about = { token: id, name: row.name };
  await note(tx, { who, what: 'token revoked', ...(why === null ? {} : { why }), about });
  return 'revoked';
}

/** Of a token or a session: it lets somebody in. */
export const isAlive: RawBuilder<boolean> = sql`revoked_at is null and expires_at > now()`;

const columns = sql`
  id, name, role, organisation, scopes, created_by, created_at, expires_at, expires_at <= now() as expired, used_at, revoked_at,
  (select s.roles from access_session s where s.who = t.created_by order by s.id desc limit 1) as maker_roles`;

function lineOf(row: TokenRow): TokenLine {
  return {
    id: row.id,
    name: row.name,
    role: roleOf(row),
    scopes: row.scopes && knownActs(row.scopes),
    createdBy: row.created_by,
    makerMay: makerMay(row),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    hasExpired: row.expired,
    usedAt: row.used_at,
    revokedAt: row.revoked_at,
  };
}

/** A token outlives the rights of its maker: somebody has to see it, and decide. */
function makerMay({ maker_roles: held, scopes, ...row }: TokenRow): boolean | null {
  if (held === null) return null;
  const nobody = { who: '', person: '' };
  const given = { ...nobody, roles: [roleOf(row)], scopes: scopes && knownActs(scopes) };
  return mayGive({ ...nobody, roles: held.filter(isKnown), scopes: null }, given);
}

function roleOf({ role, organisation }: Pick<TokenRow, 'role' | 'organisation'>): HeldRole {
  return { role, organisation };
}
