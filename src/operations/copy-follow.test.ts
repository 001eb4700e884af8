import { expect, test } from 'vitest';
import { memorySource } from '#connectors/memory/open.ts';
import { fault } from '#domain/fault.ts';
import type { MailboxReport } from '#domain/report.ts';
import type { Clock } from '#lib/clock.ts';
import type { OpenSource } from '#ports/mailbox.ts';
import { aMove, contents, fill } from './copy-mailbox.test-kit.ts';

/** Rests that would be long never end by themselves. */
const patient: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (ms <= 1_000) resolve();
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
};

test('--follow carries new mail as soon as the source tells of it, however long the interval', async () => {
  const move = aMove();
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 10);
  const stop = new AbortController();
  const passes: number[] = [];
  const caughtUp = ({ copied }: MailboxReport): void => {
    passes.push(copied);
    // By the time of the next turn somebody is watching.
    if (passes.length === 1) setImmediate(() => fill(inbox, 11, 15));
    else stop.abort();
  };
  const watcher = { planned() {}, progress() {}, folder() {}, caughtUp };
  const report = await move.run({ followSeconds: 3_600 }, { clock: patient, watcher }, stop.signal);
  expect(passes).toEqual([10, 15]);
  expect(report.fault?.code).toBe('interrupted');
  expect(contents(move.target)).toEqual(contents(move.source));
});

test('--follow opens a source anew that failed while it was watched, and goes on by the clock', async () => {
  const move = aMove();
  fill(move.source.create(['INBOX']), 1, 10);
  const openUsual = memorySource(move.source);
  let opened = 0;
  const openSource: OpenSource = async (signal) => {
    opened++;
    const watch = (): Promise<void> => Promise.reject(fault('imap.connection.lost', { host: 'h', text: 'gone' }));
    return Object.assign(await openUsual(signal), { watch });
  };
  const stop = new AbortController();
  let passes = 0;
  const caughtUp = (): void => {
    if (++passes === 3) stop.abort();
  };
  const watcher = { planned() {}, progress() {}, folder() {}, caughtUp };
  await move.run({ followSeconds: 60 }, { openSource, watcher }, stop.signal);
  expect([passes, opened]).toEqual([3, 3]);
});
