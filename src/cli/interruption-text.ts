/** How long switches kept people from their mailboxes, in words. */

import type { Interruption, Interruptions } from '#domain/interruption.ts';
import { count, duration } from './shown.ts';

/** Over all of several. */
export function interruptionsText({ half, p99, longest, byAttempts, byStamps }: Interruptions): string {
  const origins = [
    ...(byAttempts > 0 ? [`${count(byAttempts)} by attempts`] : []),
    ...(byStamps > 0 ? [`${count(byStamps)} by our own stamps`] : []),
  ];
  return `half of them ${duration(half)} or less, 99 % ${duration(p99)}, the longest ${duration(longest)} (${origins.join(', ')})`;
}

/** Of one switch: what counts, and what it consists of. */
export function interruptionText({ ms, by, stampsMs, signInMs, sessionMs, deliveryMs }: Interruption): string {
  const parts = [
    ...(signInMs === null ? [] : [`sign-in ${duration(signInMs)}`]),
    ...(deliveryMs === null ? [] : [`delivery ${duration(deliveryMs)}`]),
    ...(sessionMs === null ? [] : [`sessions ${duration(sessionMs)}`]),
    `from hold to turn ${duration(stampsMs)}`,
  ];
  return `${duration(ms)}, by ${by === 'attempts' ? 'attempts' : 'our own stamps'} (${parts.join(', ')})`;
}
