/** What PostgreSQL, its driver and the network say when something is the matter, as faults of the catalogue. */

import pg from 'pg';
import { type Fault, fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';

/** SQLSTATE classes and codes (PostgreSQL 15 manual, appendix A) after which the same question may be asked again. */
const passing = new Set(['40001', '40P01', '53300', '55P03', '57P01', '57P02', '57P03', '58030']);
const refusals = new Set(['28000', '28P01', '3D000', '42501']);
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
const endings =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/i;

export const databaseFault = {
  /** The fault that `error` is; null where it is a fault of our own SQL. */
  of(error: unknown, name: string): Fault | null {
    if (!(error instanceof Error)) return null;
    const code = (error as { code?: unknown }).code;
    const text = cleanText(error.message, 200);
    if (error instanceof pg.DatabaseError) {
      if (code === '53100') return fault('database.disk-full', { name }, { cause: error });
      if (refusals.has(String(code))) return fault('database.refused', { name, text }, { cause: error });
      if (passing.has(String(code)) || String(code).startsWith('08'))
        return fault('database.away', { name, text }, { cause: error });
      return null;
    }
    if (unreachable.has(String(code)) || endings.test(error.message))
      return fault('database.away', { name, text }, { cause: error });
    return null;
  },

  tooOld(name: string, version: number): Fault {
    return fault('database.too-old', { name, version: `${Math.floor(version / 10_000)}` });
  },
};

/** Whether the same may be asked again in a while, because the database was not there or could not just then. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (code === 'database.away') return true;
  if (error instanceof pg.DatabaseError) return passing.has(String(code)) || String(code).startsWith('08');
  return unreachable.has(String(code)) || endings.test(error.message);
}

/** The answer, or the fault behind its absence. */
export async function faulted<Answer>(name: string, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw databaseFault.of(error, name) ?? error;
  }
}
