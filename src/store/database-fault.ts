/** What PostgreSQL, its driver and the network say when something is the matter, as faults of the catalogue. */

import pg from 'pg';
import { Fault, fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import { isStalePlan } from './prepared.ts';

/** SQLSTATE codes (PostgreSQL 15 manual, appendix A) of a server that is not there for us at the moment; so are those of class 08. */
const away = new Set(['25006', '25P03', '53300', '57P01', '57P02', '57P03', '57P05', '58030']);
/** Of what it could not do because others were at it at the same time. */
const conflicts = new Set(['40001', '40P01', '55P03']);
const refusals = new Set(['28000', '28P01', '3D000', '42501']);
const diskFull = '53100';
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);
/** What the driver says of a connection that ended, which has no code. */
const endings = /Connection terminated|timeout (exceeded|expired)|not queryable/i;
/** What it says where the two sides do not agree on how to protect the connection, or on who we are. */
const protection = /does not support SSL|establishing an SSL connection/i;
const noPassword = /client password must be/;
const signIn = /^SASL:|unsupported authentication/i;

export const databaseFault = {
  /** The fault that `error` is; null where it is one already, or a fault of our own SQL. */
  of(error: unknown, name: string): Fault | null {
    if (!(error instanceof Error) || error instanceof Fault) return null;
    const code = String((error as { code?: string }).code);
    const text = cleanText(error.message || code, 200);
    const cause = { cause: error };
    if (error instanceof pg.DatabaseError) {
      if (code === diskFull) return fault('database.disk-full', { name }, cause);
      if (refusals.has(code)) return fault('database.refused', { name, text }, cause);
      if (conflicts.has(code) || isStalePlan(error)) return fault('database.busy', { name, text }, cause);
      if (away.has(code) || code.startsWith('08')) return fault('database.away', { name, text }, cause);
      return null;
    }
    if (unreachable.has(code) || endings.test(error.message)) return fault('database.away', { name, text }, cause);
    if (protection.test(error.message) || isOfTls(code)) return fault('database.unprotected', { name, text }, cause);
    if (noPassword.test(error.message))
      return fault('database.refused', { name, text: 'it asks for a password, and the URL has none.' }, cause);
    if (signIn.test(error.message)) return fault('database.refused', { name, text }, cause);
    return null;
  },

  tooOld(name: string, version: number): Fault {
    return fault('database.too-old', { name, version: `${Math.floor(version / 10_000)}` });
  },
};

/** Codes of OpenSSL's verification and of Node's own (tls, "X509 certificate error codes"). */
function isOfTls(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/.test(
    code,
  );
}

const passing: ReadonlySet<string> = new Set(['database.away', 'database.busy', 'database.disk-full']);

/** Whether the same may be asked again in a while, because the database was not there or could not just then. */
export function isPassing(error: unknown): boolean {
  const found = error instanceof Fault ? error : databaseFault.of(error, '');
  return found !== null && passing.has(found.code);
}

/** The answer, or the fault behind its absence. */
export async function faulted<Answer>(name: string, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw databaseFault.of(error, name) ?? error;
  }
}
