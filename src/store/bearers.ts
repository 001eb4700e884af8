/** Whose a bearer is: one look into one row, at each call of the API. */

import { sql } from 'kysely';
import type { Presented } from '#domain/access.ts';
import { type BearerKind, isSecretOf, readBearer } from '#domain/bearer.ts';
import { type Act, acts, type HeldRole, roles } from '#domain/rights.ts';
import { areSameRoles, type KeptSession, rolesNow, type SessionRules } from '#domain/sign-in.ts';
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
  /** By what a session's roles are judged anew; null of a token, which has the one that it was made with. */
  readonly session: Pick<KeptSession, 'issuer' | 'groups'> | null;
}

/** `signIn`: by what sessions are judged, at each use; null where nobody signs in, and none is good. */
export function openBearers(db: Database, signIn: SessionRules | null = null): Bearers {
  return { holderOf: (bearer, isUse = true) => faulted(db.name, holderOf(db.sql, bearer, signIn, isUse)) };
}

async function holderOf(db: Sql, text: string, signIn: SessionRules | null, isUse: boolean): Promise<Presented> {
  const bearer = readBearer(text);
  if (!bearer) return unknown;
  const { kind, id } = bearer;
  const row = await (kind === 'token' ? tokenRow(db, id) : sessionRow(db, id, signIn));
  if (!row || !isSecretOf(bearer.secret, row.digest)) return unknown;
  if (row.revoked) return { kind: 'refused', why: 'revoked' };
  if (row.expired) return { kind: 'refused', why: 'expired' };
  const { who, person, scopes } = row;
  const roles = (row.session === null ? row.roles : rolesNow({ ...row, ...row.session }, signIn)).filter(isKnown);
  if (kind === 'session' && roles.length === 0) return { kind: 'refused', why: 'without-role' };
  if (isUse && !row.isUseNoted) {
    await noteUse(db, kind, id);
    if (kind === 'session' && !areSameRoles(roles, row.roles)) await noteRoles(db, id, roles);
  }
  const holder = { who, person, roles, scopes: scopes && knownActs(scopes) };
  return { kind: 'holder', holder, by: kind, id };
}

const unknown: Presented = { kind: 'refused', why: 'unknown' };
const state = sql`
  digest, revoked_at is not null as revoked, coalesce(used_at > now() - interval '1 minute', false) as "isUseNoted"`;

async function tokenRow(db: Sql, id: number): Promise<BearerRow | undefined> {
  const { rows } = await sql<BearerRow>`
    select ${state}, expires_at <= now() as expired, 'token ' || id || ' (' || name || ')' as who, created_by as person,
           scopes, jsonb_build_array(jsonb_build_object('role', role, 'organisation', organisation)) as roles, null as session
      from access_token where id = ${id}::int8`.execute(db);
  return rows[0];
}

/** It ends by what was said when it began and by what the settings say now, whichever is sooner. */
async function sessionRow(db: Sql, id: number, rules: SessionRules | null): Promise<BearerRow | undefined> {
  const seconds = sql.raw(`interval '1 second'`);
  const { rows } = await sql<BearerRow>`
    select ${state}, who, who as person, null::text[] as scopes, roles,
           jsonb_build_object('issuer', issuer, 'groups', to_jsonb(groups)) as session,
           least(expires_at, created_at + ${rules?.lastsSeconds ?? 0}::float8 * ${seconds},
                 coalesce(used_at, created_at) + least(idle, ${rules?.idleSeconds ?? 0}::float8 * ${seconds})) <= now() as expired
      from access_session where id = ${id}::int8`.execute(db);
  return rows[0];
}

/** Once a minute: a write for each call would be more work than the call. */
async function noteUse(db: Sql, kind: BearerKind, id: number): Promise<void> {
  await sql`
    update ${sql.table(tableOf[kind])} set used_at = now()
     where id = ${id}::int8 and (used_at is null or used_at < now() - interval '1 minute')`.execute(db);
}

/** Their groups give them other roles than when it was used last. With its record. */
async function noteRoles(db: Sql, id: number, roles: readonly HeldRole[]): Promise<void> {
  await sql`
    with was as (
      select id, roles from access_session where id = ${id}::int8 for update
    ), changed as (
      update access_session s set roles = ${JSON.stringify(roles)}::jsonb from was
       where s.id = was.id and was.roles <> ${JSON.stringify(roles)}::jsonb
      returning s.id, s.who, was.roles as before, s.roles as after
    )
    insert into audit (who, what, about)
    select who, 'roles changed', jsonb_build_object('session', id, 'before', before, 'after', after) from changed`.execute(
    db,
  );
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
