/** A clock that nobody sets, and that goes on while its machine sleeps. */

import { uptime } from 'node:os';

/**
 * Milliseconds since this call, never backwards: the longer of what both clocks of the machine say, since
 * `performance.now()` stands still while it is suspended. A machine that is halted from outside, by whoever runs it as a guest,
 * may know of it by neither.
 */
export function steadyClock(
  ran: () => number = () => performance.now(),
  up: () => number = () => uptime() * 1000,
): () => number {
  const [ranBefore, upBefore] = [ran(), up()];
  return () => Math.max(ran() - ranBefore, up() - upBefore);
}
