/** What a dangerous act wants before it is done: where the settings say so, the word of a second person. */

import type { ApprovalLine, ApprovalOrder } from '#domain/access.ts';
import { type Act, type DangerousAct, type Holder, isDangerous } from '#domain/rights.ts';
import type { Approvals } from '#ports/access.ts';

export interface WantedAct {
  readonly act: Act;
  /** What it is to be done to, and how, to the letter: who asks again in other words asks for something else. */
  readonly on: string;
  readonly why: string;
  readonly holder: Holder;
}

export type SecondPerson =
  /** `approval`: by which it was approved; null where none is wanted. It is used up, whatever becomes of the act. */
  | { readonly kind: 'may'; readonly approval: ApprovalLine | null }
  /** It has been asked for. Once it is approved, whoever asks the same again may. */
  | { readonly kind: 'asked'; readonly approval: ApprovalLine };

/** To be asked right before the act, when all else is known to be well. `wanted`: the acts that two people do. */
export async function secondPerson(
  approvals: Approvals,
  wanted: readonly DangerousAct[],
  { act, on, why, holder }: WantedAct,
): Promise<SecondPerson> {
  if (!isDangerous(act) || !wanted.includes(act)) return { kind: 'may', approval: null };
  const order: ApprovalOrder = { act, on, why };
  return approvals.need(order, holder);
}
