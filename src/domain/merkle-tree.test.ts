import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isIncluded, leafHash, nodeHash, proofsOf, treeRoot } from './merkle-tree.ts';

/** MTH as RFC 9162 §2.1.1 writes it, split at the largest power of two. */
function asWritten(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (leaves.length === 1 && first) return first;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(asWritten(leaves.slice(0, k)), asWritten(leaves.slice(k)));
}

const leaves = (count: number) => Array.from({ length: count }, (_, i) => leafHash(`certificate ${i}`));

describe('many certificates under one root', () => {
  test('known answers: nothing, one leaf of nothing, and the eight of Certificate Transparency', () => {
    expect(treeRoot([]).toString('hex')).toBe(createHash('sha256').digest('hex'));
    expect(leafHash('').toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    const entries = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const hashed = entries.map((hex) => leafHash(Buffer.from(hex, 'hex')));
    expect(treeRoot(hashed).toString('hex')).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  test.each([1, 2, 3, 5, 6, 7, 8, 13, 64, 100])('the root of %i is as the RFC writes it', (count) => {
    expect(treeRoot(leaves(count)).equals(asWritten(leaves(count)))).toBe(true);
  });

  test.each([1, 2, 3, 6, 7, 8, 21])('each of %i is proven to be there, and nothing else is', (count) => {
    const all = leaves(count);
    const [root, proofOf] = [treeRoot(all), proofsOf(all)];
    for (const [index, leaf] of all.entries()) {
      const proof = proofOf(index);
      expect(isIncluded(leaf, proof, root)).toBe(true);
      expect(isIncluded(leafHash('another'), proof, root)).toBe(false);
      expect(isIncluded(leaf, proof, leafHash('another'))).toBe(false);
      if (count > 1) expect(isIncluded(leaf, { ...proof, index: (index + 1) % count }, root)).toBe(false);
      expect(isIncluded(leaf, { ...proof, path: [...proof.path, leafHash('more')] }, root)).toBe(false);
      expect(isIncluded(leaf, { ...proof, index: -1 }, root)).toBe(false);
    }
  });

  test('a leaf that is not there has no proof', () => {
    expect(() => proofsOf(leaves(3))(3)).toThrow(RangeError);
  });
});
