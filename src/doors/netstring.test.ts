import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { netstring, netstringOctetsMax, NetstringReader } from './netstring.ts';

function read(chunks: readonly Buffer[]): readonly string[] | 'malformed' {
  const reader = new NetstringReader();
  const strings: string[] = [];
  for (const chunk of chunks) if (!reader.feed(chunk, (octets) => strings.push(octets.toString()))) return 'malformed';
  return strings;
}

describe('netstrings', () => {
  test('what is written is read back, however it is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat(40)), (strings, cuts) => {
        const all = Buffer.from(strings.map(netstring).join(''));
        const chunks: Buffer[] = [];
        let from = 0;
        for (const cut of cuts) {
          chunks.push(all.subarray(from, from + cut));
          from = Math.min(all.length, from + cut);
        }
        chunks.push(all.subarray(from));
        expect(read(chunks)).toEqual(strings);
      }),
    );
  });

  test.each([
    ['a length that is no number', 'x:a,'],
    ['no length', ':a,'],
    ['a length with a zero before it', '01:a,'],
    ['a length below zero', '-1:a,'],
    ['another end than a comma', '1:ab'],
    ['a length beyond what anybody asks', `${netstringOctetsMax + 1}:`],
    ['a length without end', '1'.repeat(50)],
    ['a line', 'transport ann@corp.example\r\n'],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
  ])('%s is refused before more of it is kept', (_, text) => {
    expect(read([Buffer.from(text)])).toBe('malformed');
  });

  test('the empty one and the longest are read', () => {
    const longest = 'a'.repeat(netstringOctetsMax);
    expect(read([Buffer.from(`0:,${netstring(longest)}`)])).toEqual(['', longest]);
  });
});
