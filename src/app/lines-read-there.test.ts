/** Lines of a server as they are read here. */

import { expect, test } from 'vitest';
import { LinesThere } from './lines-read-there.ts';

/** `-` comes before all that come in pages, `z` behind them. */
function reading(...parts: readonly string[]): LinesThere<string> {
  async function* come(): AsyncGenerator<readonly string[]> {
    for (const part of parts) yield [...part];
  }
  return new LinesThere(come(), (line) => '-abcz'.indexOf(line));
}

async function pages(lines: LinesThere<string>, rank: number, most = 99): Promise<string> {
  const read: string[] = [];
  for await (const page of lines.pages(rank, (line) => line)) {
    read.push(page.join(''));
    if (read.length === most) break;
  }
  return read.join('|');
}

test.each([
  [['-aabbcz'], 'aa', 'bb', 'c'],
  [['-', 'a', 'ab', 'b', 'b-c', 'z'], 'a|a', 'b|b|b', 'c'],
  [['-', 'a-', '-a', '-b-', 'z'], 'a|a', 'b', ''],
  [['z'], '', '', ''],
])('of %j each kind is read whole, however they are cut', async (parts, a, b, c) => {
  const lines = reading(...parts);
  expect([await pages(lines, 1), await pages(lines, 2), await pages(lines, 3), await lines.next()]).toEqual([
    a,
    b,
    c,
    'z',
  ]);
});

test('who has read enough of one kind goes on with any that comes later', async () => {
  const lines = reading('aa', 'aa', 'bb', 'b', 'c', 'c', 'z');
  expect(await pages(lines, 1, 1)).toBe('aa');
  expect(await pages(lines, 3, 1)).toBe('c');
  expect(await lines.next()).toBe('c');
  expect([await lines.next(), await lines.next()]).toEqual(['z', null]);
});
