/**
 * PostgreSQL refuses to run as root, and to make a database for a user without a name. Here is how it is made to run all
 * the same, without a user being created for it.
 */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { userInfo } from 'node:os';
import { fault } from '#domain/fault.ts';

const nobody = 65534;

/** In a user namespace of its own (user_namespaces(7)) it believes to be nobody, while its files stay ours. */
const inNamespace = ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`];

/**
 * Where there are no such namespaces, as in many containers: really as nobody, with the one right of root to get at a
 * folder that only root enters (CAP_DAC_OVERRIDE, capabilities(7)).
 */
const rights = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', ...rights];

/**
 * The words to put before a command of PostgreSQL whose data are in the folder `data`; none for an ordinary user. Throws
 * `database.embedded.unusable` where it can be nobody at all.
 */
export function asSomebody(data: string): readonly string[] {
  const us = process.getuid?.() ?? 0;
  if (us !== 0 && hasName()) return [];
  // Data once made are the property of whom they were made as, and PostgreSQL insists on that.
  const owner = fs.statSync(data, { throwIfNoEntry: false })?.uid ?? null;
  if ((owner === null || owner === us) && works(inNamespace)) return inNamespace;
  if (us === 0 && (owner === null || owner === nobody) && works(asNobody)) return asNobody;
  const who = us === 0 ? 'root' : `user ${us}, who has no name here`;
  throw fault('database.embedded.unusable', {
    detail: `it does not run as ${who}, and here it can be nobody else (unshare and setpriv of util-linux were tried).`,
  });
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false; // no entry in the database of users (passwd(5))
  }
}

function works([program, ...words]: readonly string[]): boolean {
  return spawnSync(program as string, [...words, 'true'], { stdio: 'ignore' }).status === 0;
}
