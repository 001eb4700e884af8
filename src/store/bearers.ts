/** Whose a bearer is: one look into one row, at each call of the API. */

import { sql } from 'kysely';
import type { Presented } from '#domain/access.ts';
import { type BearerKind, isSecretOf, readBearer } from '#domain/bearer.ts';
import { type Act, acts, type HeldRole, roles } from '#domain/rights.ts';
import type { Bearers } from '#ports/access.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';

interface BearerRow {
  readonly digest: Buffer;
  readonly who: string;
  readonly person: string;
  readonly roles: readonly HeldRole[];
  readonly scopes: readonly string[] | null;
  readonly revoked: boolean;
  readonly expired: boolean;
  readonly isUseNoted: boolean;
}

export function openBearers(db: Database): Bearers {
  return { holderOf: (bearer) => faulted(db.name, holderOf(db.sql, bearer)) };
}

async function holderOf(db: Sql, text: string): Promise<Presented> {
  const bearer = readBearer(text);
  const row = bearer && (await rowOf(db, bearer.kind, bearer.id));
  if (!bearer || !row || !isSecretOf(bearer.secret, row.digest)) return { kind: 'refused', why: 'unknown' };
  if (row.revoked) return { kind: 'refused', why: 'revoked' };
  if (row.expired) return { kind: 'refused', why: 'expired' };
  const { kind, id } = bearer;
  if (!row.isUseNoted) await noteUse(db, kind, id);
  const { who, person } = row;
  const holder = { who, person, roles: row.roles.filter(isKnown), scopes: row.scopes && knownActs(row.scopes) };
  return { kind: 'holder', holder, by: kind, id };
}

async function rowOf(db: Sql, kind: BearerKind, id: number): Promise<BearerRow | undefined> {
  const state = sql`
    digest, revoked_at is not null as revoked, expires_at <= now() as expired,
    coalesce(used_at > now() - interval '1 minute', false) as "isUseNoted"`;
  const { rows } = await (kind === 'token'
    ? sql<BearerRow>`
        select ${state}, 'token ' || id || ' (' || name || ')' as who, created_by as person, scopes,
               jsonb_build_array(jsonb_build_object('role', role, 'organisation', organisation)) as roles
          from access_token where id = ${id}::int8`
    : sql<BearerRow>`
        select ${state}, who, who as person, null::text[] as scopes, roles from access_session where id = ${id}::int8`
  ).execute(db);
  return rows[0];
}

/** Once a minute: a write for each call would be more work than the call. */
async function noteUse(db: Sql, kind: BearerKind, id: number): Promise<void> {
  await sql`
    update ${sql.table(tableOf[kind])} set used_at = now()
     where id = ${id}::int8 and (used_at is null or used_at < now() - interval '1 minute')`.execute(db);
}

/** Where each kind is kept. */
export const tableOf = { token: 'access_token', session: 'access_session' } as const satisfies Record<
  BearerKind,
  string
>;

/** What a newer version has written and this one does not know gives no right. */
export function isKnown({ role }: HeldRole): boolean {
  return roles.includes(role);
}

export function knownActs(scopes: readonly string[]): readonly Act[] {
  return scopes.filter((scope): scope is Act => (acts as readonly string[]).includes(scope));
}
