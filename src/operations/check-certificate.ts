/** Checks the certificate of a mailbox, with what lies beside it: the list of its elements, and the certificate of its wave with a proof. */

import {
  type Certificate,
  certificateType,
  leafOfCertificate,
  type ProofDocument,
  rootOfFolders,
  waveCertificateType,
} from '#domain/certificate.ts';
import { type CheckFinding, fileFinding } from '#domain/certificate-check.ts';
import { isIncluded } from '#domain/merkle-tree.ts';
import type { PublicKey } from '#domain/signing-key.ts';
import { readSignedFile } from './check-signed-file.ts';
import { type ListedFolder, readLists } from './listed-folders.ts';

export interface CheckCertificate {
  /** The octets of its file. */
  readonly file: Buffer;
  readonly keys: readonly PublicKey[];
  /** The path of the list of elements; null without. */
  readonly list: string | null;
  /** The octets of both files; null without. */
  readonly wave: { readonly file: Buffer; readonly proof: Buffer } | null;
}

export interface CheckedCertificate {
  /** Null where there is nothing that could be checked. */
  readonly certificate: Certificate | null;
  readonly signedBy: string | null;
  readonly lists: ReadonlyMap<string, ListedFolder>;
  readonly findings: readonly CheckFinding[];
}

export async function checkCertificate({ file, keys, list, wave }: CheckCertificate): Promise<CheckedCertificate> {
  const { document, findings, signedBy } = await readSignedFile(file, certificateType, keys);
  if (!document) return { certificate: null, signedBy, lists: new Map(), findings };
  const lists = list === null ? null : await readLists(list, document);
  return {
    certificate: document,
    signedBy,
    lists: lists?.folders ?? new Map(),
    findings: [
      ...findings,
      ...rootFindings(document),
      ...(lists?.findings ?? []),
      ...(wave ? await waveFindings(document, keys, wave) : []),
    ],
  };
}

function rootFindings({ folders, root }: Certificate): readonly CheckFinding[] {
  return rootOfFolders(folders) === root ? [] : [fileFinding('root', 'its folders do not give its root')];
}

async function waveFindings(
  certificate: Certificate,
  keys: readonly PublicKey[],
  wave: NonNullable<CheckCertificate['wave']>,
): Promise<readonly CheckFinding[]> {
  const { document, findings } = await readSignedFile(wave.file, waveCertificateType, keys);
  const ofWave = findings.map((finding) => ({ ...finding, says: `the wave's certificate: ${finding.says}` }));
  const proof = proofOf(wave.proof);
  if (!proof) return [...ofWave, fileFinding('proof', 'the proof cannot be read')];
  if (!document) return ofWave;
  const { index, size, path } = proof;
  const isThere = isIncluded(
    leafOfCertificate(certificate),
    { index, size, path: path.map((hash) => Buffer.from(hash, 'hex')) },
    Buffer.from(document.root, 'hex'),
  );
  const says = 'the proof does not lead from this certificate to the root of the wave';
  return isThere ? ofWave : [...ofWave, fileFinding('proof', says)];
}

function proofOf(octets: Buffer): Pick<ProofDocument, 'index' | 'size' | 'path'> | null {
  try {
    const { index, size, path } = JSON.parse(octets.toString()) as Readonly<Record<string, unknown>>;
    if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || !Array.isArray(path)) return null;
    if (!path.every((hash) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash))) return null;
    return { index: index as number, size: size as number, path: path as readonly string[] };
  } catch {
    return null; // which the caller tells
  }
}
