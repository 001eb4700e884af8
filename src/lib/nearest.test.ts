import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const known = ['drain', 'run', 'pilot', 'pilot-2', 'source'];

test.each([
  ['drian', 'drain'],
  ['rdain', 'drain'],
  ['drai', 'drain'],
  ['PILTO', 'pilot'],
  ['pilot2', 'pilot'],
  ['soruce', 'source'],
  ['rn', 'run'],
])('%s is taken for %s', (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

test.each(['', 'x', 'drink-it', 'elsewhere', 'nuance'])('%j is taken for nothing', (word) => {
  expect(nearest(word, known)).toBeNull();
});
