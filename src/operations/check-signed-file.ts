/** Reads a signed file of ours as somebody who believes nothing in it (docs/evidence-format.md, section 2). */

import {
  type Certificate,
  certificateVersion,
  type Envelope,
  envelopeText,
  rootOfFolders,
  type WaveCertificate,
  waveCertificateType,
} from '#domain/certificate.ts';
import { type CheckFinding, type CheckKind, fileFinding } from '#domain/certificate-check.ts';
import { grades } from '#domain/grade.ts';
import type { PublicKey } from '#domain/signing-key.ts';
import { cleanText } from '#lib/clean-text.ts';
import { checkSignature } from './sign-evidence.ts';

interface Documents {
  readonly 'godwit-certificate': Certificate;
  readonly 'godwit-wave-certificate': WaveCertificate;
}

export interface SignedFile<Document> {
  /** Null where it is none of the kind that was asked for. */
  readonly document: Document | null;
  readonly findings: readonly CheckFinding[];
  /** The key whose signature it is; null where it is nobody's. */
  readonly signedBy: string | null;
}

/** `octets`: of the file. What does not verify is given all the same: what else is wrong with it is worth telling. */
export async function readSignedFile<Type extends keyof Documents>(
  octets: Buffer,
  type: Type,
  keys: readonly PublicKey[],
): Promise<SignedFile<Documents[Type]>> {
  const envelope = parsed(octets);
  if (envelope instanceof Error) return nothing('not-json', `it is no JSON: ${cleanText(envelope.message, 200)}`);
  if (!isEnvelope(envelope, type)) return nothing('not-json', `it is no ${type} of version ${certificateVersion}`);
  const canonical = canonicalOctets(envelope);
  if (canonical === null) return nothing('not-canonical', 'it was changed: it holds what has no canonical form');
  const findings: CheckFinding[] = [];
  if (!octets.equals(canonical)) {
    const at = firstDifference(octets, canonical);
    findings.push(fileFinding('not-canonical', `it was changed: from octet ${at} on it is not in canonical form`));
  }
  const { kind, key } = await checkSignature(envelope, keys);
  if (kind === 'unknown-key') {
    const says = `it says that it was signed with the key ${cleanText(key, 60)}, which is not given`;
    findings.push(fileFinding('unknown-key', says));
  }
  if (kind === 'bad')
    findings.push(fileFinding('signature', `it was changed since it was signed; ${whatFits(envelope)}`));
  const document = envelope.certificate as unknown as Documents[Type];
  return { document, findings, signedBy: kind === 'good' ? key : null };
}

function nothing(kind: CheckKind, says: string): SignedFile<never> {
  return { document: null, findings: [fileFinding(kind, says)], signedBy: null };
}

function parsed(octets: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function isEnvelope(value: unknown, type: keyof Documents): value is Envelope {
  const { certificate, protected: header, signature } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const document = (certificate ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof header === 'string' &&
    typeof signature === 'string' &&
    document['type'] === type &&
    document['version'] === certificateVersion &&
    (type === waveCertificateType || hasFolders(document))
  );
}

/** As much of its form as the checks that follow rest on. */
function hasFolders({
  id,
  folders,
  root,
  digestKey,
  madeAt,
  totals,
  mailbox,
  grade,
  elementList,
  otherFolders = [],
}: Readonly<Record<string, unknown>>): boolean {
  const isSide = (side: unknown): boolean => {
    const { path, name, uidValidity, uidNext, messages, octets, withheld, elements } = (side ?? {}) as Readonly<
      Record<string, unknown>
    >;
    return (
      Array.isArray(path) &&
      path.every((each) => typeof each === 'string') &&
      typeof name === 'string' &&
      [uidValidity, uidNext, messages, octets].every(Number.isSafeInteger) &&
      Array.isArray(withheld) &&
      withheld.every(Number.isSafeInteger) &&
      typeof elements === 'string'
    );
  };
  const list = elementList as Readonly<Record<string, unknown>> | null;
  return (
    [id, root, digestKey, madeAt].every((each) => typeof each === 'string') &&
    typeof memberOf(mailbox, 'address') === 'string' &&
    Number.isSafeInteger(memberOf(totals, 'targetMessages')) &&
    grades.some((each) => each === memberOf(grade, 'grade')) &&
    (list === null || (typeof list === 'object' && typeof list['sha256'] === 'string')) &&
    Array.isArray(otherFolders) &&
    otherFolders.every((each) => typeof each === 'string') &&
    Array.isArray(folders) &&
    folders.every((each) => isSide((each as { readonly target?: unknown } | null)?.target))
  );
}

function memberOf(value: unknown, name: string): unknown {
  return (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
}

/** Null where it holds something that has no canonical form. */
function canonicalOctets(envelope: Envelope): Buffer | null {
  try {
    return Buffer.from(envelopeText(envelope));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function firstDifference(octets: Buffer, canonical: Buffer): number {
  const at = octets.findIndex((octet, i) => octet !== canonical[i]);
  return at < 0 ? octets.length : at;
}

/** For whoever wonders what was changed. */
function whatFits({ certificate }: Envelope): string {
  if (!('folders' in certificate)) return 'the change is in it, or in its signature';
  const { folders, root, totals } = certificate;
  const messages = folders.reduce((sum, { target }) => sum + target.messages, 0);
  return rootOfFolders(folders) === root && messages === totals.targetMessages
    ? 'its folders still give its root, so the change is elsewhere in it, or in its signature'
    : 'its folders do not give its root or its totals any more, so the change is there';
}
