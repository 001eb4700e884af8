/** What became of a wave: its mailboxes and what is listed of them, in pages, and the sum of what went by. */

import {
  added,
  gradeInSum,
  type ListedException,
  type MailboxAccount,
  noTotals,
  type WaveSummary,
} from '#domain/wave-report.ts';
import type { Wave } from '#domain/wave.ts';
import type { WaveAccounts, WaveFound } from '#ports/wave-accounts.ts';

/** Read in this order: the sum is that of the accounts that were read. */
export interface WaveReport {
  readonly kind: 'found';
  readonly wave: Wave;
  accounts(): AsyncGenerator<readonly MailboxAccount[]>;
  exceptions(): AsyncGenerator<readonly ListedException[]>;
  summary(): Promise<WaveSummary>;
}

export type WaveReported = WaveReport | Exclude<WaveFound, { readonly kind: 'found' }>;

/** Mailboxes of one page: some 500 kB. */
const pageMax = 1_000;

/** Numbers only are held of the whole wave: 83,000 mailboxes are less than a megabyte. */
export async function reportWave(kept: WaveAccounts, name: string): Promise<WaveReported> {
  const found = await kept.find(name);
  if (found.kind === 'unknown') return found;
  const { wave } = found;
  const members = await kept.members(wave.id);
  let totals = noTotals;
  return {
    kind: 'found',
    wave,
    async *accounts() {
      totals = noTotals;
      for (const page of pagesOf(members)) {
        const accounts = await kept.accounts(page);
        totals = accounts.reduce(added, totals);
        yield accounts;
      }
    },
    async *exceptions() {
      for (const page of pagesOf(members)) yield* kept.exceptions(page);
    },
    async summary() {
      return { wave, totals, interruptions: await kept.interruptions(wave.id), grade: gradeInSum(totals) };
    },
  };
}

function* pagesOf(members: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < members.length; at += pageMax) yield members.slice(at, at + pageMax);
}
