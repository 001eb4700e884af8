import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanText } from './clean-text.ts';

describe('words of a server cannot harm the terminal or the log', () => {
  test.each([
    ['plain words', 'plain words'],
    ['\x1b[2J\x1b]0;title\x07gone', '[2J ]0;title gone'],
    ['two\r\nlines\tand\0more\u2028', 'two lines and more'],
    ['\u009b31mred', '31mred'],
    ['user \u202egnp.exe', 'user gnp.exe'],
    ['zero\u200bwidth\ufeff \u{e0041}tag', 'zerowidth tag'],
    ['half \ud83d pair', 'half \ufffd pair'],
    ['Gürtel 日本語 📁', 'Gürtel 日本語 📁'],
    ['नमस्\u200dते', 'नमस्\u200dते'],
    ['   ', ''],
  ])('%j', (said, shown) => {
    expect(cleanText(said, 200)).toBe(shown);
  });

  test('long words are cut at a whole character', () => {
    expect(cleanText('aaaa', 4)).toBe('aaaa');
    expect(cleanText('aaaaa', 4)).toBe('a…');
    expect(cleanText('📁📁📁', 8)).toBe('📁…');
    expect(cleanText('x'.repeat(1_000_000), 10)).toBe('xxxxxxx…');
    expect(cleanText(`${' '.repeat(1_000)}x`, 10)).toBe('…');
  });

  test('whatever comes in, what goes out is bounded, on one line and of visible characters', () => {
    const nasty = fc.constantFrom(
      '\x00',
      '\x1b',
      '\x7f',
      '\x9b',
      '\u202e',
      '\u2066',
      '\ud800',
      '\u2029',
      '\u00ad',
      'é',
      '📁',
      ' ',
      'a',
    );
    fc.assert(
      fc.property(fc.string({ unit: nasty, maxLength: 200 }), fc.integer({ min: 3, max: 60 }), (text, most) => {
        const clean = cleanText(text, most);
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(most);
        expect(clean).toMatch(/^[ \p{L}\p{S}\p{P}\ufffd]*$/u);
        expect(cleanText(clean, most)).toBe(clean);
      }),
    );
  });
});
