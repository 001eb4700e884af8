/** `godwit certificate check`: holds a certificate against itself, the keys that are given, its wave, and the mailbox as it is now. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Certificate } from '#domain/certificate.ts';
import type { CheckFinding } from '#domain/certificate-check.ts';
import { type PublicKey, readPublicKeys } from '#domain/signing-key.ts';
import { checkCertificate, type CheckedCertificate } from '#operations/check-certificate.ts';
import type { CheckedLive } from '#operations/check-live.ts';
import type { CheckFlags } from './evidence-flags.ts';
import { exitCodes } from './exit-code.ts';
import { Progress } from './progress.ts';
import { parseSecretRef, readSecret, whyUnreadable } from './secret.ts';
import type { Session } from './session.ts';
import { bytes, count, counted, shown } from './shown.ts';
import { readServer } from './sides.ts';
import { Problems, usageError } from './usage.ts';
import type { Side, World } from './world.ts';

export async function checkFile(this: Session, flags: Omit<CheckFlags, 'deep'>, file: string): Promise<void> {
  const problems = new Problems();
  if (flags.publicKey === undefined)
    problems.add('--public-key is missing: the keys that you got by a way of their own, not with the certificate.');
  if ((flags.waveFile === undefined) !== (flags.proof === undefined))
    problems.add('--wave-file and --proof go together.');
  if (flags.against !== undefined && flags.digestKey === undefined)
    problems.add(
      '--against wants --digest-key: without it contents cannot be compared (godwit certificate digest-keys).',
    );
  problems.settle();
  const keys = await keysIn(flags.publicKey as string);
  const wave =
    flags.waveFile === undefined
      ? null
      : { file: await octetsOf(flags.waveFile), proof: await octetsOf(flags.proof as string) };
  const checked = await checkCertificate({
    file: await octetsOf(file),
    keys,
    list: listOf(flags.elements, file),
    wave,
  });
  const { certificate } = checked;
  const live = certificate && flags.against !== undefined ? await readLive(this, flags, certificate, checked) : null;
  const findings = [...checked.findings, ...(live?.findings ?? [])];
  const differences = findings.filter(({ kind }) => !(flags.live === true && kind === 'added-since'));
  if (differences.length > 0) this.exitCode = exitCodes.withExceptions;
  const { signedBy } = checked;
  const about = certificate && { id: certificate.id, mailbox: certificate.mailbox.address, grade: certificate.grade };
  const document = { file, certificate: about, signedBy, findings, live: live && { ...live, findings: undefined } };
  this.conclude({ ...document, asCertified: differences.length === 0 }, () =>
    lines(checked, live, findings, differences.length),
  );
}

async function readLive(
  session: Session,
  flags: Omit<CheckFlags, 'deep'>,
  certificate: Certificate,
  { lists }: CheckedCertificate,
): Promise<CheckedLive> {
  const { world, screen } = session;
  const digestKey = await digestKeyIn(flags.digestKey as string, world);
  if (createHash('sha256').update(digestKey).digest('hex') !== certificate.digestKey)
    throw usageError('The digest key is that of another mailbox or estate: nothing could be compared with it.');
  const side: Side = await readServer(flags, flags.against as string, world, (warning) => session.warn(flags, warning));
  if (side.signIn.kind === 'none')
    throw usageError(`--against names no mailbox: write imaps://someone@${side.endpoint.host}.`);
  await using engine = await session.engine(flags, true);
  using progress = new Progress(screen, 1, () => world.now());
  const { watcher, ended } = progress.begin(side.endpoint.name);
  const watching = { ...watcher, planned: (messages: number) => watcher.planned(messages, null) };
  const found = await engine.checkLive(side, { certificate, digestKey, lists, watcher: watching }, world.interruption);
  ended();
  return found;
}

async function keysIn(file: string): Promise<readonly PublicKey[]> {
  const keys = readPublicKeys((await octetsOf(file)).toString());
  if (!keys)
    throw usageError(`${shown(file)} (--public-key) holds no public key of Ed25519 (a JWK, or a set of them).`);
  return keys;
}

async function digestKeyIn(reference: string, world: World): Promise<Uint8Array> {
  const parsed = parseSecretRef(reference, '--digest-key');
  if (parsed.kind === 'refused') throw usageError(parsed.says);
  const read = await readSecret(parsed, 'the digests', world);
  if (read.kind === 'refused') throw usageError(read.says);
  if (!/^[0-9a-f]{64}$/i.test(read.secret.trim()))
    throw usageError('--digest-key wants 64 hexadecimal digits, as godwit certificate digest-keys writes them.');
  return Buffer.from(read.secret.trim(), 'hex');
}

/** More than any certificate: one with 20,000 exceptions has some 10 MB. */
const fileOctetsMax = 256_000_000;

async function octetsOf(file: string): Promise<Buffer> {
  const octets = await readFile(file).catch((error: unknown) => {
    throw usageError(`${shown(file)} cannot be read: ${whyUnreadable(error)}.`);
  });
  if (octets.length > fileOctetsMax) throw usageError(`${shown(file)} is larger than any certificate.`);
  return octets;
}

function listOf(elements: string | undefined, file: string): string | null {
  if (elements !== undefined) {
    if (!existsSync(elements)) throw usageError(`${shown(elements)} (--elements) is not there.`);
    return elements;
  }
  const beside = file.replace(/\.json$/, '.elements');
  return beside !== file && existsSync(beside) ? beside : null;
}

function lines(
  { certificate, signedBy }: CheckedCertificate,
  live: CheckedLive | null,
  findings: readonly CheckFinding[],
  differences: number,
): readonly string[] {
  const about = certificate
    ? [
        `${shown(certificate.mailbox.address)}: ${certificate.grade.grade}, ${counted(certificate.totals.targetMessages, 'message')} in ${counted(certificate.folders.length, 'folder')}, made ${shown(certificate.madeAt)}`,
      ]
    : [];
  return [
    ...about,
    ...(signedBy === null ? [] : [`  signed with the key ${signedBy}`]),
    ...(live === null
      ? []
      : [`  read as it is now: ${counted(live.messagesRead, 'message')}, ${bytes(live.octetsRead)}`]),
    ...(live?.renumbered ?? []).map(
      (folder) => `  ${shown(folder, 100)} was renumbered since; its messages are told by content`,
    ),
    ...(live?.notCovered ?? []).map((folder) => `  ${shown(folder, 100)}: of what is in it nothing is certified`),
    ...findings.map(findingLine),
    differences === 0
      ? 'All that was checked is as it was certified.'
      : `${counted(differences, 'difference')}. The certificate does not hold${live === null ? '' : ', or the mailbox is not as it was'}.`,
  ];
}

function findingLine({ kind, folder, uid, octets, internalDate, says }: CheckFinding): string {
  const where = folder === null ? '' : `  ${shown(folder, 100)}`;
  const which =
    uid === null ? '' : `, UID ${uid}, ${count(octets ?? 0)} octets${internalDate === null ? '' : `, ${internalDate}`}`;
  return `${kind}${where}${which}: ${shown(says, 300)}`;
}
