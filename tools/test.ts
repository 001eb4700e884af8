/**
 * `./godwit test`: what CI runs. The checks, then the servers that the labs want (unpacked Debian packages, nothing is
 * installed), then every test. What could not be had is said at the beginning and again at the end, since a lab that was
 * not run proves nothing.
 *
 *     ./godwit test                   everything
 *     ./godwit test src/domain        only the tests whose path holds this; no checks (arguments go to vitest)
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { NotToBeHad, type TreeName, unpacked } from '../labs/packages.ts';
import { runChecks, toolEnvironment } from './check.ts';
import { root } from './project.ts';

const wanted: readonly TreeName[] = ['dovecot', 'dovecot-pgsql', 'cyrus', 'postfix', 'nginx', 'openldap', 'prometheus'];

const args = process.argv.slice(2);
const everything = args.length === 0;

const checked = everything ? await runChecks() : true;
const missing = await prepareLabs();
for (const reason of missing) console.log(`not to be had: ${reason}`);
const tested = await vitest();
for (const reason of missing) console.log(`NOT RUN for want of a server: ${reason}`);
if (!checked)
  console.log('The checks did not pass; their words stand above the tests (npm run check shows them alone).');
if (!checked || !tested) process.exitCode = 1;

/** Fetches the labs' servers, so that no test waits for a download; why some could not be had. */
async function prepareLabs(): Promise<readonly string[]> {
  const reasons: string[] = [];
  for (const name of wanted) {
    try {
      await unpacked(name);
    } catch (error) {
      if (!(error instanceof NotToBeHad)) throw error;
      reasons.push(error.message);
    }
  }
  return reasons;
}

async function vitest(): Promise<boolean> {
  const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
    cwd: root,
    env: toolEnvironment(),
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0));
  });
}
