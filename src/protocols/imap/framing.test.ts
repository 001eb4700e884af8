import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImapError } from './errors.ts';
import { Framing, type LiteralTaker } from './framing.ts';
import { usualLimits } from './limits.ts';

/** Everything that is heard, literals of BODY[] apart. */
function listener(limits = usualLimits) {
  const responses: string[] = [];
  const bodies: string[] = [];
  const framing = new Framing(
    {
      response: (text) => void responses.push(text),
      literal(text): LiteralTaker | null {
        if (!text.includes('BODY[] {')) return null;
        responses.push(`${text}↓`);
        let body = '';
        return {
          data: (octets) => {
            body += octets.toString('latin1');
          },
          end: () => void bodies.push(body),
        };
      },
    },
    limits,
  );
  return { framing, responses, bodies };
}

const spoken = [
  '* OK ready {5}\r\n',
  '* 1 FETCH (UID 7 BODY[] {12}\r\nSubject: a\r\n FLAGS (\\Seen))\r\n',
  '* 2 FETCH (UID 8 BODY[] {0}\r\n)\r\n',
  '* LIST () "/" {6}\r\nin(b}x\r\n',
  '* LIST () {1}\r\n/ {7}\r\na\r\nb {3\r\n',
  '\0\0* 3 EXISTS\r\n',
  '* 9 FETCH (BODY[] {3}\r\nabc\r\n UID 9)\n',
  'g1 OK done\r\n',
].join('');
const heard = {
  responses: [
    '* OK ready {5}',
    '* 1 FETCH (UID 7 BODY[] {12}↓',
    ' FLAGS (\\Seen))',
    '* 2 FETCH (UID 8 BODY[] {0}↓',
    ')',
    '* LIST () "/" {6}\r\nin(b}x',
    '* LIST () {1}\r\n/ {7}\r\na\r\nb {3',
    '* 3 EXISTS',
    '* 9 FETCH (BODY[] {3}↓',
    ' UID 9)',
    'g1 OK done',
  ],
  bodies: ['Subject: a\r\n', '', 'abc'],
};

describe('what a server says is cut into responses', () => {
  test('lines, literals that are held, literals that are handed through, NULs, short literals, bare line feeds', () => {
    const { framing, responses, bodies } = listener();
    framing.push(Buffer.from(spoken, 'latin1'));
    expect({ responses, bodies }).toEqual(heard);
    expect(framing.shortLiterals).toBe(1);
    expect(framing.isBetween).toBe(true);
  });

  test('however it is cut into chunks, the reading is the same', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: spoken.length }), { maxLength: 40 }), (cuts) => {
        const { framing, responses, bodies } = listener();
        const at = [...new Set([0, ...cuts, spoken.length])].toSorted((a, b) => a - b);
        for (let i = 1; i < at.length; i++) framing.push(Buffer.from(spoken.slice(at[i - 1], at[i]), 'latin1'));
        expect({ responses, bodies }).toEqual(heard);
      }),
    );
  });

  test('the octets of a message are the very octets that were read, not copies', () => {
    let seen: Buffer | null = null;
    const framing = new Framing(
      {
        response() {},
        literal: () => ({
          data: (octets) => {
            seen = octets;
          },
          end() {},
        }),
      },
      usualLimits,
    );
    const read = Buffer.from('* 1 FETCH (UID 7 BODY[] {4}\r\nmail)\r\n');
    framing.push(read);
    read.fill('x', 29, 33);
    expect(String(seen)).toBe('xxxx');
  });
});

describe('a server that says too much is stopped', () => {
  const limits = { ...usualLimits, responseOctets: 1_000, heldLiteralOctets: 100, literalOctets: 10_000 };
  test.each([
    ['a line without end', `* ${'x'.repeat(1_200)}`],
    ['a line too long', `* ${'x'.repeat(1_200)}\r\n`],
    ['a name too long', '* LIST () "/" {101}\r\n'],
    ['several names too long together', `* X {90}\r\n${'x'.repeat(90)} {90}\r\n`],
    ['a message beyond all bounds', '* 1 FETCH (UID 1 BODY[] {10001}\r\n'],
  ])('%s', (_, said) => {
    const { framing } = listener(limits);
    expect(() => framing.push(Buffer.from(said))).toThrow(ImapError);
  });

  test('an announcement that is no number that can be counted', () => {
    expect(() => listener().framing.push(Buffer.from('* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\n'))).toThrow(
      /not IMAP/,
    );
  });
});
