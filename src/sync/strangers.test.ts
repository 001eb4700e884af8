import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Instant, Uid } from '#domain/item.ts';
import { LevelledHash } from './content.ts';
import { type Stranger, Strangers } from './strangers.ts';

const noon = 1_600_000_000 as Instant;

test('a message that the target altered is known again by its date, and taken once', () => {
  const here = prints('Subject: a\r\n\r\none\ntwo\r\n');
  const strangers = new Strangers([stranger(7, 'Subject: a\r\n\r\none\r\ntwo\r\n', noon)]);
  expect(strangers.mayHold(uid(1), here.sizeBytes, noon)).toBe(true);
  expect(strangers.take(uid(1), here.sha256, here.levelled)).toMatchObject({ uid: 7, servedAs: { sizeBytes: 24 } });
  expect(strangers.take(uid(2), here.sha256, here.levelled)).toBeNull();
});

test('of two that are alike the one that is the same octet for octet is taken first', () => {
  const strangers = new Strangers([
    stranger(7, 'Subject: a\r\n\r\nA\r\n', noon),
    stranger(8, 'Subject: a\r\n\r\nA\n', noon),
  ]);
  const here = prints('Subject: a\r\n\r\nA\n');
  expect(strangers.take(uid(1), here.sha256, here.levelled)).toEqual({ uid: 8, flags: [], servedAs: null });
});

test('only what is as long, as old, or of a date that servers change is compared, and once', () => {
  const strangers = new Strangers([stranger(7, 'Subject: a\r\n\r\n', noon)]);
  const otherDay = (noon + 1) as Instant;
  expect(strangers.mayHold(uid(1), 1000, otherDay)).toBe(false);
  expect(strangers.mayHold(uid(1), 14, otherDay)).toBe(true);
  expect(strangers.mayHold(uid(1), 1000, noon)).toBe(true);
  expect(strangers.mayHold(uid(1), 1000, 0 as Instant)).toBe(true);
  const other = prints('Subject: b\r\n\r\n');
  expect(strangers.take(uid(1), other.sha256, other.levelled)).toBeNull();
  expect(strangers.mayHold(uid(1), 14, noon)).toBe(false);
});

function stranger(at: number, text: string, internalDate: Instant): Stranger {
  return { uid: uid(at), internalDate, flags: [], ...prints(text) };
}

function prints(text: string): { sizeBytes: number; sha256: Uint8Array; levelled: string } {
  const bytes = Buffer.from(text, 'latin1');
  const level = new LevelledHash();
  level.data(bytes);
  return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest(), levelled: level.end() };
}

function uid(number: number): Uid {
  return number as Uid;
}
