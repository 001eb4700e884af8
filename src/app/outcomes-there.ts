/** What a server answered, as the unions that its own database would have given. */

import type { Wire } from '#api/shapes/shape.ts';
import { usageError } from '#cli/usage.ts';
import { isFault } from '#domain/fault.ts';

/** An answer whose moments are `Date` again (`api/client.ts`). */
export function was<Value>(answer: Wire<Value>): Value {
  return answer as Value;
}

type Kinded = { readonly kind: string };

/** Also what was refused, where the refusal is one of these; `Outcome` says what they look like. */
export async function orRefused<Outcome extends Kinded>(
  asked: Promise<Outcome>,
  ...kinds: readonly Outcome['kind'][]
): Promise<Outcome> {
  try {
    return await asked;
  } catch (error) {
    const outcome = isFault(error, 'api.refused') || isFault(error, 'api.not-there') ? error.about.outcome : undefined;
    if (outcome !== undefined && (kinds as readonly string[]).includes(outcome.kind)) return outcome as Outcome;
    throw error;
  }
}

/** What is meant by its name, or else what is told of what is not there; `nearest` may have been meant. */
export async function orNotThere<Answer>(
  asked: Promise<Answer>,
  otherwise: (nearest: string | null) => Answer,
): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (!isFault(error, 'api.not-there')) throw error;
    return otherwise(error.about.nearest);
  }
}

/** The API asks for a reason where the machine's own operator need not give one. */
export function wanted(why: string | null, toDo: string): string {
  if (why !== null && why.trim() !== '') return why;
  throw usageError(`--why is wanted by a server ${toDo}: it stands in the audit log.`);
}
