import { describe, expect, test } from 'vitest';
import { parseDuration, parseMoment, parseSize } from './quantities.ts';

describe('quantities as people write them', () => {
  test('sizes are powers of 1024', () => {
    const sizes = {
      '25M': 26_214_400,
      '512k': 524_288,
      '1.5G': 1_610_612_736,
      '1000': 1000,
      '10MiB': 10_485_760,
      '10 MB': 10_485_760,
      '7b': 7,
    };
    for (const [text, size] of Object.entries(sizes)) expect([text, parseSize(text)]).toEqual([text, size]);
    for (const text of ['', '0', '-1', 'M', '1X', '1,5M', '1e3', '99999999999T', '0.0001'])
      expect([text, parseSize(text)]).toEqual([text, null]);
  });

  test('durations have units, and a bare number is seconds', () => {
    const times = { '60s': 60, '5m': 300, '1h': 3600, '1h30m': 5400, '90': 90, '2d': 172_800 };
    for (const [text, seconds] of Object.entries(times)) expect([text, parseDuration(text)]).toEqual([text, seconds]);
    for (const text of ['', '0', '0s', '-5s', '5 minutes', '1.5h', 's', '999999999d'])
      expect([text, parseDuration(text)]).toEqual([text, null]);
  });

  test('dates are UTC unless they say otherwise, wherever the machine stands', () => {
    const now = Date.UTC(2024, 5, 1);
    const moments = {
      '2024-03-31': Date.UTC(2024, 2, 31),
      '2024-03-31T12:00': Date.UTC(2024, 2, 31, 12),
      '2024-03-31 12:00:05Z': Date.UTC(2024, 2, 31, 12, 0, 5),
      '2024-03-31T12:00:00+02:00': Date.UTC(2024, 2, 31, 10),
      '2024-02-29': Date.UTC(2024, 1, 29),
      '1969-12-31': Date.UTC(1969, 11, 31),
      '30d': Date.UTC(2024, 4, 2),
      '2w': Date.UTC(2024, 4, 18),
      '12h': Date.UTC(2024, 4, 31, 12),
    };
    for (const [text, ms] of Object.entries(moments)) expect([text, parseMoment(text, now)]).toEqual([text, ms / 1000]);
    for (const text of [
      '',
      'yesterday',
      '2023-02-29',
      '2024-13-01',
      '2024-1-1',
      '31.03.2024',
      '2024-03-31T25:00',
      '30',
      '30m',
      '2024',
    ]) {
      expect([text, parseMoment(text, now)]).toEqual([text, null]);
    }
  });
});
