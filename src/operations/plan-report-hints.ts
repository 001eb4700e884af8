/** What became of `wave_hint`, with addresses and in words. */

import type { PlanningOrder } from '#planning/placement.ts';
import type { HintsOutcome } from '#planning/wave-hints.ts';

export interface NamedHints extends Omit<HintsOutcome, 'first'> {
  readonly first: readonly { readonly mailbox: string; readonly hint: string; readonly why: string }[];
}

export function namedHints({ roster }: PlanningOrder, hints: HintsOutcome | null): NamedHints | null {
  return (
    hints && {
      ...hints,
      first: hints.first.map(({ mailbox, hint, isKnown }) => ({
        mailbox: roster.address(mailbox),
        hint,
        why: isKnown
          ? 'a rule is against it, there is no room, or those it works with would be parted from it for long'
          : 'the calendar has no wave or rule of that name',
      })),
    }
  );
}
