/**
 * The evidence of one organisation, as its local administrator takes it away: the certificates of its mailboxes and of all below it, what
 * it takes to check them, and two tables for a spreadsheet. Read and written in pages, however large it is.
 */

import {
  type Certificate,
  type Envelope,
  fileNameOf,
  type ProofDocument,
  type WaveCertificate,
} from '#domain/certificate.ts';
import { noGrades } from '#domain/grade.ts';
import { type InclusionProof, proofsOf } from '#domain/merkle-tree.ts';
import { jwkSet, type KnownKey } from '#domain/signing-key.ts';
import { csvLine } from '#lib/csv-cells.ts';
import type { CoveredCertificate, EvidenceView } from '#ports/evidence.ts';
import { type BundleLine, partOfFile, wholeFile } from './bundle-lines.ts';
import { bundleReadme } from './bundle-readme.ts';

export interface ExportEvidence {
  /** By its code. */
  readonly organisation: string;
  readonly evidence: EvidenceView;
  readonly keys: readonly KnownKey[];
}

/** Trees of so many waves are held at a time: of 83,000 mailboxes each takes some 20 MB. */
const treesMax = 4;
/** Digest keys that are asked for at a time. */
const keysAtOnce = 500;
const mailboxTable = 'mailboxes.csv';
const exceptionTable = 'exceptions.csv';

/** The files of the bundle, one mailbox after the other, and a summary at its end. */
export async function* exportEvidence(
  { organisation, evidence, keys }: ExportEvidence,
  signal: AbortSignal,
): AsyncGenerator<readonly BundleLine[]> {
  const trees = new Trees(evidence);
  yield [partOfFile(mailboxTable, csvLine(mailboxColumns)), partOfFile(exceptionTable, csvLine(exceptionColumns))];
  let [count, before] = [0, 0];
  const grades = { ...noGrades };
  for await (const page of evidence.ofOrganisation(organisation)) {
    for (const kept of page) {
      signal.throwIfAborted();
      const { certificate } = JSON.parse(kept.text) as Envelope<Certificate>;
      const { tree, files } = await trees.of(kept.waveCertificate);
      yield [...files, ...linesOf(kept, certificate, tree)];
      if (kept.isOfBefore) before++;
      else grades[certificate.grade.grade]++;
      count++;
    }
  }
  const summary = { mailboxes: count, grades, before, waves: trees.names() };
  yield [
    partOfFile(mailboxTable, null),
    partOfFile(exceptionTable, null),
    ...wholeFile('public-keys.json', `${JSON.stringify(jwkSet(keys), null, 2)}\n`),
    ...wholeFile('README.txt', bundleReadme({ ...summary, organisation, keys })),
    { summary },
  ];
}

function linesOf(kept: CoveredCertificate, certificate: Certificate, tree: Tree): readonly BundleLine[] {
  const { address, text } = kept;
  return [
    ...wholeFile(`${fileNameOf(address)}.json`, text, address),
    ...wholeFile(`${fileNameOf(address)}.proof.json`, proofText(kept, certificate, tree)),
    partOfFile(mailboxTable, csvLine(mailboxCells(certificate, kept.isOfBefore, tree.file))),
    partOfFile(exceptionTable, exceptionLines(certificate)),
  ];
}

/**
 * With the digest key of each mailbox whose certificate is in it, behind all other files. `keysOf`: in hexadecimal digits, of these
 * addresses, in their order.
 */
export async function* withDigestKeys(
  lines: AsyncIterable<readonly BundleLine[]>,
  keysOf: (addresses: readonly string[]) => Promise<readonly MailboxKey[]>,
): AsyncGenerator<readonly BundleLine[]> {
  const addresses: string[] = [];
  for await (const part of lines) {
    for (const line of part)
      if ('piece' in line && line.piece.ends && line.piece.mailbox !== null) addresses.push(line.piece.mailbox);
    const summary = part.filter((line) => 'summary' in line);
    yield part.filter((line) => !('summary' in line));
    if (summary.length === 0) continue;
    for (let at = 0; at < addresses.length; at += keysAtOnce) {
      const keys = await keysOf(addresses.slice(at, at + keysAtOnce));
      yield keys.flatMap(({ address, key }) => [...wholeFile(`${fileNameOf(address)}.digest-key`, `${key}\n`)]);
    }
    yield summary;
  }
}

/** The digest key of a mailbox, in hexadecimal digits. */
export interface MailboxKey {
  readonly address: string;
  readonly key: string;
}

interface Tree {
  /** The certificate of the wave. */
  readonly id: string;
  /** Where it lies in the bundle. */
  readonly file: string;
  proofOf(leaf: Uint8Array): InclusionProof;
}

/** The trees of wave certificates, each with its file when it is met for the first time. */
class Trees {
  readonly #evidence: EvidenceView;
  /** The latest used last. */
  readonly #held = new Map<string, Tree>();
  readonly #told = new Set<string>();
  readonly #names = new Set<string>();

  constructor(evidence: EvidenceView) {
    this.#evidence = evidence;
  }

  names(): readonly string[] {
    return [...this.#names].sort();
  }

  async of(id: string): Promise<{ readonly tree: Tree; readonly files: readonly BundleLine[] }> {
    const held = this.#held.get(id);
    const { tree, files } = held ? { tree: held, files: [] } : await this.#read(id);
    this.#held.delete(id);
    this.#held.set(id, tree);
    const [oldest] = this.#held.keys();
    if (this.#held.size > treesMax && oldest !== undefined) this.#held.delete(oldest);
    return { tree, files };
  }

  async #read(id: string): Promise<{ readonly tree: Tree; readonly files: readonly BundleLine[] }> {
    const kept = await this.#evidence.waveCertificate(id);
    if (!kept) throw new Error(`the certificate ${id} of a wave is not there`);
    const leaves = (await this.#evidence.leaves(id)).map((leaf) => Buffer.from(leaf));
    const { certificate } = JSON.parse(kept.text) as Envelope<WaveCertificate>;
    // A wave may have been certified several times.
    const file = `wave-${fileNameOf(kept.wave)}-${certificate.madeAt.slice(0, 10)}-${id.slice(0, 8)}.json`;
    const files = this.#told.has(id) ? [] : [...wholeFile(file, kept.text)];
    this.#told.add(id);
    this.#names.add(kept.wave);
    const proofAt = proofsOf(leaves);
    return { tree: { id, file, proofOf: (leaf) => proofAt(indexOf(leaves, leaf)) }, files };
  }
}

/** In leaves that stand in the order of their octets. */
function indexOf(leaves: readonly Buffer[], leaf: Uint8Array): number {
  let [low, high] = [0, leaves.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(leaves[middle] as Buffer, leaf) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function proofText({ leaf }: CoveredCertificate, { id }: Certificate, tree: Tree): string {
  const { index, size, path } = tree.proofOf(leaf);
  const proof: ProofDocument = {
    certificate: id,
    waveCertificate: tree.id,
    leaf: Buffer.from(leaf).toString('hex'),
    index,
    size,
    path: path.map((hash) => Buffer.from(hash).toString('hex')),
  };
  return `${JSON.stringify(proof, null, 2)}\n`;
}

const mailboxColumns = [
  'address',
  'organisation',
  'kind',
  'grade',
  'because',
  'changed_sides_since',
  'wave',
  'made_at',
  'source_messages',
  'target_messages',
  'target_octets',
  'open',
  'accepted',
  'interrupted_seconds',
  'file',
  'wave_file',
] as const;

function mailboxCells(
  certificate: Certificate,
  isOfBefore: boolean,
  waveFile: string,
): readonly (string | number | null)[] {
  const { mailbox, grade, wave, madeAt, totals, switches } = certificate;
  const interruptedMs = switches[0]?.ms ?? null;
  return [
    mailbox.address,
    mailbox.organisation,
    mailbox.kind,
    grade.grade,
    grade.because.join('; '),
    isOfBefore ? 'yes' : 'no',
    wave?.name ?? null,
    madeAt,
    totals.sourceMessages,
    totals.targetMessages,
    totals.targetOctets,
    totals.open,
    totals.accepted,
    interruptedMs === null ? null : interruptedMs / 1000,
    `${fileNameOf(mailbox.address)}.json`,
    waveFile,
  ];
}

const exceptionColumns = [
  'address',
  'folder',
  'uid',
  'kind',
  'code',
  'detail',
  'accepted_by',
  'accepted_why',
  'accepted_at',
] as const;

function exceptionLines({ mailbox, exceptions }: Certificate): string {
  return exceptions
    .map(({ folder, uid, kind, code, detail, accepted }) => {
      const said = [accepted?.who ?? null, accepted?.why ?? null, accepted?.at ?? null];
      return csvLine([mailbox.address, folder, uid, kind, code, detail, ...said]);
    })
    .join('');
}
