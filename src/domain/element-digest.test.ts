import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { elementsDigest } from './element-digest.ts';

const element = (text: string): Buffer => createHash('sha256').update(text).digest();

function asWritten(elements: readonly Buffer[]): string {
  return createHash('sha256')
    .update(Buffer.concat(elements.toSorted((a, b) => a.compare(b))))
    .digest('hex');
}

test('the order of messages does not matter, their number and each of them does', () => {
  const elements = Array.from({ length: 5_000 }, (_, i) => element(`message ${i}`));
  const expected = asWritten(elements);
  expect(elementsDigest(Buffer.concat(elements))).toBe(expected);
  expect(elementsDigest(Buffer.concat(elements.toReversed()))).toBe(expected);
  expect(elementsDigest(Buffer.concat(elements.slice(1)))).not.toBe(expected);
  expect(elementsDigest(Buffer.concat([...elements, element('message 7')]))).not.toBe(expected);
});

test('elements that begin alike are sorted to their last octet, and of none there is a digest too', () => {
  const alike = [3, 1, 2, 2].map((last) => Buffer.concat([Buffer.alloc(31, 9), Buffer.of(last)]));
  expect(elementsDigest(Buffer.concat(alike))).toBe(asWritten(alike));
  expect(elementsDigest(new Uint8Array())).toBe(createHash('sha256').digest('hex'));
});
