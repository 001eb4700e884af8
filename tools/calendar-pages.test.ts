import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { calendarIn } from '#app/read-calendar.ts';
import { calendarExample, calendarPage, calendarSchema } from './calendar-pages.ts';

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
const validate = ajv.compile(JSON.parse(calendarSchema()) as object);
const example = parse(calendarExample) as Record<string, unknown>;

describe('what an editor knows of calendar.yaml', () => {
  test('the example of the page is in order, for editors and for us', () => {
    expect(validate(example)).toBe(true);
    expect(calendarIn('calendar.yaml', calendarExample).blackouts).toHaveLength(4);
    expect(calendarPage()).toContain(calendarExample);
  });

  test('only the time zone, the days and the windows have to be written', () => {
    const { timezone, from, until, windows } = example;
    expect(validate({ timezone, from, until, windows })).toBe(true);
    expect(validate({})).toBe(false);
    expect(validate.errors?.map(({ params }) => params['missingProperty'] as string)).toEqual([
      'timezone',
      'from',
      'until',
      'windows',
    ]);
  });

  test.each([
    ['an unknown key', { ...example, colour: 'red' }],
    ['a share that is none', { ...example, pilot: { share: 'few' } }],
    [
      'a time of day that does not exist',
      { ...example, windows: [{ name: 'a', days: ['Mon'], start: '25:00', end: '06:00', mailboxes: 1 }] },
    ],
    [
      'a window without capacity',
      { ...example, windows: [{ name: 'a', days: ['Mon'], start: '19:00', end: '06:00' }] },
    ],
    ['a blackout that never ends', { ...example, blackouts: [{ from: '2026-08-31' }] }],
  ])('%s is not', (_, calendar) => {
    expect(validate(calendar)).toBe(false);
  });

  test('every key has a description', () => {
    expect(calendarSchema()).not.toContain('undefined');
    expect(calendarSchema()).not.toContain('"about"');
    expect(calendarPage()).not.toContain('undefined');
  });
});
