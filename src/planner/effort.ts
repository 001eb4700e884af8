/** How much a plan is searched for: seconds become steps that are counted, so that the same order has the same answer on any machine. */

/** Rounds and proposals that a plan is given. */
export interface Effort {
  /** Rounds over the whole organisations, and over each finer level. */
  readonly coarse: number;
  readonly fine: number;
  readonly proposals: number;
  /** Plans that are made, of which the best is taken. */
  readonly attempts: number;
}

/** Microseconds that one look at a group takes on two cores of 2.5 GHz: more where there are so many that they lie far apart in memory. */
const lookMicroseconds = (groups: number): number => (groups < 50_000 ? 3.6 : 6);
const proposalMicroseconds = (mailboxes: number): number => (mailboxes < 50_000 ? 0.6 : 1.5);

/** Rounds from which on another attempt is worth as much as more of them: a longer effort goes into both. */
const worthAnother = 60;
const coarseLeast = 9;

/** Seconds that are spent where nobody says how many: two and a half for a small estate, twelve more for two millions. */
export function usualEffortSeconds(mailboxes: number): number {
  return 2.5 + (5.5 * mailboxes) / 1_000_000;
}

/** Proposals that fit into so many seconds, where there is nothing to arrange before. */
export function proposalsIn(seconds: number, mailboxes: number): number {
  return Math.round((seconds * 0.8e6) / proposalMicroseconds(mailboxes));
}

/** Shares `seconds` out: two thirds on whole organisations, where most is decided, the rest on what they consist of. */
export function effortFor(seconds: number, mailboxes: number, groups: readonly number[]): Effort {
  const microseconds = seconds * 1e6;
  const coarseGroups = groups[groups.length - 1] ?? 1;
  const fineGroups = groups.slice(0, -1).reduce((sum, each) => sum + each, 0);
  const coarseRound = Math.max(1, coarseGroups) * lookMicroseconds(coarseGroups);
  const fineRound = Math.max(1, fineGroups) * lookMicroseconds(fineGroups);
  const wanted = (microseconds * 0.6) / coarseRound;
  const attempts = Math.max(1, Math.round(Math.sqrt(wanted / worthAnother)));
  return {
    coarse: Math.max(coarseLeast, Math.round(wanted / attempts)),
    fine: Math.max(3, Math.round((microseconds * 0.2) / fineRound / attempts)),
    proposals: Math.round((microseconds * 0.15) / proposalMicroseconds(mailboxes) / attempts),
    attempts,
  };
}
