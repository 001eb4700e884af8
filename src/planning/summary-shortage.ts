/** Whether all windows together are too small for all there is to move, by how much, and when it would end were the calendar to go on. */

import type { PlanWindow } from '#domain/calendar.ts';
import { isToPlace } from './moves.ts';
import type { PlanningOrder } from './placement.ts';

export interface Shortage {
  /** What does not fit into all windows together. */
  readonly mailboxes: number;
  readonly bytes: number;
  /** The window in which the last would move if the calendar went on in its weekly rhythm; null: not within the windows that were given. */
  readonly finish: PlanWindow | null;
}

/** Null where the windows suffice. What each window alone can take, and whom, is another question. */
export function shortageOf(order: PlanningOrder, later: readonly PlanWindow[]): Shortage | null {
  const { roster, windows } = order;
  let [mailboxes, bytes] = [0, 0];
  for (let m = 0; m < roster.size; m++) {
    if (!isToPlace(order, m)) continue;
    mailboxes++;
    bytes += roster.sizeBytes[m] as number;
  }
  for (const window of windows) [mailboxes, bytes] = [mailboxes - window.mailboxes, bytes - window.bytes];
  if (mailboxes <= 0 && bytes <= 0) return null;
  const short = { mailboxes: Math.max(0, mailboxes), bytes: Math.max(0, bytes) };
  const finish = later.find((window) => {
    [mailboxes, bytes] = [mailboxes - window.mailboxes, bytes - window.bytes];
    return mailboxes <= 0 && bytes <= 0;
  });
  return { ...short, finish: finish ?? null };
}
