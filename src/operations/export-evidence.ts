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
import { type GradeCounts, noGrades } from '#domain/grade.ts';
import { type InclusionProof, proofsOf } from '#domain/merkle-tree.ts';
import { jwkSet, type KnownKey } from '#domain/signing-key.ts';
import { csvLine } from '#lib/csv-cells.ts';
import type { Evidence, KeptCertificate } from '#ports/evidence.ts';
import { bundleReadme } from './bundle-readme.ts';
import type { EvidenceFiles } from './evidence-files.ts';

export interface ExportEvidence {
  /** By its code. */
  readonly organisation: string;
  readonly evidence: Evidence;
  readonly files: EvidenceFiles;
  readonly keys: readonly KnownKey[];
  /** Of a mailbox; null where the bundle is to hold none. */
  readonly digestKeyOf: ((mailbox: number) => Uint8Array) | null;
}

export interface ExportedEvidence {
  readonly mailboxes: number;
  readonly grades: GradeCounts;
  readonly waves: readonly string[];
}

/** Trees of so many waves are held at a time: of 83,000 mailboxes each takes some 20 MB. */
const treesMax = 4;

export async function exportEvidence(request: ExportEvidence, signal: AbortSignal): Promise<ExportedEvidence> {
  const { organisation, evidence, files, keys, digestKeyOf } = request;
  const trees = new Trees(evidence, files);
  await using mailboxes = await files.table('mailboxes.csv');
  await using exceptions = await files.table('exceptions.csv');
  await mailboxes.add(csvLine(mailboxColumns));
  await exceptions.add(csvLine(exceptionColumns));
  let count = 0;
  const grades = { ...noGrades };
  for await (const page of evidence.ofOrganisation(organisation)) {
    for (const kept of page) {
      signal.throwIfAborted();
      const { certificate } = JSON.parse(kept.text) as Envelope<Certificate>;
      const tree = await trees.of(kept.waveCertificate);
      await files.certificate(kept.address, kept.text);
      await files.proof(kept.address, proofText(kept, certificate, tree));
      if (digestKeyOf) await files.digestKey(kept.address, digestKeyOf(kept.mailbox));
      await mailboxes.add(csvLine(mailboxCells(certificate, tree.file)));
      await exceptions.add(exceptionLines(certificate));
      grades[certificate.grade.grade]++;
      count++;
    }
  }
  await mailboxes.keep();
  await exceptions.keep();
  await files.other('public-keys.json', `${JSON.stringify(jwkSet(keys), null, 2)}\n`);
  const waves = trees.names();
  await files.other('README.txt', bundleReadme({ organisation, mailboxes: count, grades, waves, keys }));
  return { mailboxes: count, grades, waves };
}

interface Tree {
  /** The certificate of the wave. */
  readonly id: string;
  /** Where it lies in the bundle. */
  readonly file: string;
  proofOf(leaf: Uint8Array): InclusionProof;
}

/** The trees of wave certificates, each written into the bundle when it is met. */
class Trees {
  readonly #evidence: Evidence;
  readonly #files: EvidenceFiles;
  /** The latest used last. */
  readonly #held = new Map<string, Tree>();
  readonly #names = new Set<string>();

  constructor(evidence: Evidence, files: EvidenceFiles) {
    [this.#evidence, this.#files] = [evidence, files];
  }

  names(): readonly string[] {
    return [...this.#names].sort();
  }

  async of(id: string): Promise<Tree> {
    const tree = this.#held.get(id) ?? (await this.#read(id));
    this.#held.delete(id);
    this.#held.set(id, tree);
    const [oldest] = this.#held.keys();
    if (this.#held.size > treesMax && oldest !== undefined) this.#held.delete(oldest);
    return tree;
  }

  async #read(id: string): Promise<Tree> {
    const kept = await this.#evidence.waveCertificate(id);
    if (!kept) throw new Error(`the certificate ${id} of a wave is not there`);
    const leaves = (await this.#evidence.leaves(id)).map((leaf) => Buffer.from(leaf));
    const { certificate } = JSON.parse(kept.text) as Envelope<WaveCertificate>;
    // A wave may have been certified several times.
    const file = `wave-${fileNameOf(kept.wave)}-${certificate.madeAt.slice(0, 10)}-${id.slice(0, 8)}.json`;
    await this.#files.other(file, kept.text);
    this.#names.add(kept.wave);
    const proofAt = proofsOf(leaves);
    return { id, file, proofOf: (leaf) => proofAt(indexOf(leaves, leaf)) };
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

function proofText({ leaf }: KeptCertificate, { id }: Certificate, tree: Tree): string {
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

function mailboxCells(certificate: Certificate, waveFile: string): readonly (string | number | null)[] {
  const { mailbox, grade, wave, madeAt, totals, switches } = certificate;
  const interruptedMs = switches[0]?.ms ?? null;
  return [
    mailbox.address,
    mailbox.organisation,
    mailbox.kind,
    grade.grade,
    grade.because.join('; '),
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
