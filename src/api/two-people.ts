/** Dangerous acts wait for a second person where the settings say so, once it is seen that they could be done. */

import assert from 'node:assert/strict';
import type { Meaning } from '#domain/access.ts';
import { fault } from '#domain/fault.ts';
import type { Holder } from '#domain/rights.ts';
import { byTwoPeople, takesTwo, type WantedAct } from '#operations/second-person.ts';
import { whomOf } from './answers-mailboxes.ts';
import type { Contract, OperationName } from './contract.ts';
import type { Estate, EstateDesk } from './estate.ts';
import type { BodyOf, Operation, ParamsOf } from './operation.ts';

export interface Ordered {
  readonly name: string;
  readonly params: object;
  readonly body: object | null;
}

/** An answer, and how it is told. */
export interface Answered {
  readonly value: unknown;
  readonly text: string;
}

/** Answers an order at a desk, to the letter of a body. */
export type Answering = (desk: EstateDesk, body: object | null) => Promise<Answered>;

/**
 * Does it; where it takes two people, once somebody else has approved exactly this. Throws `api.approval.*` until then, and what
 * `answer` throws.
 */
export async function answerOrder(
  desk: EstateDesk,
  operation: Pick<Operation, 'act' | 'body'>,
  holder: Holder | null,
  ordered: Ordered,
  answer: Answering,
): Promise<Answered> {
  const { act } = operation;
  const { params, body } = ordered;
  const { why = '', ...rest } = { ...params, ...body } as Readonly<Record<string, unknown>>;
  // Only to look is not dangerous.
  if (holder === null || rest['dryRun'] === true) return answer(desk, body);
  // No act that takes two people stands beside others.
  if (typeof act !== 'string' || act === 'anybody' || act === 'public' || !takesTwo(act, desk.access.twoPeople))
    return answer(desk, body);
  const hasDryRun = operation.body !== null && 'dryRun' in operation.body.properties;
  const wanted: WantedAct<EstateDesk, Answered> = {
    act,
    on: `${ordered.name} ${lettersOf(rest)}`,
    why: String(why),
    holder,
    meaning: (inner) => meaningOf(inner.for(holder, act), ordered),
    obey: (inner) => answer(inner, body),
    rehearse: (inner) => answer(inner, hasDryRun ? { ...body, dryRun: true } : body),
    isNothing: ({ value }) => isNothing(value),
  };
  const came = await byTwoPeople(desk, wanted);
  if (came.kind === 'done') return came.told;
  const { approval, overtaken } = came;
  if (overtaken === null) throw fault('api.approval.waits', { approval: approval.id, act });
  throw fault('api.approval.overtaken', {
    approval: approval.id,
    act,
    before: overtaken.id,
    meant: overtaken.meant ?? 0,
    means: approval.meant ?? 0,
  });
}

/** The same for the same, in whatever order it was written. */
function lettersOf(rest: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** Nobody obeyed, or it was so before. */
function isNothing(value: unknown): boolean {
  const { done, changed } = Object(value) as { readonly done?: unknown; readonly changed?: unknown };
  return changed === false || (Array.isArray(done) && done.length === 0);
}

/** The operations of the contract that are dangerous acts. */
export const dangerousOperations = [
  'start-wave',
  'bring-wave-back',
  'release-wave',
  'bring-mailboxes-back',
  'accept-exceptions',
  'release-brake',
] as const satisfies readonly OperationName[];
type Dangerous = (typeof dangerousOperations)[number];

type MeaningOf<Name extends Dangerous> = (
  meanings: Estate['meanings'],
  params: ParamsOf<Contract[Name]>,
  body: BodyOf<Contract[Name]>,
) => Promise<Meaning | null>;

/** Whom each is about. Of what is not there that is nobody, and the answer says so. */
const meanings: { readonly [Name in Dangerous]: MeaningOf<Name> } = {
  'start-wave': (of, { wave }) => of.wave(wave),
  'bring-wave-back': (of, { wave }) => of.wave(wave),
  'release-wave': (of, { wave }) => of.wave(wave),
  'bring-mailboxes-back': (of, _, { addresses, select }) => of.mailboxes(whomOf(addresses, select)),
  'accept-exceptions': (of, { address }, { which }) => of.exceptions(address, which),
  'release-brake': async () => null,
};

function meaningOf(estate: Estate, { name, params, body }: Ordered): Promise<Meaning | null> {
  assert(name in meanings, `${name} takes two people, and nobody knows whom it is about`);
  // Which of them it is, the contract knows.
  const of = meanings[name as Dangerous] as (
    of: Estate['meanings'],
    params: object,
    body: object | null,
  ) => Promise<Meaning | null>;
  return of(estate.meanings, params, body);
}
