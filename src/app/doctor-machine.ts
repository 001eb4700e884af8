/** What `godwit doctor` looks at on this machine: Node, limits, the state folder, and the files that secrets are in. */

import { existsSync } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { DoctorEstateOptions } from '#cli/world.ts';
import { type Remark, untried, wrong } from '#domain/diagnosis.ts';
import { judgeDisk, judgeNode, judgeOpenFiles, judgeSecretFile, judgeStateFolder } from '#domain/diagnosis-machine.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { sideNames } from '#domain/platform.ts';
import type { Examination } from '#operations/examine.ts';

export function machineExaminations({ settings, stateDir, keys }: DoctorEstateOptions): readonly Examination[] {
  const files = [
    ...keys.flatMap((key) => (key.kind === 'file' ? [resolve(key.path)] : [])),
    ...(settings === null ? [] : secretFiles(settings)),
  ];
  const machine = { check: 'machine', reach: 'machine' } as const;
  return [
    { ...machine, look: async () => [judgeNode(process.versions.node), judgeOpenFiles(await openFilesLimit())] },
    { ...machine, look: () => ofState(stateDir) },
    { check: 'secrets', reach: 'machine', look: () => Promise.all([...new Set(files)].map(ofSecretFile)) },
  ];
}

/** The soft limit of this process; null where the machine does not tell, or there is none. */
async function openFilesLimit(): Promise<number | null> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => ''); // a machine that is no Linux
  const limit = Number(/^Max open files\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN);
  return Number.isNaN(limit) ? null : limit;
}

async function ofState(stateDir: string): Promise<readonly Remark[]> {
  let there = resolve(stateDir);
  const isMade = existsSync(there);
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  const disk = judgeDisk(stateDir, bavail * bsize);
  return isMade ? [disk, judgeStateFolder(stateDir, (await stat(there)).mode)] : [disk];
}

async function ofSecretFile(path: string): Promise<Remark> {
  try {
    return judgeSecretFile(path, (await stat(path)).mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return wrong(path, 'is not there', 'Put the secret there, or name another place.');
    return untried(path, 'cannot be looked at by this user');
  }
}

function secretFiles({ database, source, target, directory, probes, notices }: EstateSettings): readonly string[] {
  const references = [
    ...(database === 'embedded' ? [] : [database]),
    ...[source, target].flatMap(({ signIn, sessions }) => [
      ...('secret' in signIn ? [signIn.secret] : []),
      ...(sessions ? [sessions.key] : []),
    ]),
    ...(directory ? [directory.secret] : []),
    ...(probes && 'secret' in probes.signIn ? [probes.signIn.secret] : []),
    ...(notices?.smtp.signIn ? [notices.smtp.signIn.secret] : []),
  ];
  const oauth = sideNames.flatMap((side) => {
    const { signIn } = side === 'source' ? source : target;
    return signIn.kind === 'oauth'
      ? []
      : signIn.kind === 'each' && signIn.secrets.kind === 'list'
        ? [signIn.secrets.path]
        : [];
  });
  return [...references.flatMap((each) => (each.kind === 'file' ? [each.path] : [])), ...oauth];
}
