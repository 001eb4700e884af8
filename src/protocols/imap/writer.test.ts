import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Reader } from './reader.ts';
import { CommandWriter, flagList, isFlag } from './writer.ts';

const written = (octets: string, manner: 'plus' | 'minus' | 'wait', quotes8Bit = false): readonly string[] =>
  new CommandWriter(manner, quotes8Bit).raw('X ').string(octets).parts;

describe('what is written cannot be taken for anything else', () => {
  test.each([
    ['plain', ['X "plain"']],
    ['', ['X ""']],
    ['a "b" \\c', ['X "a \\"b\\" \\\\c"']],
    ['line\r\ng2 DELETE INBOX', ['X {21}\r\n', 'line\r\ng2 DELETE INBOX']],
    ['caf\xe9', ['X {4}\r\n', 'caf\xe9']],
  ])('%j where literals wait', (octets, parts) => {
    expect(written(octets, 'wait')).toEqual(parts);
  });

  test('a literal that need not wait does not, but for long ones of LITERAL- (RFC 7888 §5)', () => {
    expect(written('\r', 'plus')).toEqual(['X {1+}\r\n\r']);
    expect(written('\r'.repeat(4_096), 'minus')).toHaveLength(1);
    expect(written('\r'.repeat(4_097), 'minus')).toHaveLength(2);
    expect(written('\r'.repeat(4_097), 'plus')).toHaveLength(1);
  });

  test('UTF-8 is quoted once the server takes it (RFC 6855 §3)', () => {
    expect(written('\xc3\xa9', 'wait', true)).toEqual(['X "\xc3\xa9"']);
    expect(written('\xc3\xa9\r', 'wait', true)).toHaveLength(2);
  });

  test('NUL, and characters that are no octets, are never written', () => {
    for (const wrong of ['\0', 'a\0b', '日']) expect(() => written(wrong, 'plus')).toThrow(RangeError);
    for (const wrong of ['a\r\nb', 'a\nb', 'a\0', '日']) {
      expect(() => new CommandWriter('plus', true).raw(wrong)).toThrow(RangeError);
    }
  });

  test('any octets that were written are read back as they were, and end no line before their end', () => {
    const octet = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.string({ unit: octet, maxLength: 50 }), fc.boolean(), (octets, quotes8Bit) => {
        const [text = ''] = written(octets, 'plus', quotes8Bit);
        const literal = /^X \{\d+\+\}\r\n/.exec(text);
        if (!literal) expect(text).not.toMatch(/[\r\n\0]/);
        expect(new Reader(text.replace('+}', '}'), 2).string()).toBe(octets);
      }),
    );
  });

  test('a flag that could say something else is refused', () => {
    expect(flagList(['\\Seen', '$Forwarded', 'a]b'])).toBe('(\\Seen $Forwarded a]b)');
    for (const wrong of ['', ' ', 'a b', 'a)', '(', '"', 'a\r\n', '\\', '\\\\Seen', 'é', '{1}', 'a*', '%']) {
      expect(isFlag(wrong)).toBe(false);
      expect(() => flagList([wrong])).toThrow(RangeError);
    }
  });
});
