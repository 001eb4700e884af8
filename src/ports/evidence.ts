/** Where certificates are kept, with the keys that signed them. */

import type { Approval, Certificate, CertifiedWave, Envelope, WaveCertificate } from '#domain/certificate.ts';
import type { Grade } from '#domain/grade.ts';
import type { Interruption } from '#domain/interruption.ts';
import type { Stage } from '#domain/journey.ts';
import type { UnknownName } from '#domain/selector.ts';
import type { KnownKey } from '#domain/signing-key.ts';
import type { ListedException } from '#domain/wave-report.ts';

/** What the estate knows of a mailbox that stands in its certificate. */
export interface CertifiedFacts {
  readonly organisation: string;
  readonly kind: string;
  /** The wave it is in; null where it is in none. */
  readonly wave: (CertifiedWave & { readonly id: number }) | null;
  readonly approvals: readonly Approval[];
  readonly switches: readonly Interruption[];
  readonly exceptions: readonly ListedException[];
}

/** A certificate as it is kept. */
export interface KeptCertificate {
  readonly mailbox: number;
  readonly address: string;
  readonly leaf: Uint8Array;
  /** The octets of its file. */
  readonly text: string;
}

/** One that a wave's root covers. */
export interface CoveredCertificate extends KeptCertificate {
  readonly waveCertificate: string;
  /** Made before its mailbox changed sides for the last time, so that it says nothing of how that stands. */
  readonly isOfBefore: boolean;
}

/** One that no wave's root covers yet. */
export interface OpenCertificate extends Omit<KeptCertificate, 'text'> {
  readonly grade: Grade;
  /** Where its mailbox stands now; the certificate says where it stood. */
  readonly stage: Stage;
}

export interface KeptWaveCertificate {
  readonly id: string;
  readonly wave: string;
  readonly text: string;
}

export interface Evidence {
  facts(mailbox: number): Promise<CertifiedFacts>;
  /** In the place of one of the same mailbox that no wave's root covers yet. */
  keep(mailbox: number, signed: Envelope<Certificate>): Promise<void>;
  /** Of those mailboxes, in the order of their addresses; none from before the latest change of sides. */
  open(mailboxes: readonly number[]): Promise<readonly OpenCertificate[]>;
  /** The mailbox of that address, without regard to case; null where there is none. */
  find(address: string): Promise<number | null>;
  addresses(mailboxes: readonly number[]): Promise<ReadonlyMap<number, string>>;
  /** The hash of the wave certificate that was made last, in hexadecimal digits; null before the first. */
  latest(): Promise<string | null>;
  /**
   * Keeps the certificate of a wave, with what its root covers, and stamps the root into the audit log. False where the chain has
   * gone on meanwhile, or a certificate was made anew: nothing is kept then.
   */
  close(
    wave: number,
    signed: Envelope<WaveCertificate>,
    covered: readonly Pick<OpenCertificate, 'mailbox' | 'leaf'>[],
    who: string,
  ): Promise<boolean>;
  /** The octets of the latest of a mailbox; null where there is none. */
  text(mailbox: number): Promise<string | null>;
}

/** One of a mailbox, with when it was made and the certificate of the wave whose root covers it; null before there is one. */
export interface MadeBefore {
  readonly madeAt: Date;
  readonly grade: Grade;
  readonly waveCertificate: string | null;
  /** The octets of its file. */
  readonly text: string;
}

/** Whoever is meant, with the latest that there is of them, if there is any. */
export type CertificateFound<Kept> =
  | { readonly kind: 'found'; readonly name: string; readonly certificate: Kept | null }
  | { readonly kind: 'unknown'; readonly nearest: string | null };

export interface EstateMember {
  readonly mailbox: number;
  readonly address: string;
}

/** What people take away, of the estate or of the part of it that they may. What lies outside is as if it did not exist. */
export interface EvidenceView {
  mailbox(address: string): Promise<CertificateFound<MadeBefore>>;
  wave(name: string): Promise<CertificateFound<KeptWaveCertificate>>;
  /** Null where there is an organisation of that code. */
  organisation(code: string): Promise<UnknownName | null>;
  /** The latest of each mailbox of an organisation and all below it that a wave's root covers, in pages. */
  ofOrganisation(code: string): AsyncIterable<readonly CoveredCertificate[]>;
  /** All that have a leaf under the root of this wave certificate, in the order of the tree. */
  leaves(waveCertificate: string): Promise<readonly Uint8Array[]>;
  waveCertificate(id: string): Promise<KeptWaveCertificate | null>;
  /** Those of them that are there, in the order of these addresses. */
  members(addresses: readonly string[]): Promise<readonly EstateMember[]>;
}

/** Public keys. All that ever signed are kept; one signs. */
export interface SigningKeys {
  list(): Promise<readonly KnownKey[]>;
}
