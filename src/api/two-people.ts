/** Dangerous acts wait for a second person where the settings say so, whatever else is asked of them. */

import { fault } from '#domain/fault.ts';
import type { Holder } from '#domain/rights.ts';
import { secondPerson } from '#operations/second-person.ts';
import type { EstateDesk } from './estate.ts';
import type { Operation } from './operation.ts';

export interface Ordered {
  readonly name: string;
  readonly params: object;
  readonly body: object | null;
}

/** Throws `api.approval.waits` until somebody else has approved exactly this. */
export async function seeThatTwoPeopleWantIt(
  { access }: EstateDesk,
  { act }: Pick<Operation, 'act'>,
  holder: Holder | null,
  { name, params, body }: Ordered,
): Promise<void> {
  // No act that wants two people stands beside others.
  if (holder === null || typeof act !== 'string' || act === 'anybody' || act === 'public') return;
  const { why = '', ...rest } = { ...params, ...body } as Readonly<Record<string, unknown>>;
  // Only to look is not dangerous.
  if (rest['dryRun'] === true) return;
  const wanted = { act, on: `${name} ${lettersOf(rest)}`, why: String(why), holder };
  const { kind, approval } = await secondPerson(access.approvals, access.twoPeople, wanted);
  if (kind === 'asked') throw fault('api.approval.waits', { approval: approval.id, act });
}

/** The same for the same, in whatever order it was written. */
function lettersOf(rest: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
