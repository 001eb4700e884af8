import { expect, test } from 'vitest';
import type { ForecastPast } from '#domain/forecast-past.ts';
import type { WaveForecast } from '#domain/forecast.ts';
import { statedRates } from '#domain/stated-rates.ts';
import type { EstateForecast } from '#operations/forecast.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { Programme } from './world.ts';

const hourMs = 3_600_000;
const now = Date.UTC(2026, 7, 1);
const window = { opensAt: now + 43 * hourMs, closesAt: now + 54 * hourMs };

const wave: WaveForecast = {
  wave: 'pilot',
  state: 'running',
  window,
  mailboxes: 21_000,
  toCopy: 400,
  copied: { p50: now + 5 * hourMs, p90: now + 9 * hourMs },
  switchMs: { p50: 600_000, p90: 900_000 },
  finish: { p50: window.opensAt + 600_000, p90: window.opensAt + 900_000 },
  missed: { p50: 0, p90: 0 },
  remarks: [],
};

const told: EstateForecast = {
  madeAt: now,
  runs: 400,
  waves: [wave],
  finish: wave.finish,
  missed: { p50: 0, p90: 0 },
  inNoWindow: { p50: 0, p90: 0 },
  overdue: [],
  unplanned: 0,
  rates: statedRates,
  basis: { copies: 0, switches: 0, lags: 0, failures: 0, mended: 0, throttling: false, atOnce: false },
  throttling: [],
  helps: [],
};

function worldOf(made: EstateForecast, past: readonly ForecastPast[] = []): MadeUp {
  const programme = {
    forecasts: { make: async () => made, past: async () => past },
    waves: { list: async () => [{ name: 'old', state: 'finished' }] },
    [Symbol.asyncDispose]: async () => undefined,
  } as unknown as Programme;
  return { config: '/nowhere/godwit.yaml', openProgramme: async () => programme };
}

test('a forecast is a line for each wave, with what it rests on, and ends with 0 where everybody makes it', async () => {
  const { code, stdout } = await play(['forecast'], worldOf(told));
  expect(code).toBe(0);
  expect(
    stdout,
  ).toBe(`21,000 mailboxes in 1 wave: all are over by 2026-08-02T19:10Z, nine times in ten by 2026-08-02T19:15Z.
Everybody makes their window, nine times in ten.

wave   mailboxes  window opens       copied P50, P90                            switch P50, P90  over P50, P90                         miss it
pilot     21,000  2026-08-02T19:00Z  2026-08-01T05:00Z, 2026-08-01T09:00Z  10:00 min, 15:00 min  2026-08-02T19:10Z, 2026-08-02T19:15Z

Nothing was measured here yet: all of this rests on what others have published (docs/forecast.md), and may be off by half or twice.
A copy takes 10 s, 20 ms for each item and 670 ms for each MB; a switch 5 s; 300 mailboxes at a time (nobody has said).
`);
});

test('who will miss a window, what would help and what was left out is told, and ends with 3', async () => {
  const late: EstateForecast = {
    ...told,
    waves: [{ ...wave, missed: { p50: 0.12, p90: 0.31 }, remarks: ['Its switch does not fit into its window.'] }],
    missed: { p50: 2_520, p90: 6_510 },
    inNoWindow: { p50: 1_200, p90: 4_000 },
    overdue: [{ wave: 'last', mailboxes: 3 }],
    unplanned: 12,
    helps: [{ what: 'twice as many mailboxes at one time', soonerMs: 2 * hourMs, fewerMissed: 6_000 }],
    basis: { ...told.basis, copies: 4_000, switches: 3_000, atOnce: true },
    throttling: ['source: 6 of 12 connections.'],
  };
  const { code, stdout } = await play(['forecast'], worldOf(late));
  expect(code).toBe(3);
  for (const line of [
    '21,000 mailboxes in 1 wave: not all of them in the windows there are. About 1,200 mailboxes, nine times in ten no more than 4,000, need time after the last, and with it all are over by 2026-08-02T19:10Z',
    'About 2,520 miss their window, nine times in ten no more than 6,510.',
    '12 %, 31 %\n\n  pilot  Its switch does not fit into its window.',
    'Their window is over, and they need another (1)\n  last  3 mailboxes',
    '12 mailboxes are in no wave, and in none of this.',
    '  twice as many mailboxes at one time  over 2:00:00 h sooner, 6,000 fewer miss their window',
    'Measured here: copies (4,000 mailboxes), switches (3,000). All else is as others have published it',
    'source: 6 of 12 connections.',
  ])
    expect(stdout).toContain(line);
  const { stdout: json } = await play(['forecast', '--wave', 'pilot', '-o', 'json'], worldOf(late));
  expect(JSON.parse(json)).toMatchObject({
    waves: [{ wave: 'pilot' }],
    rates: { atOnce: 300 },
    basis: { copies: 4_000 },
  });
});

test('a wave that is not there, or is over, is told so', async () => {
  const { code, stderr } = await play(['forecast', '--wave', 'pilto'], worldOf(told));
  expect([code, stderr]).toEqual([2, 'godwit: There is no wave pilto: godwit wave list\n']);
  expect((await play(['forecast', '--wave', 'old'], worldOf(told))).stderr).toContain('The wave old is finished');
  expect((await play(['forecast', '--wave', 'old', '--history'], worldOf(told))).code).toBe(2);
});

test('what was forecast stands beside what happened', async () => {
  const kept = {
    madeAt: now,
    finish: wave.finish,
    mailboxes: 21_000,
    missed: { p50: 0, p90: 10 / 21_000 },
    samples: 0,
  };
  const past: ForecastPast = {
    wave: 'pilot',
    state: 'finished',
    window,
    first: kept,
    last: kept,
    switched: 20_990,
    finish: window.opensAt + 800_000,
    missed: 10,
  };
  const { stdout } = await play(
    ['forecast', '--history'],
    worldOf(told, [
      past,
      { ...past, wave: 'b', finish: window.opensAt + hourMs },
      { ...past, wave: 'c', last: null },
      { ...past, wave: 'd', missed: 900 },
    ]),
  );
  const lines = stdout.split('\n');
  expect(lines[1]).toMatch(
    /^pilot +20,990 +10 +10 +2026-08-02T19:13Z +2026-08-02T19:10Z, 2026-08-02T19:15Z +2026-08-02T19:10Z, /,
  );
  expect(lines[2]).toMatch(/^b .* later$/);
  expect(lines[4]).toMatch(/^d .* more missed it$/);
  expect(stdout).toContain(
    '1 of 3 were over by the time that was told for nine times in ten, and no more missed them than was.',
  );
  expect((await play(['forecast', '--history'], worldOf(told))).stdout).toBe('No window of a wave is over yet.\n');
});
