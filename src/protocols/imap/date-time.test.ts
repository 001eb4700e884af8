import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstWritableSecond,
  isWritable,
  lastWritableSecond,
  readDateTime,
  readDateTimeOctets,
  writeDateTime,
} from './date-time.ts';

const at = (iso: string): number => Date.parse(iso) / 1000;

describe('the date of a message is read as the instant it names', () => {
  test.each([
    ['"17-Jul-1996 02:44:25 -0700"', '1996-07-17T09:44:25Z'], // RFC 9051 §7.5.2
    ['" 7-Feb-1994 21:52:25 -0800"', '1994-02-08T05:52:25Z'], // RFC 9051 §6.3.12
    ['7-Feb-1994 21:52:25 -0800', '1994-02-08T05:52:25Z'],
    ['07-FEB-1994 21:52:25 -0800 ', '1994-02-08T05:52:25Z'],
    ['29-Feb-2000 00:00:00 +0000', '2000-02-29T00:00:00Z'],
    ['28-Feb-1900 23:59:59 +0000', '1900-02-28T23:59:59Z'],
    ['01-Jan-1970 05:30:00 +0530', '1970-01-01T00:00:00Z'],
    ['31-Dec-1969 23:59:59 -0000', '1969-12-31T23:59:59Z'],
    ['01-Jan-0000 00:00:00 +0000', '0000-01-01T00:00:00Z'],
    ['31-Dec-9999 23:59:59 +0000', '9999-12-31T23:59:59Z'],
    ['02-Mar-2020 10:11:12 GMT', '2020-03-02T10:11:12Z'],
    ['02-Mar-2020 10:11:12 pdt', '2020-03-02T17:11:12Z'],
  ])('%s', (text, iso) => {
    expect(readDateTime(text)).toBe(at(iso));
  });

  test('a leap second is the first second of the next minute', () => {
    expect(readDateTime('31-Dec-2016 23:59:60 +0000')).toBe(at('2017-01-01T00:00:00Z'));
  });

  test('octets are read where they stand, without looking at their neighbours', () => {
    const line = Buffer.from('* 1 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700" UID 1)');
    const start = line.indexOf('"') + 1;
    expect(readDateTimeOctets(line, start, line.indexOf('"', start))).toBe(at('1996-07-17T09:44:25Z'));
  });
});

describe('a text that names no real instant reads as none', () => {
  test.each([
    '00-Jan-0000 00:00:00 +0000',
    '30-Feb-2020 00:00:00 +0000',
    '29-Feb-2019 00:00:00 +0000',
    '31-Apr-2020 00:00:00 +0000',
    '32-Jan-2020 00:00:00 +0000',
    '01-Foo-2020 00:00:00 +0000',
    '01-Jan-2020 24:00:00 +0000',
    '01-Jan-2020 00:60:00 +0000',
    '01-Jan-2020 00:00:61 +0000',
    '01-Jan-2020 00:00:00 +0060',
    '01-Jan-2020 00:00:00 +000',
    '01-Jan-2020 00:00:00 +00000',
    '01-Jan-2020 00:00:00',
    '01-Jan-2020',
    '01-Jan-20 00:00:00 +0000',
    '1/1/2020 00:00:00 +0000',
    '01-Jan-2020 0:00:00 +0000',
    '01-Jan-2020 00:00:00 XYZ',
    '',
    '"',
    'NIL',
    `01-Jan-2020 00:00:00 ${' '.repeat(60)}+0000`,
    '01-Jan-٢٠٢٠ 00:00:00 +0000',
    '01-Jan-2-20 00:00:00 +0000',
    '-1-Jan-2020 00:00:00 +0000',
  ])('%j', (text) => {
    expect(readDateTime(text)).toBeNull();
  });

  test('no text makes it throw or give half a number', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60, unit: 'binary-ascii' }), (text) => {
        const seconds = readDateTime(text);
        return seconds === null || Number.isInteger(seconds);
      }),
    );
  });
});

describe('a date that is written is one every server keeps', () => {
  test.each([
    [at('1996-07-17T09:44:25Z'), '17-Jul-1996 09:44:25 +0000'],
    [at('2000-02-29T23:59:59Z'), '29-Feb-2000 23:59:59 +0000'],
    [firstWritableSecond, '01-Jan-1970 00:00:01 +0000'],
    [lastWritableSecond, '19-Jan-2038 03:14:07 +0000'],
  ])('%i', (seconds, text) => {
    expect(writeDateTime(seconds)).toBe(text);
  });

  test.each([0, -1, at('1899-12-31T00:00:00Z'), at('2040-01-01T00:00:00Z'), 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    '%d is not written at all',
    (seconds) => {
      expect(isWritable(seconds)).toBe(false);
      expect(writeDateTime(seconds)).toBeNull();
    },
  );

  test('what we write we can read back, and so can everybody else', () => {
    fc.assert(
      fc.property(fc.integer({ min: firstWritableSecond, max: lastWritableSecond }), (seconds) => {
        const text = writeDateTime(seconds) as string;
        expect(readDateTime(text)).toBe(seconds);
        expect(Date.parse(text.replaceAll('-', ' ').replace(' +', ' GMT+')) / 1000).toBe(seconds);
      }),
    );
  });
});
