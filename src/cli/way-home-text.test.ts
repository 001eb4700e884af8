import { expect, test } from 'vitest';
import { lateLines, waysHomeLines } from './way-home-text.ts';

test('status tells how many are not carried home, since when, why, and what to do; and nothing where all are', () => {
  expect(waysHomeLines([])).toEqual([]);
  const since = new Date('2026-11-21T10:11:12Z');
  const late = [
    { code: 'target.quota', mailboxes: 1_200, since, example: 'ann@x.example' },
    { code: 'of.later', mailboxes: 1, since, example: 'bob@x.example' },
  ];
  expect(waysHomeLines(late)).toEqual([
    '',
    'The way home of 1,201 mailboxes is not kept up: what people have changed since is not on the side that they left.',
    '  1,200 for target.quota, since 2026-11-21T10:11Z, among them ann@x.example',
    '    What to do: Raise its quota or make room, then run the same command again; it goes on where it stopped.',
    '  1 for of.later, since 2026-11-21T10:11Z, among them bob@x.example',
    '    What to do: This version of Godwit does not know this fault; look at the log of the worker that met it.',
    "  All of them: godwit get mailboxes --select 'way-home=late'",
  ]);
});

test('who goes back or ends the way back hears what is not at home', () => {
  expect(lateLines({ late: 0, notTaken: 0 }, true)).toEqual([]);
  expect(lateLines({ late: 1, notTaken: 0 }, false)).toEqual([
    'The way home of 1 of them was not kept up. They arrive at home when that takes mail again; until then they stay on the target.',
  ]);
  expect(lateLines({ late: 2, notTaken: 1 }, true)).toEqual([
    'The ways home of 2 of them were not kept up. What people have changed there since is on the target only.',
    '1 message was not taken at home at the last look, and is on the target only.',
  ]);
});
