/** The estates that plans are measured on are what they are said to be, and the same every time. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEstateFolder } from '../../labs/plan/estate-files.ts';
import { makeEstate, writeMadeEstate } from './made-estate.ts';
import { lookAt } from './made-look.ts';

const mailboxes = 6_000;
const folder = mkdtempSync(join(tmpdir(), 'godwit-made-'));
const files = ['organisations.csv', 'mailboxes.csv', 'grants.csv', 'calendar.yaml'] as const;

beforeAll(() => writeMadeEstate(makeEstate(mailboxes, 7), join(folder, 'one')));
afterAll(() => rmSync(folder, { recursive: true }));

function linesOf(file: (typeof files)[number], from = 'one'): readonly string[] {
  return readFileSync(join(folder, from, file), 'utf8')
    .trimEnd()
    .split('\n');
}

test('the same seed makes the same files, and another seed others', async () => {
  await writeMadeEstate(makeEstate(mailboxes, 7), join(folder, 'again'));
  await writeMadeEstate(makeEstate(mailboxes, 8), join(folder, 'other'));
  for (const file of files) {
    expect(linesOf(file, 'again')).toEqual(linesOf(file));
    expect(linesOf(file, 'other')).not.toEqual(linesOf(file));
  }
});

test('has as many mailboxes as were asked for and grants in proportion, each once', async () => {
  const estate = await readEstateFolder(join(folder, 'one'));
  expect(estate.numberOf.size).toBe(mailboxes);
  expect(estate.organisation).not.toContain(-1);
  const grants = linesOf('grants.csv').slice(1);
  expect(new Set(grants).size).toBe(grants.length);
  expect(grants.length).toBe(Math.round((5_000_000 * mailboxes) / 2_100_000));
  expect(estate.grants.unknown).toBe(Math.round(grants.length * 0.003));
});

test('holds over four fifths of everybody together in one piece, and leaves an eighth alone', () => {
  const { largestComponent, withoutGrants } = lookAt(makeEstate(20_000, 1));
  expect(largestComponent).toBeGreaterThan(0.8);
  expect(withoutGrants).toBeGreaterThan(0.1);
  expect(withoutGrants).toBeLessThan(0.15);
});

test('has organisations of every size in regions, and in the order of codes the regions are mixed', () => {
  const { organisations } = makeEstate(200_000, 1);
  expect(Math.max(...organisations.map((each) => each.mailboxes))).toBeGreaterThan(1_500);
  expect(organisations.filter((each) => each.mailboxes < 10).length).toBeGreaterThan(organisations.length / 3);
  const neighbours = organisations.filter(({ region }, i) => organisations[i + 1]?.region === region);
  expect(neighbours.length).toBeLessThan(organisations.length / 10);
});
