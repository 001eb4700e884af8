/** Certificates of those who have moved, as files and as a bundle: of what was in their mail nothing may be in either. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Arena, run } from './canary-chaos.ts';
import { searchFolder } from './canary-search.ts';
import { wave } from './chaos-estate.ts';

/** Folders of a run in which evidence lies. */
export const evidenceFolders = ['evidence', 'bundle'] as const;
/** The lines to both sides are cut by the weather, and then some comparison ends early. */
const tries = 8;

/** Made until everybody has one, and taken away by one of the organisations, with the keys for contents. */
export async function certifyAll(arena: Arena): Promise<void> {
  const { folder, users, lookout, tell } = arena;
  const [evidence, bundle] = evidenceFolders.map((name) => join(folder, name)) as [string, string];
  for (let i = 0; i < tries && (await certificatesIn(evidence)) < users.length; i++)
    await run(arena, ['certificate', 'make', '--wave', wave, '--out', evidence]);
  const made = await certificatesIn(evidence);
  tell(`certificates of ${made} of ${users.length}`);
  if (made < users.length) lookout.complain(`${made} certificates of ${users.length} mailboxes`);
  for (const args of [
    ['evidence', 'export', '--organisation', 'RXY', '--with-digest-keys', '--out', bundle],
    ['certificate', 'key', 'list', '-o', 'json'],
    ['report', 'wave', wave, '-o', 'html'],
  ]) {
    const { code, stderr } = await run(arena, args);
    if (code !== 0 && code !== 3)
      lookout.complain(`godwit ${args.join(' ')} ended with ${code}: ${stderr.slice(-500)}`);
  }
  if ((await certificatesIn(bundle)) === 0) lookout.complain('nobody is in the bundle');
}

export async function searchEvidence({ folder, lookout }: Arena): Promise<void> {
  for (const name of evidenceFolders)
    lookout.add('certificates', await searchFolder(join(folder, name), lookout.marks));
}

async function certificatesIn(folder: string): Promise<number> {
  if (!existsSync(folder)) return 0;
  return (await readdir(folder)).filter((name) => name.endsWith('@corp.example.json')).length;
}
