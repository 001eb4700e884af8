import { describe, expect, test } from 'vitest';
import type { MailboxReport } from '#domain/report.ts';
import { play, reportOf } from './made-up-world.ts';
import { inRounds } from './rounds.ts';

const order = (
  await play(['copy', 'imaps://a@h', 'imaps://a@i', '--source-secret', 'env:X', '--target-secret', 'env:X'], {
    environment: { X: 'x' },
  })
).orders[0];
const report = (changes: Partial<MailboxReport>) => reportOf(order as NonNullable<typeof order>, changes);

describe('following more mailboxes than may be open at once', () => {
  test('passes follow one another, sums stand in the report, and a stop is told as one', async () => {
    const stop = new AbortController();
    const reports: (MailboxReport | null)[] = [null, null, null];
    let passes = 0;
    let open = 0;
    await inRounds(3, 2, 0, stop.signal, reports, async (i) => {
      expect(++open).toBeLessThanOrEqual(2);
      await new Promise(setImmediate);
      open--;
      if (++passes === 6) stop.abort();
      return report({ copied: 10 ** i, alreadyThere: passes, refused: [] });
    });
    expect(reports.map((each) => [each?.copied, each?.fault?.code])).toEqual([
      [2, 'interrupted'],
      [20, 'interrupted'],
      [200, 'interrupted'],
    ]);
  });

  test('a mailbox that needs a person is left alone; one that was throttled is tried again', async () => {
    const stop = new AbortController();
    const reports: (MailboxReport | null)[] = [null, null];
    const tried: number[] = [];
    const codes = ['imap.sign-in.refused', 'imap.server.throttled'];
    await inRounds(2, 1, 0, stop.signal, reports, async (i) => {
      tried.push(i);
      if (tried.length === 4) stop.abort();
      return report({ fault: { code: codes[i] as string, message: '', remedy: '' } });
    });
    expect(tried).toEqual([0, 1, 1, 1]);
    expect(reports.map((each) => each?.fault?.code)).toEqual(codes);
  });

  test('when nobody is left who could be helped by another pass, it ends', async () => {
    const reports: (MailboxReport | null)[] = [null];
    await inRounds(1, 1, 0, new AbortController().signal, reports, async () =>
      report({ fault: { code: 'target.quota', message: '', remedy: '' } }),
    );
    expect(reports[0]?.fault?.code).toBe('target.quota');
  });
});
