/**
 * The Merkle tree of RFC 9162 §2.1 over SHA-256: many documents under one hash, and for each of them a short proof that it is among
 * them. Leaves and nodes are hashed under different first octets, so that neither can pass for the other.
 */

import { createHash } from 'node:crypto';

/** RFC 9162 §2.1.1: HASH(0x00 || entry). */
export function leafHash(entry: Uint8Array | string): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(entry).digest();
}

/** RFC 9162 §2.1.1: HASH(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** MTH of leaves that are hashed already; of none, the hash of nothing. */
export function treeRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  return Buffer.from(levelsOf(leaves).at(-1)?.[0] as Uint8Array);
}

/** Where a leaf stands in a tree, and what it takes to come from it to the root. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  /** From the leaf upwards. */
  readonly path: readonly Uint8Array[];
}

/** PATH of RFC 9162 §2.1.3.1, for many leaves of one tree at the price of one. */
export function proofsOf(leaves: readonly Uint8Array[]): (index: number) => InclusionProof {
  const levels = levelsOf(leaves);
  return (index) => {
    if (!(index in leaves)) throw new RangeError(`there is no leaf ${index} of ${leaves.length}`);
    const path: Uint8Array[] = [];
    for (let level = 0, at = index; level < levels.length - 1; level++, at >>= 1) {
      // The last of an odd number goes up as it is, and has nobody beside it.
      const sibling = levels[level]?.[at ^ 1];
      if (sibling) path.push(sibling);
    }
    return { index, size: leaves.length, path };
  };
}

/** RFC 9162 §2.1.3.2, step by step. */
export function isIncluded(leaf: Uint8Array, { index, size, path }: InclusionProof, root: Uint8Array): boolean {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) return false;
  let [fn, sn] = [index, size - 1];
  let r: Uint8Array = leaf;
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else {
      r = nodeHash(r, p);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && Buffer.from(r).equals(root);
}

/** Level by level, the leaves first. Pairing from the left gives the tree that the RFC splits at powers of two. */
function levelsOf(leaves: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const levels: (readonly Uint8Array[])[] = [leaves];
  for (let below = leaves; below.length > 1; ) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < below.length; i += 2) {
      const [left, right] = [below[i] as Uint8Array, below[i + 1]];
      above.push(right ? nodeHash(left, right) : left);
    }
    levels.push(above);
    below = above;
  }
  return levels;
}
