import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { UsageError } from '#cli/usage.ts';
import type { Rates } from '#domain/rates.ts';
import { usualWeather } from '#rehearsal/weather.ts';
import { weatherExample, weatherPage, weatherSchema } from '../../tools/weather-pages.ts';
import { weatherIn } from './read-weather.ts';

const rate = { fixedMs: 1, msPerItem: 1, msPerByte: 1, sigma: 1 };
const rates: Rates = {
  origin: 'stated',
  samples: 0,
  switchSamples: 0,
  copy: rate,
  follow: rate,
  switch: rate,
  atOnce: 1,
  newItemsPerDay: 1,
  newBytesPerDay: 1,
  retryShare: 0.02,
  blockedShare: 0.01,
  mendHours: 12,
  throttledShare: 0.1,
  throttledTo: 0.4,
};
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function problemsIn(text: string): readonly string[] {
  try {
    weatherIn('w.yaml', text, 'UTC', rates);
  } catch (error) {
    if (error instanceof UsageError) return error.problems.map(({ says, line }) => `${line}: ${says}`);
    throw error;
  }
  return [];
}

describe('a weather.yaml', () => {
  it('is read as it is written, by the clocks of the calendar', () => {
    const weather = weatherIn('w.yaml', weatherExample, 'Europe/London', rates);
    expect(weather.outages).toEqual([
      { side: 'target', from: Date.parse('2026-09-08T17:30Z'), until: Date.parse('2026-09-08T22:30Z') },
      { side: 'source', from: Date.parse('2026-11-20T06:00Z'), until: Date.parse('2026-11-21T06:00Z') },
    ]);
    expect(weather.throttling).toEqual({ side: 'target', share: 0.05, to: 0.5, spellMs: hourMs / 2 });
    expect(weather.failures).toEqual({ passes: 0.03, mailboxes: 0.05, atSwitch: 0.25, mendMs: 24 * hourMs });
    expect(weather.slow).toEqual({ share: 0.05, times: 2 });
    expect(weather.people).toEqual({
      holds: 0.01,
      holdMs: 7 * dayMs,
      excludes: 0.001,
      leavers: 0.005,
      joiners: 0.01,
      goBacks: 0.002,
      goBackMs: 3 * dayMs,
      resumeMs: 2 * hourMs,
      noticeMs: 2 * dayMs,
    });
  });

  it('that says little leaves the rest as the rates have it', () => {
    const weather = weatherIn('w.yaml', 'failures: { mailboxes: 5% }\n', 'UTC', rates);
    const usual = usualWeather(rates);
    expect(weather).toEqual({ ...usual, failures: { ...usual.failures, mailboxes: 0.05 } });
    expect(usual.throttling).toMatchObject({ share: 0.1, to: 0.4 });
    expect(usual.failures).toMatchObject({ passes: 0.02, mailboxes: 0.01, mendMs: 12 * hourMs });
  });

  it('tells everything that is wrong at once, with its line', () => {
    const text = [
      'outages:',
      '  - { from: 2026-09-08T18:30, until: 2026-09-08T18:00 }',
      '  - { from: 2026-02-30T18:30, until: 2026-09-08T18:00 }',
      '  - { from: tomorrow, until: 2026-09-08T18:00 }',
      'failures: { passes: 300%, mend: soon }',
      'peple: { holds: 1% }',
      '',
    ].join('\n');
    expect(problemsIn(text)).toEqual([
      '6: "peple" is no setting; did you mean "people"?',
      '4: outages.2.from must be a day and a time such as 2026-09-08T18:30, by the clocks of the calendar.',
      '5: failures.mend must be a time such as 30m, 24h or 7d.',
      '2: outages.0.until: 2026-09-08T18:00 is not after 2026-09-08T18:30.',
      '3: outages.1.from: 2026-02-30T18:30 is no moment that any clock shows.',
      '5: failures.passes must be a share such as 5% or 0.05.',
    ]);
  });

  it('that is empty is refused', () => {
    expect(problemsIn(' \n')).toHaveLength(1);
  });
});

describe('what an editor knows of weather.yaml', () => {
  const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(JSON.parse(weatherSchema()) as object);

  it('the example of the page is in order', () => {
    expect(validate(parse(weatherExample))).toBe(true);
    expect(weatherPage()).toContain(weatherExample);
    expect(validate({})).toBe(true);
    expect(validate({ people: { holds: 'some' } })).toBe(false);
  });

  it('every key has a description', () => {
    for (const text of [weatherSchema(), weatherPage()]) expect(text).not.toContain('undefined');
  });
});
