/**
 * Makes the certificates of mailboxes: reads both sides in full, by the connections and the code of verification, computes the element of
 * every message from what was read, and signs what was found. Who has a certificate that no wave's root covers yet is not read again, so
 * that what was interrupted goes on.
 */

import { createHash, randomUUID } from 'node:crypto';
import { type Certificate, type CertifiedFolder, type Envelope, envelopeText } from '#domain/certificate.ts';
import { ElementMaker } from '#domain/digest.ts';
import { type Grade, type Graded, gradeOfMailbox } from '#domain/grade.ts';
import type { Selection } from '#domain/selection.ts';
import type { SigningKey } from '#domain/signing-key.ts';
import { comparedStages } from '#domain/wave-verification.ts';
import { everyOne } from '#lib/at-once.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Evidence } from '#ports/evidence.ts';
import type { InView, LookAt, Looks } from '#ports/looks.ts';
import type { FolderCompared } from '#verify/compare-folder.ts';
import { sideEvidence } from '#verify/side-evidence.ts';
import { type CertifiedRead, certificateOf } from './certificate-document.ts';
import type { ElementListWriter } from './element-list.ts';
import type { EvidenceFiles } from './evidence-files.ts';
import { signed } from './sign-evidence.ts';
import { steadily, type WaveWatcher } from './verify-wave.ts';

export interface MakeCertificates {
  /** By their ids, in the order in which they are told. */
  readonly members: readonly number[];
  readonly atOnce: number;
  /** Also those who have one that no wave's root covers yet. */
  readonly anew: boolean;
  /** Where the files go; null for nowhere. */
  readonly files: EvidenceFiles | null;
  /** Whether a list of elements is written beside each. */
  readonly withElements: boolean;
  readonly key: SigningKey;
  /** 32 octets for each mailbox. */
  readonly digestKeyOf: (mailbox: number) => Uint8Array;
  readonly evidence: Evidence;
  readonly selection: Selection;
  readonly lookAt: LookAt;
  readonly looks: Looks;
  readonly watcher: WaveWatcher;
  readonly version: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** `kept`: it had one already. `none`: there is nothing to certify, and why: `code` is its stage, or that of a fault. */
export type MadeCertificate =
  | { readonly kind: 'made'; readonly address: string; readonly grade: Graded }
  | { readonly kind: 'kept'; readonly address: string; readonly grade: Grade }
  | { readonly kind: 'none'; readonly address: string; readonly code: string; readonly why: string };

/** So many are made between two pages of results, at least. */
const pageMin = 32;

/** What became of each, in pages. Ends early when the signal fires. */
export async function* makeCertificates(
  request: MakeCertificates,
  signal: AbortSignal,
): AsyncGenerator<readonly MadeCertificate[]> {
  const { members, atOnce } = request;
  const pageMax = Math.max(pageMin, 4 * atOnce);
  for (let at = 0; at < members.length && !signal.aborted; at += pageMax) {
    const page = members.slice(at, at + pageMax);
    const made: (MadeCertificate | null)[] = [];
    await everyOne(page, atOnce, signal, async (mailbox, i) => {
      made[i] = (await kept(request, mailbox)) ?? (await madeOne(request, mailbox, signal));
    });
    yield made.filter((each) => each !== null && each !== undefined);
  }
}

/** One that is there already, with its files in place; null where it has to be made. */
async function kept(
  { anew, files, withElements, evidence }: MakeCertificates,
  mailbox: number,
): Promise<MadeCertificate | null> {
  if (anew) return null;
  const [known] = await evidence.open([mailbox]);
  const text = known && (await evidence.text(mailbox));
  if (!known || !text) return null;
  const { id, elementList, mailbox: was } = (JSON.parse(text) as Envelope<Certificate>).certificate;
  // One from before the switch says nothing of what came of it.
  if (was.stage !== known.stage) return null;
  if (files) {
    const isListed = elementList && (await files.hasElements(known.address, id, elementList.octets));
    if (withElements && !isListed) return null;
    await files.certificate(known.address, text);
  }
  return { kind: 'kept', address: known.address, grade: known.grade };
}

/** Null where it was stopped, or is not there. */
async function madeOne(
  request: MakeCertificates,
  mailbox: number,
  signal: AbortSignal,
): Promise<MadeCertificate | null> {
  try {
    return await request.lookAt(mailbox, (inView, within) => certify(request, inView, within), signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

async function certify(request: MakeCertificates, inView: InView, signal: AbortSignal): Promise<MadeCertificate> {
  const { evidence, looks, files, key, watcher, version, clock } = request;
  const { id: mailbox, address, stage } = inView.traveller;
  if (!comparedStages.has(stage))
    return { kind: 'none', address, code: stage, why: `nothing is there to be compared while it is ${stage}` };
  const telling = watcher.begins(address);
  const id = randomUUID();
  const digestKey = request.digestKeyOf(mailbox);
  await using reading = new Reading(request, address, id, digestKey);
  const begun = clock.now();
  try {
    const how = { ...request, sample: null, watcher: telling, begins: () => reading.begin() };
    const compared = await steadily(how, inView, signal);
    signal.throwIfAborted();
    const { verification, report } = compared;
    await looks.keepVerification(mailbox, verification);
    if (verification.fault) {
      const { code, message } = verification.fault;
      return { kind: 'none', address, code, why: `the comparison ended early: ${message}` };
    }
    const facts = await evidence.facts(mailbox);
    const grade = gradeOfMailbox({ ...verification, interruptedMs: facts.switches[0]?.ms ?? null });
    const { folders, elementList } = await reading.whole();
    const document = certificateOf({
      id,
      begun,
      ended: clock.now(),
      version,
      digestKey: createHash('sha256').update(digestKey).digest('hex'),
      traveller: inView.traveller,
      pair: inView.pair,
      compared,
      selection: request.selection,
      report,
      facts,
      grade,
      folders,
      elementList,
    });
    const envelope = await signed(document, key);
    // What is kept last says that the rest is there.
    await reading.keep();
    await evidence.keep(mailbox, envelope);
    await files?.certificate(address, envelopeText(envelope));
    return { kind: 'made', address, grade };
  } finally {
    telling.ended();
  }
}

/** What is read of a mailbox while it is compared: the folders, and the list of elements as it grows. */
class Reading implements AsyncDisposable {
  readonly #request: MakeCertificates;
  readonly #address: string;
  readonly #id: string;
  readonly #maker: ElementMaker;
  #folders: CertifiedFolder[] = [];
  #list: Promise<ElementListWriter> | null = null;

  constructor(request: MakeCertificates, address: string, id: string, digestKey: Uint8Array) {
    [this.#request, this.#address, this.#id] = [request, address, id];
    this.#maker = new ElementMaker(digestKey);
  }

  /** Before each comparison: what an earlier one read does not count. */
  begin(): FolderCompared {
    const { files, withElements } = this.#request;
    const folders: CertifiedFolder[] = [];
    this.#folders = folders;
    const before = this.#list;
    const begun = async (): Promise<ElementListWriter> => {
      await (await before)?.[Symbol.asyncDispose]();
      return (files as EvidenceFiles).beginElements(this.#address, this.#id);
    };
    const list = files && withElements ? begun() : null;
    list?.catch(() => undefined); // told to whoever writes to it
    this.#list = list;
    return async (sources, target, findings) => {
      const source = sources.map((side) => sideEvidence(side, this.#maker).certified);
      const there = sideEvidence(target, this.#maker);
      const { equal, missing, extra, different } = findings;
      folders.push({ source, target: there.certified, equal, missing, extra, different });
      await (await list)?.folder(target, there);
    };
  }

  async whole(): Promise<Pick<CertifiedRead, 'folders' | 'elementList'>> {
    return { folders: this.#folders, elementList: (await (await this.#list)?.whole()) ?? null };
  }

  async keep(): Promise<void> {
    const list = await this.#list;
    if (list) await this.#request.files?.keepElements(this.#address, list);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#list?.catch(() => null))?.[Symbol.asyncDispose]();
  }
}
