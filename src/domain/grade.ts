/**
 * What a certificate comes to in one word, for those who read ten thousand of them: by thresholds that are published
 * (docs/evidence.md shows these very sentences), and with what kept it from a better one.
 */

import type { VerificationOutcome } from './wave-verification.ts';

/** From the best to the worst. */
export const grades = ['perfect', 'good', 'investigate', 'poor'] as const;
export type Grade = (typeof grades)[number];

export interface Graded {
  readonly grade: Grade;
  /** What kept it from a better one, the gravest first; empty where it is perfect. */
  readonly because: readonly string[];
}

/** What a mailbox is graded by. */
export interface Gradable {
  readonly outcome: VerificationOutcome;
  readonly sourceMessages: number;
  readonly open: number;
  readonly accepted: number;
  /** Messages of the source that no pass has carried yet. */
  readonly behind: number;
  /** Of its latest switch; null where it has not switched, or nothing is known of it. */
  readonly interruptedMs: number | null;
}

const interruptedPerfectMs = 5_000;
const interruptedGoodMs = 60_000;
const interruptedInvestigateMs = 600_000;
const openInvestigateMax = 10;
const openInvestigateShare = 0.001;
/** Shares of the mailboxes of a wave. */
const goodShare = 0.99;
const poorShareMax = 0.01;

/** The thresholds, as they are published. */
export const gradeRules = {
  mailbox: {
    perfect:
      'everything of the source that was to be moved is on the target, octet for octet and with its date; nothing is listed; the switch kept nobody out for more than 5 seconds',
    good: 'the same, but for exceptions that a person has accepted by name; the switch kept nobody out for more than 60 seconds',
    investigate:
      'up to 10 messages, and up to one in a thousand, are open; or messages wait for the next pass; or nobody can tell, since it was released; or the switch kept somebody out for up to 10 minutes',
    poor: 'more than that is open, or the switch kept somebody out for longer, or it could not be compared',
  },
  wave: {
    perfect: 'every mailbox is perfect',
    good: 'at least 99 of 100 mailboxes are good or perfect, and none is poor',
    investigate: 'at most 1 of 100 mailboxes is poor',
    poor: 'more than that',
  },
} as const satisfies Record<'mailbox' | 'wave', Record<Grade, string>>;

export function gradeOfMailbox(found: Gradable): Graded {
  const findings = [...ofContent(found), ...ofInterruption(found.interruptedMs)];
  const worst = findings.reduce((rank, each) => Math.max(rank, grades.indexOf(each.grade)), 0);
  return {
    grade: grades[worst] as Grade,
    because: findings.toSorted((a, b) => grades.indexOf(b.grade) - grades.indexOf(a.grade)).map(({ says }) => says),
  };
}

interface Finding {
  readonly grade: Grade;
  readonly says: string;
}

function ofContent({ outcome, sourceMessages, open, accepted, behind }: Gradable): readonly Finding[] {
  const besides: readonly Finding[] = [
    ...(behind > 0
      ? [{ grade: 'investigate', says: `of the source ${messages(behind)} not carried yet` } as const]
      : []),
    ...(accepted > 0 ? [{ grade: 'good', says: `${exceptions(accepted)} accepted by a person` } as const] : []),
  ];
  switch (outcome) {
    case 'whole':
    case 'accepted':
      return besides;
    case 'differs': {
      const few = open <= openInvestigateMax && open <= Math.max(1, sourceMessages * openInvestigateShare);
      return [{ grade: few ? 'investigate' : 'poor', says: `${exceptions(open)} open` }, ...besides];
    }
    case 'inconclusive':
      return [
        { grade: 'investigate', says: 'since its release nobody can tell what was removed from what was lost' },
        ...besides,
      ];
    case 'unfinished':
      return [{ grade: 'poor', says: 'the comparison ended early' }];
    case 'not-copied':
      return [{ grade: 'poor', says: 'it was never copied' }];
  }
}

function exceptions(count: number): string {
  return count === 1 ? '1 exception' : `${count} exceptions`;
}

function messages(count: number): string {
  return count === 1 ? '1 message is' : `${count} messages are`;
}

function ofInterruption(ms: number | null): readonly Finding[] {
  if (ms === null || ms <= interruptedPerfectMs) return [];
  const grade = ms <= interruptedGoodMs ? 'good' : ms <= interruptedInvestigateMs ? 'investigate' : 'poor';
  return [{ grade, says: `its switch kept somebody out for ${Math.ceil(ms / 1000)} seconds` }];
}

/** How many mailboxes have each grade. */
export type GradeCounts = Readonly<Record<Grade, number>>;

export const noGrades: GradeCounts = { perfect: 0, good: 0, investigate: 0, poor: 0 };

/** `uncertified`: mailboxes of it of which there is no certificate count as poor. */
export function gradeOfWave(counts: GradeCounts, uncertified: number): Graded {
  const all = grades.reduce((sum, grade) => sum + counts[grade], 0) + uncertified;
  const poor = counts.poor + uncertified;
  const because = [
    ...(uncertified > 0 ? [`${uncertified} mailboxes have no certificate`] : []),
    ...(['poor', 'investigate', 'good'] as const).flatMap((grade) =>
      counts[grade] > 0 ? [`${counts[grade]} mailboxes are ${grade}`] : [],
    ),
  ];
  if (all === 0) return { grade: 'poor', because: ['there is no mailbox in it'] };
  if (because.length === 0) return { grade: 'perfect', because };
  if (poor === 0 && counts.perfect + counts.good >= all * goodShare) return { grade: 'good', because };
  return { grade: poor <= all * poorShareMax ? 'investigate' : 'poor', because };
}
