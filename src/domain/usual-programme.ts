/** How a programme is led where nobody has said, and what its mailboxes hold: forecasts and rehearsals take the same for granted. */

const minuteMs = 60_000;

/** A wave is taken to be started so long before its window. */
export const usualAheadMs = 21 * 24 * 60 * minuteMs;
/** Between two looks at a mailbox that follows. */
export const usualFollowEveryMs = 15 * minuteMs;
/** The mean of 2.1 million mailboxes of a national health service, and of the messages in 161 million that were copied elsewhere. */
export const usualSize = { bytes: 1_100_000_000, items: 3_000 } as const;
