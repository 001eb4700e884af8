import { describe, expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import type { Clock } from '#lib/clock.ts';
import { type Log, silent } from '#lib/log.ts';
import type { Source } from '#ports/mailbox.ts';
import { Rest } from './rest.ts';

/** A clock that tells how long was slept for and wakes when it is told to, or when the signal aborts. */
function handClock(): Clock & { readonly asked: number[]; readonly broken: number[]; strike(): void } {
  const asked: number[] = [];
  const broken: number[] = [];
  let strike = (): void => {};
  return {
    asked,
    broken,
    strike: () => strike(),
    now: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        asked.push(ms);
        strike = resolve;
        signal.addEventListener('abort', () => {
          broken.push(ms);
          reject(signal.reason);
        });
      }),
  };
}

type Watch = NonNullable<Source['watch']>;
const sourceThat = (watch?: Watch): Source => (watch ? { watch } : {}) as Source;
const untilAborted: Watch = (signal) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
const lost: Watch = () => Promise.reject(fault('imap.connection.lost', { host: 'h', text: 'gone' }));
const never = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('between two looks of --follow', () => {
  test('news of the source ends the rest early, after a moment for what comes with it', async () => {
    const clock = handClock();
    const rest = new Rest(clock, silent).between(
      sourceThat(() => Promise.resolve()),
      60_000,
      true,
      never,
    );
    await turn();
    expect([clock.asked, clock.broken]).toEqual([[60_000, 1_000], [60_000]]);
    clock.strike();
    expect(await rest).toBe(true);
  });

  test('without news the clock ends it, and nothing watches on', async () => {
    const clock = handClock();
    let isWatching = true;
    const source = sourceThat((signal) => untilAborted(signal).then(() => void (isWatching = false)));
    const rest = new Rest(clock, silent).between(source, 60_000, true, never);
    await turn();
    clock.strike();
    expect(await rest).toBe(true);
    expect([clock.asked, isWatching]).toEqual([[60_000], false]);
  });

  test('a source that cannot tell is looked at by the clock', async () => {
    const clock = handClock();
    const rest = new Rest(clock, silent).between(sourceThat(), 60_000, true, never);
    clock.strike();
    expect(await rest).toBe(true);
  });

  test('news that led to nothing is followed by a rest by the clock', async () => {
    const clock = handClock();
    let watches = 0;
    const source = sourceThat(() => Promise.resolve(void watches++));
    const rest = new Rest(clock, silent);
    for (const didFind of [true, true, false, false]) {
      const resting = rest.between(source, 60_000, didFind, never);
      await turn();
      clock.strike();
      await resting;
    }
    expect(watches).toBe(3);
  });

  test('a watch that fails says so, the clock goes on, and after three in a row nobody watches any more', async () => {
    const clock = handClock();
    const said: unknown[] = [];
    const log: Log = { ...silent, info: (phrase, fields) => said.push([phrase, fields?.['why']]) };
    const rest = new Rest(clock, log);
    const outcomes: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      const resting = rest.between(sourceThat(lost), 60_000, true, never);
      await turn();
      clock.strike();
      outcomes.push(await resting);
    }
    // False: the source is to be opened again.
    expect(outcomes).toEqual([false, false, false, true]);
    expect(clock.asked).toEqual([60_000, 60_000, 60_000, 60_000]);
    expect(said).toEqual(Array(3).fill(['watching failed, going by the clock', 'imap.connection.lost']));
  });

  test('Ctrl-C ends it at once, watched or not', async () => {
    for (const watch of [untilAborted, undefined]) {
      const stop = new AbortController();
      const rest = new Rest(handClock(), silent).between(sourceThat(watch), 60_000, true, stop.signal);
      stop.abort(new Error('stopped'));
      await expect(rest).rejects.toThrow('stopped');
    }
  });
});
