/**
 * A dangerous act by two people: it is judged first and asked for only where it could be done; and what was approved is done in the
 * transaction in which the approval is used up, so that an act that came to nothing leaves the approval as it was.
 */

import type { ApprovalLine, Meaning } from '#domain/access.ts';
import { type Act, type DangerousAct, type Holder, isDangerous } from '#domain/rights.ts';
import type { Approvals } from '#ports/access.ts';

/** What is ordered is ordered at a desk. */
export interface TwoPeopleDesk<Self> {
  readonly access: { readonly approvals: Approvals };
  /** In one transaction: what `work` throws undoes all of it. Within another it is a part of that, and undone alone. */
  atOnce<Answer>(work: (inner: Self) => Promise<Answer>): Promise<Answer>;
}

export interface WantedAct<Desk, Told> {
  readonly act: DangerousAct;
  /** What it is to be done to, and how, to the letter: who asks again in other words asks for something else. */
  readonly on: string;
  readonly why: string;
  readonly holder: Holder;
  /** Who is meant by that now. */
  meaning(desk: Desk): Promise<Meaning | null>;
  /** Does it, and throws where it is refused. */
  obey(desk: Desk): Promise<Told>;
  /** Finds out how it would end; whatever it does is undone. */
  rehearse(desk: Desk): Promise<Told>;
  /** Whether that is the answer to an order by which nothing was done to anybody. */
  isNothing(told: Told): boolean;
}

export type ByTwoPeople<Told> =
  | { readonly kind: 'done'; readonly told: Told }
  /** It has been asked for. Once it is approved, whoever asks the same again may. `overtaken`: as in `ApprovalNeeded`. */
  | { readonly kind: 'asked'; readonly approval: ApprovalLine; readonly overtaken: ApprovalLine | null };

/** Whether it takes two people. `wanted`: the acts that the settings name. */
export function takesTwo(act: Act, wanted: readonly DangerousAct[]): act is DangerousAct {
  return isDangerous(act) && wanted.includes(act);
}

export async function byTwoPeople<Desk extends TwoPeopleDesk<Desk>, Told>(
  desk: Desk,
  wanted: WantedAct<Desk, Told>,
): Promise<ByTwoPeople<Told>> {
  const { act, on, why, holder } = wanted;
  return unlessNothing(() =>
    desk.atOnce(async (inner): Promise<ByTwoPeople<Told>> => {
      // First: somebody else's order may take long, and may change who is meant.
      await inner.access.approvals.turn();
      const order = { act, on, why, meaning: await wanted.meaning(inner) };
      const { kind, approval, overtaken } = await inner.access.approvals.need(order, holder);
      if (kind === 'asked') {
        const told = await rehearsed(inner, wanted);
        // Thrown, so that nobody is asked.
        if (wanted.isNothing(told)) throw new Nothing(told);
        return { kind, approval, overtaken };
      }
      const told = await wanted.obey(inner);
      if (!wanted.isNothing(told)) await inner.access.approvals.use(approval.id, holder);
      return { kind: 'done', told };
    }),
  );
}

/** An answer on its way out of a transaction that is to be undone. */
class Nothing<Told> extends Error {
  readonly told: Told;

  constructor(told: Told) {
    super('nothing is to be done');
    this.told = told;
  }
}

class Rehearsed<Told> extends Nothing<Told> {}

async function unlessNothing<Told>(work: () => Promise<ByTwoPeople<Told>>): Promise<ByTwoPeople<Told>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Nothing) return { kind: 'done', told: error.told as Told };
    throw error;
  }
}

async function rehearsed<Desk extends TwoPeopleDesk<Desk>, Told>(
  desk: Desk,
  wanted: WantedAct<Desk, Told>,
): Promise<Told> {
  try {
    return await desk.atOnce(async (inner) => {
      throw new Rehearsed(await wanted.rehearse(inner));
    });
  } catch (error) {
    if (error instanceof Rehearsed) return error.told as Told;
    throw error;
  }
}
