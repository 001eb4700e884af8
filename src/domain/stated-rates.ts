/**
 * How fast mail moves where nobody has measured anything yet: as others have published it of theirs. Between one tool and the next
 * lie factors of ten, so the first hundred mailboxes of one's own are worth more than all of this.
 */

import type { Rates } from './rates.ts';

export const statedRates: Rates = {
  origin: 'stated',
  samples: 0,
  switchSamples: 0,
  // One and a half megabytes a second for one mailbox, between imapsync's mean of 0.34 over 161 million transfers and its best of 13; a
  // university counted 180 ms a message with everything in it.
  copy: { fixedMs: 10_000, msPerItem: 20, msPerByte: 1 / 1_500, sigma: 0.8 },
  follow: { fixedMs: 500, msPerItem: 20, msPerByte: 1 / 1_500, sigma: 0.6 },
  switch: { fixedMs: 5_000, msPerItem: 20, msPerByte: 1 / 1_500, sigma: 0.6 },
  // What Exchange Online takes at one time from one tenant.
  atOnce: 300,
  newItemsPerDay: 30,
  newBytesPerDay: 3_000_000,
  // No audited figure of any programme was found: one in fifty passes, one in a hundred mailboxes.
  retryShare: 0.02,
  blockedShare: 0.01,
  mendHours: 24,
  throttledShare: 0.05,
  throttledTo: 0.5,
};
