/**
 * One folder's map from UIDs to UIDs, packed. A map of a few runs lies in the folder's page; one of many is cut into pieces
 * with rows of their own, so that a batch in a folder of 100,000 runs rewrites a kilobyte and not all of them.
 *
 * Octets of a run: the gap behind the one before it, how far its target is from where that one ended, and the count; in base
 * 128, the second with its sign and the third with the mark of what was adopted as their last bits.
 */

import { Octets, Reader } from '#domain/packed-numbers.ts';
import type { Uid } from '#domain/item.ts';
import { UidMap, type UidRun } from '#domain/uid-map.ts';
import type { UidSet } from '#domain/uid-set.ts';

/** The runs from one source UID up to the next piece. */
export interface MapPiece {
  /** The first source UID in it. */
  readonly first: number;
  readonly packed: Buffer;
}

/** What is to be done to a folder's rows. */
export interface PieceChanges {
  readonly put: readonly MapPiece[];
  /** The first UIDs of those that are no more. */
  readonly gone: readonly number[];
}

/** Some twelve runs: more have rows of their own. */
const inPageOctetsMax = 64;
/** Some two hundred runs: what a batch rewrites at most, or twice that. */
const pieceOctetsMax = 1024;

type Range = readonly [first: number, last: number];

/** Pieces that are changed together, with those of the changes that concern them, as ranges of indices. */
interface Region {
  readonly fromPiece: number;
  toPiece: number;
  readonly from: number;
  to: number;
}

export class FolderRuns {
  /** Ascending; null while they lie in rows that have not been read. */
  #pieces: readonly MapPiece[] | null;
  /** The first UIDs of pieces that have rows. */
  #rows: ReadonlySet<number> = new Set();
  readonly #changed = new Set<number>();

  /** `inPage`: what the folder's page holds; null where it has rows of its own. */
  constructor(inPage: Uint8Array | null) {
    this.#pieces = inPage && piecesOf(inPage);
  }

  /** Whether its rows have to be handed to `read` before anything else can be done. */
  get isUnread(): boolean {
    return this.#pieces === null;
  }

  read(rows: readonly MapPiece[]): void {
    this.#pieces = rows;
    this.#rows = new Set(rows.map(({ first }) => first));
  }

  map(): UidMap {
    return new UidMap(this.#read().flatMap(({ packed }) => unpackRuns(packed)));
  }

  /** As `UidMap.with`. */
  put(added: readonly UidRun[]): void {
    const { runs } = UidMap.empty.with(added);
    const ranges = runs.map(({ source, count }): Range => [source, source + count - 1]);
    this.#edit(ranges, (map, from, to) => map.with(runs.slice(from, to)));
  }

  /** As `UidMap.withoutAll`. */
  drop(uids: UidSet): void {
    if (this.#read().length > 0) this.#edit(uids, (map, from, to) => map.withoutAll(uids.slice(from, to)));
  }

  clear(): void {
    this.#pieces = [];
  }

  /** What the folder's page is to hold; null where it has, or is to have, rows of its own. */
  get inPage(): Buffer | null {
    if (this.#pieces === null) return null;
    const [only] = this.#pieces;
    if (only === undefined) return Buffer.alloc(0);
    // What had rows keeps them until it has become a good deal smaller: a map at the edge would go to and fro.
    const max = this.#rows.size > 0 ? inPageOctetsMax / 2 : inPageOctetsMax;
    return this.#pieces.length === 1 && only.packed.length <= max ? only.packed : null;
  }

  /** What has to happen to its rows; from then on counted as done. */
  takeRows(): PieceChanges {
    const pieces = this.inPage === null ? this.#read() : [];
    const put = pieces.filter(({ first }) => this.#changed.has(first) || !this.#rows.has(first));
    const rows = new Set(pieces.map(({ first }) => first));
    const gone = [...this.#rows].filter((first) => !rows.has(first));
    this.#rows = rows;
    this.#changed.clear();
    return { put, gone };
  }

  #read(): readonly MapPiece[] {
    if (this.#pieces === null) throw new Error('the map of a folder was changed before it was read');
    return this.#pieces;
  }

  /** `ranges`: ascending and disjoint; `edit` is given the map around some of them, and the indices of these. */
  #edit(ranges: readonly Range[], edit: (map: UidMap, from: number, to: number) => UidMap): void {
    let pieces = this.#read();
    // From behind, so that the places of those still to come stay what they are.
    for (const { fromPiece, toPiece, from, to } of regionsOf(pieces, ranges).toReversed()) {
      const before = pieces.slice(fromPiece, toPiece + 1);
      const map = edit(new UidMap(before.flatMap(({ packed }) => unpackRuns(packed))), from, to);
      const after = cut(map.runs, toPiece >= pieces.length - 1);
      for (const piece of after) {
        if (!before.some(({ first, packed }) => first === piece.first && packed.equals(piece.packed)))
          this.#changed.add(piece.first);
      }
      pieces = [...pieces.slice(0, fromPiece), ...after, ...pieces.slice(toPiece + 1)];
    }
    this.#pieces = pieces;
  }
}

/** Which pieces the ranges touch, with the neighbours that a run at their edge may continue. */
function regionsOf(pieces: readonly MapPiece[], ranges: readonly Range[]): readonly Region[] {
  const regions: Region[] = [];
  for (const [i, [first, last]] of ranges.entries()) {
    const [fromPiece, toPiece] = [pieceAt(pieces, first - 1), pieceAt(pieces, last + 1)];
    const open = regions.at(-1);
    if (open && fromPiece <= open.toPiece) {
      open.toPiece = Math.max(open.toPiece, toPiece);
      open.to = i + 1;
    } else regions.push({ fromPiece, toPiece, from: i, to: i + 1 });
  }
  return regions;
}

/** The piece in which `uid` lies or would lie. */
function pieceAt(pieces: readonly MapPiece[], uid: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle] as MapPiece).first <= uid) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Runs as pieces: at the end of a map, where more will come, all but the last full; elsewhere with equal room in each. */
function cut(runs: readonly UidRun[], atEnd: boolean): MapPiece[] {
  const whole = packRuns(runs);
  if (whole.length <= pieceOctetsMax) return piecesOf(whole);
  const octetsMax = atEnd ? pieceOctetsMax : Math.ceil(whole.length / Math.ceil(whole.length / pieceOctetsMax));
  const pieces: MapPiece[] = [];
  let from = 0;
  let packer = new RunPacker();
  for (const [i, run] of runs.entries()) {
    packer.add(run);
    if (packer.octets.length < octetsMax && i < runs.length - 1) continue;
    pieces.push({ first: (runs[from] as UidRun).source, packed: Buffer.from(packer.octets.octets()) });
    packer = new RunPacker();
    from = i + 1;
  }
  return pieces;
}

/** No piece for no runs, else one. */
function piecesOf(packed: Uint8Array): MapPiece[] {
  if (packed.length === 0) return [];
  return [{ first: new Reader(packed).number(), packed: Buffer.from(packed) }];
}

class RunPacker {
  readonly octets = new Octets();
  #sourceEnd = 0;
  #targetEnd = 0;

  add({ source, target, count, adopted }: UidRun): void {
    this.octets.number(source - this.#sourceEnd);
    this.octets.signed(target - this.#targetEnd);
    this.octets.number(count * 2 + (adopted ? 1 : 0));
    this.#sourceEnd = source + count;
    this.#targetEnd = target + count;
  }
}

function packRuns(runs: readonly UidRun[]): Buffer {
  const packer = new RunPacker();
  for (const run of runs) packer.add(run);
  return Buffer.from(packer.octets.octets());
}

function unpackRuns(packed: Uint8Array): UidRun[] {
  const reader = new Reader(packed);
  const runs: UidRun[] = [];
  let [sourceEnd, targetEnd] = [0, 0];
  while (!reader.isOver) {
    const source = sourceEnd + reader.number();
    const target = targetEnd + reader.signed();
    const marked = reader.number();
    const count = Math.floor(marked / 2);
    runs.push({ source: source as Uid, target: target as Uid, count, adopted: marked % 2 === 1 });
    [sourceEnd, targetEnd] = [source + count, target + count];
  }
  return runs;
}
