/** What a hand of a worker costs besides the work itself, for whoever reckons how long many mailboxes take. */

/** So often a worker with a free hand looks for its next job, in milliseconds. */
export const nextJobMs = 250;

/** A hand that has ended a job is idle until the next look: half of that in the middle. */
export const betweenJobsMs = nextJobMs / 2;
