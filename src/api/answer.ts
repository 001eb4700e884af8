/** How an operation is answered: what is asked, by whom, and what may be said. */

import { fault } from '#domain/fault.ts';
import { readSelector, type Selector, type UnknownName } from '#domain/selector.ts';
import type { Holder } from '#domain/rights.ts';
import type { AnswerOf, BodyOf, Operation, ParamsOf, QueryOf } from './operation.ts';
import type { Wire } from './shapes/shape.ts';
import type { Estate, EstateDesk } from './estate.ts';

export interface Asked<Each extends Operation> {
  readonly params: ParamsOf<Each>;
  readonly query: QueryOf<Each>;
  readonly body: BodyOf<Each>;
  /** As far as whoever asks may do this. */
  readonly estate: Estate;
  readonly desk: EstateDesk;
  /** Null where everybody may ask. */
  readonly holder: Holder | null;
  /** For the audit log. */
  readonly who: string;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Answers, or throws a fault of the catalogue. */
export type Answerer<Each extends Operation> = (
  asked: Asked<Each>,
) => Each['answers'] extends 'lines'
  ? Promise<AsyncIterable<readonly Wire<AnswerOf<Each>>[]>>
  : Promise<Wire<AnswerOf<Each>>>;

/** Streams of events are told by `change-stream.ts`, and files are taken in by `take-file.ts`. */
export type Answerers<Contract extends Readonly<Record<string, Operation>>> = {
  readonly [Name in keyof Contract as Contract[Name] extends
    | { readonly answers: 'events' }
    | { readonly takesFile: true }
    ? never
    : Name]: Answerer<Contract[Name]>;
};

/** It is not there, or not for whoever asks: nobody can tell the two apart. */
export function notThere(
  what: string,
  name: string,
  nearest: string | null = null,
  outcome?: { readonly kind: string },
) {
  return fault('api.not-there', { what, name, nearest, ...(outcome ? { outcome } : {}) });
}

/** What a selector or a wave names is not there. */
export function unknownName(unknown: UnknownName) {
  const { key, value, nearest } = unknown;
  return notThere(key === 'wave' ? 'wave' : 'organisation', value, nearest, unknown);
}

/** It was understood, and cannot be done as things stand. `outcome`: what the operation answered, for programs. */
export function refused(text: string, outcome: { readonly kind: string }) {
  return fault('api.refused', { text, outcome });
}

export function unfit(...problems: readonly string[]) {
  return fault('api.request.unfit', { text: `${problems.join('; ').replace(/\.$/, '')}.`, problems });
}

export function selectorOf(select: string | undefined): Selector {
  const selector = readSelector(select ?? '');
  if ('problem' in selector) throw unfit(`select: ${selector.problem}`);
  return selector;
}
