/** What is to be said of the machine and of the files that Godwit stands on. Numbers in, remarks out. */

import { sizeText } from '#lib/size-text.ts';
import { fine, look, type Remark, wrong } from './diagnosis.ts';

/** Each connection is one, a worker has two for each mailbox, and a door one for each sign-in that waits. */
const openFilesLeast = 4_096;
const leastNode = [24, 11] as const;
/** Of the state folder: a ledger file, heads, keys; below the first nothing can be written soon. */
const [diskWrongBytes, diskLookBytes] = [256 * 1024 ** 2, 2 * 1024 ** 3];
const dayMs = 86_400_000;
/** Longer than a weekend and a holiday. */
const certificateLookDays = 21;

/** `version`: as `process.versions.node` has it. */
export function judgeNode(version: string): Remark {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return isEnough
    ? fine('Node', `version ${version}`)
    : wrong(
        'Node',
        `version ${version} is too old`,
        `Start Godwit by ./godwit, or with Node ${leastNode.join('.')} or newer.`,
      );
}

/** `limit`: how many files one process may have open; null where it cannot be told. */
export function judgeOpenFiles(limit: number | null): Remark {
  if (limit === null || limit >= openFilesLeast)
    return fine('open files', limit === null ? 'no limit is known' : `${limit}`);
  return wrong(
    'open files',
    `one process may have ${limit} open, and each connection is one`,
    `Raise it to ${openFilesLeast} or more: LimitNOFILE= of the systemd unit, or ulimit -n.`,
  );
}

export function judgeDisk(about: string, freeBytes: number): Remark {
  const says = `${sizeText(freeBytes)} are free`;
  const remedy = 'Make room, or move the folder: --state, GODWIT_STATE.';
  if (freeBytes < diskWrongBytes) return wrong(about, `only ${says}`, remedy);
  return freeBytes < diskLookBytes ? look(about, `only ${says}`, remedy) : fine(about, says);
}

/** `mode`: the permission bits. A secret is its owner's alone. */
export function judgeSecretFile(path: string, mode: number): Remark {
  const others = mode & 0o077;
  if (others === 0) return fine(path, 'only its owner can read it');
  return wrong(
    path,
    others & 0o007 ? 'everybody on this machine has a right to it' : 'its group has a right to it',
    `chmod 600 ${path}; and where others have read it, change the secret.`,
  );
}

export function judgeStateFolder(path: string, mode: number): Remark {
  return mode & 0o022
    ? wrong(path, 'others than its owner can write in it', `chmod 700 ${path}`)
    : fine(path, 'only its owner can write in it');
}

/** `validTo`: ISO 8601; '' where the certificate does not say. */
export function judgeCertificate(about: string, validTo: string, now: number): Remark {
  const until = Date.parse(validTo);
  if (Number.isNaN(until))
    return look(about, 'its certificate does not say how long it is valid', 'Look at it: godwit probe.');
  const days = Math.floor((until - now) / dayMs);
  const remedy = 'Have it renewed on that server before a wave meets it.';
  if (days < 0) return wrong(about, `its certificate was valid until ${validTo}`, remedy);
  const says = `its certificate is valid until ${validTo.slice(0, 10)}, ${days} days from now`;
  return days < certificateLookDays ? look(about, says, remedy) : fine(about, says);
}
