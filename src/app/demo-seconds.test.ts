import { describe, expect, test } from 'vitest';
import { type Happening, judge, secondLine, sum, sumLines, underWay } from './demo-seconds.ts';

const sent = (number: number, atMs: number): Happening => ({ kind: 'sent', number, atMs });
const arrived = (number: number, atMs: number): Happening => ({ kind: 'arrived', number, atMs });

/** A switch in the third second: the session ends, message 3 waits for the new side. */
const aSwitch: readonly Happening[] = [
  { kind: 'signed in', side: 'old', atMs: 0 },
  sent(1, 10),
  arrived(1, 110),
  sent(2, 1_010),
  arrived(2, 1_210),
  sent(3, 2_010),
  { kind: 'cut', atMs: 2_500 },
  { kind: 'signed in', side: 'new', atMs: 3_400 },
  sent(4, 3_410),
  arrived(3, 3_510),
  arrived(4, 3_610),
];

describe('a switch, second by second', () => {
  test('each second says what arrived in it, what waits, and how the session stands at its end', () => {
    const lines = [1, 2, 3, 4, 5].map((second) => secondLine(second, aSwitch, second * 1_000).replace(/ {2,}/g, ' | '));
    expect(lines).toEqual([
      ' | 1 | arrived: 1 after 0.10 s | on the old side',
      ' | 2 | arrived: 2 after 0.20 s | on the old side',
      ' | 3 | 3 waits | session ended 0.50 s ago, signing in again …',
      ' | 4 | arrived: 3 after 1.50 s, 4 after 0.20 s | signed in again after 0.90 s, on the new side',
      ' | 5 | on the new side',
    ]);
  });

  test('the sum is of all that happened since it began, with the longest wait and the time without a session', () => {
    expect(sum(aSwitch, 0, 5_000)).toEqual({
      sent: 4,
      refused: 0,
      longestWaitMs: 1_500,
      usualWaitMs: 200,
      signedInAgain: 1,
      withoutSessionMs: 900,
    });
    expect(sum(aSwitch, 3_405, 5_000)).toMatchObject({ sent: 1, longestWaitMs: 200, withoutSessionMs: 0 });
  });

  test('a session that has not come back counts until now', () => {
    expect(sum(aSwitch.slice(0, 7), 0, 6_000).withoutSessionMs).toBe(3_500);
  });

  test('a message that is not in the mailbox is lost, and one that is there twice is told', () => {
    expect(judge(aSwitch, [1, 2, 3, 4])).toEqual({ lost: [], twice: [] });
    const verdict = judge(aSwitch, [1, 4, 2, 4]);
    expect(verdict).toEqual({ lost: [3], twice: [4] });
    expect(sumLines('her program', sum(aSwitch, 0, 5_000), verdict)[0]).toBe(
      '  4 messages sent, LOST: 3; THERE TWICE: 4',
    );
    expect(sumLines('her program', sum(aSwitch, 0, 5_000), { lost: [], twice: [] })[0]).toBe(
      '  4 messages sent, each arrived, and each once',
    );
  });

  test('what was refused is not waited for, is not lost, and is told', () => {
    const happenings = [...aSwitch, sent(5, 4_010), { kind: 'refused', number: 5, why: '451', atMs: 4_100 } as const];
    expect(underWay(aSwitch.slice(0, 6))).toEqual([3]);
    expect(underWay(happenings)).toEqual([]);
    expect(judge(happenings, [1, 2, 3, 4]).lost).toEqual([]);
    expect(secondLine(5, happenings, 5_000)).toContain('5 refused (451)');
    const lines = sumLines('her program', sum(happenings, 0, 5_000), { lost: [], twice: [] });
    expect(lines[0]).toBe('  5 messages sent, not taken in: 1 message');
  });
});
