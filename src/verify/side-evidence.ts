/** One side of a folder that was read, as a certificate tells of it: numbers, the digest of its elements, and the elements themselves. */

import type { CertifiedSide } from '#domain/certificate.ts';
import { digestOctets, type ElementMaker } from '#domain/digest.ts';
import { elementsDigest } from '#domain/element-digest.ts';
import { hashed, withheld } from './columns.ts';
import type { Side } from './findings.ts';

export interface SideEvidence {
  readonly certified: CertifiedSide;
  /** Rows of the columns whose content was read, ascending by UID. */
  readonly rows: Uint32Array;
  /** One for each of `rows`, in their order: 32 octets each. */
  readonly elements: Buffer;
}

/** Of a side all of whose messages were read. Takes 36 octets for each of them besides its columns. */
export function sideEvidence({ folder, columns }: Side, maker: ElementMaker): SideEvidence {
  const all = Uint32Array.from(columns.content.keys());
  const rows = all.filter((row) => columns.content[row] === hashed);
  const elements = Buffer.allocUnsafe(rows.length * digestOctets);
  let octets = 0;
  for (const [i, row] of rows.entries()) {
    const size = columns.sizeBytes(row) ?? 0;
    elements.set(maker.element(columns.sha256(row), size, columns.internalDate(row)), i * digestOctets);
    octets += size;
  }
  const certified = {
    path: folder.path.map((name) => name.toWellFormed()),
    name: folder.id.toWellFormed(),
    uidValidity: columns.uidValidity,
    uidNext: columns.uidNext,
    messages: rows.length,
    octets,
    withheld: Array.from(
      all.filter((row) => columns.content[row] === withheld),
      (row) => columns.uid(row),
    ),
    elements: elementsDigest(elements),
  };
  return { certified, rows, elements };
}
