/**
 * Closes a round of certificates: the root over all that a wave's mailboxes have and no earlier root covers, signed, chained to the wave
 * certificate before it, and stamped into the audit log. From then on none of them can be changed, removed or added unseen.
 */

import { randomUUID } from 'node:crypto';
import {
  certificateVersion,
  type CertifiedWave,
  type Envelope,
  inTreeOrder,
  type WaveCertificate,
  waveCertificateType,
} from '#domain/certificate.ts';
import { fault } from '#domain/fault.ts';
import { gradeOfWave, noGrades } from '#domain/grade.ts';
import { treeRoot } from '#domain/merkle-tree.ts';
import type { SigningKey } from '#domain/signing-key.ts';
import { type ByReason, together } from '#domain/wave-report.ts';
import type { Wave } from '#domain/wave.ts';
import type { Evidence, OpenCertificate } from '#ports/evidence.ts';
import { signed } from './sign-evidence.ts';

export interface CertifyWave {
  readonly wave: Wave;
  /** By their ids. */
  readonly members: readonly number[];
  /** Why there is none of a mailbox, where that is known, by its address: a stage, or the code of a fault. */
  readonly reasons: ReadonlyMap<string, string>;
  readonly evidence: Evidence;
  readonly key: SigningKey;
  readonly version: string;
  /** For the audit log. */
  readonly who: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Whenever somebody else was faster it is made anew with what there is then. */
const attempts = 5;

/** Null where there is nothing to cover. Throws `evidence.chain.moved`. */
export async function certifyWave(request: CertifyWave): Promise<Envelope<WaveCertificate> | null> {
  const { wave, members, evidence, key, who } = request;
  const addresses = await evidence.addresses(members);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const previous = await evidence.latest();
    // Of whom none could be made now, an earlier one is not taken for it.
    const covered = (await evidence.open(members)).filter(({ address }) => !request.reasons.has(address));
    if (covered.length === 0) return null;
    const envelope = await signed(documentOf(request, covered, [...addresses.values()], previous), key);
    if (await evidence.close(wave.id, envelope, covered, who)) return envelope;
  }
  throw fault('evidence.chain.moved', { wave: wave.name });
}

function documentOf(
  { wave, reasons, version, now }: CertifyWave,
  covered: readonly OpenCertificate[],
  addresses: readonly string[],
  previous: string | null,
): WaveCertificate {
  const grades = { ...noGrades };
  for (const { grade } of covered) grades[grade]++;
  const has = new Set(covered.map(({ address }) => address));
  const without = addresses.filter((address) => !has.has(address));
  const uncertified = without
    .map((address) => ({ [reasons.get(address) ?? 'none was made']: 1 }))
    .reduce<ByReason>(together, {});
  return {
    type: waveCertificateType,
    version: certificateVersion,
    id: randomUUID(),
    madeAt: new Date(now()).toISOString(),
    tool: { name: 'godwit', version },
    wave: certifiedWave(wave),
    mailboxes: covered.length,
    root: treeRoot(inTreeOrder(covered).map(({ leaf }) => leaf)).toString('hex'),
    grades,
    grade: gradeOfWave(grades, without.length),
    uncertified,
    previous,
  };
}

function certifiedWave({ name, window, isPilot }: Wave): CertifiedWave {
  const { opensAt, closesAt } = window;
  return {
    name,
    opensAt: new Date(opensAt).toISOString(),
    closesAt: new Date(closesAt).toISOString(),
    pilot: isPilot,
  };
}
