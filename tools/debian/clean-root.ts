/**
 * The package of Debian on a clean Debian, as docs/install.md tells it: a root made by debootstrap, `apt install ./godwit_*.deb` in it, a first
 * move between two Dovecots, lintian, and the units as the systemd of that Debian reads them; then it is purged. By hand, and as root: it takes two minutes
 * and Debian's archive. NOTHING IS STARTED by systemd, which does not run in there.
 *
 *     node tools/debian/clean-root.ts [bookworm]
 */

import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { awkwardAccount } from '../../labs/awkward-folders.ts';
import { startDovecot } from '../../labs/dovecot.ts';
import { seedAccount } from '../../labs/seed.ts';
import { packageDeb } from '../package-deb.ts';

const run = promisify(execFile);
const password = 'correct horse';
const suite = process.argv[2] ?? 'bookworm';
const archive = 'http://deb.debian.org/debian';
/** Who builds it says who they are (DEBEMAIL), and packs a release with xz. */
const leftToTheBuilder = [
  'bogus-mail-host',
  'bogus-mail-host-in-debian-changelog',
  'uses-no-compression-for-control-tarball',
  'uses-no-compression-for-data-tarball',
].join(',');
const inRoot = 'mount -t proc proc "$1/proc" || exit 111; root=$1; shift; exec chroot "$root" "$@"';

const scratch = await mkdtemp(join(tmpdir(), 'godwit-clean-'));
const root = join(scratch, 'root');
try {
  await step(`a clean ${suite}`, () => debootstrap());
  const files = await step('the packages', () => packageDeb({ out: join(scratch, 'out'), compress: 'none' }));
  for (const file of files) await copyFile(file, join(root, 'root', basename(file)));
  const names = (await readdir(join(scratch, 'out'))).map((name) => `/root/${name}`).toSorted();

  await step('apt install ./godwit_*.deb', () => within('apt-get', 'install', '-y', '--quiet', names[1] as string));
  await step('godwit init --check, on the settings that it brings', () => within('godwit', 'init', '--check'));
  await step('godwit probe, copy, copy again, verify', () => firstMove());
  await step('apt install ./godwit-postgres_*.deb, and a database of its own', async () => {
    await within('apt-get', 'install', '-y', '--quiet', names[0] as string);
    await within('env', 'GODWIT_CONFIG=/none.yaml', 'godwit', 'db', 'info');
  });

  await step('apt install lintian systemd man-db', () =>
    within('apt-get', 'install', '-y', '--quiet', '--no-install-recommends', 'lintian', 'systemd', 'man-db'),
  );
  await step('lintian: no errors, no warnings that are not explained', () =>
    within('lintian', '--allow-root', '--fail-on', 'error,warning', '--suppress-tags', leftToTheBuilder, ...names),
  );
  const units = ['godwit.service', 'godwit-worker@1.service', 'godwit-coexist.service'];
  await step('systemd-analyze verify (not started)', () => within('systemd-analyze', 'verify', ...units));
  await step('apt purge', () => within('apt-get', 'purge', '-y', '--quiet', 'godwit', 'godwit-postgres'));
  console.log('All of it went as told.');
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function step<T>(name: string, does: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  try {
    const outcome = await does();
    console.log(`ok      ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
    return outcome;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`FAILED  ${name}\n${stdout}${stderr}`, { cause: error });
  }
}

/** debootstrap is a script, so its package is unpacked and nothing is installed for it. */
async function debootstrap(): Promise<void> {
  const own = join(scratch, 'debootstrap');
  await mkdir(own);
  await run('apt-get', ['-o', 'APT::Sandbox::User=root', '--quiet', 'download', 'debootstrap'], { cwd: own });
  const [deb = ''] = await readdir(own);
  await run('dpkg-deb', ['-x', join(own, deb), own]);
  const env = { ...process.env, DEBOOTSTRAP_DIR: join(own, 'usr/share/debootstrap') };
  await run('sh', [join(own, 'usr/sbin/debootstrap'), '--variant=minbase', suite, root, archive], { env });
}

/** Runs a command in the clean root, which has nothing of ours but what was installed; what it said. */
async function within(...words: readonly string[]): Promise<string> {
  const chroot = ['-m', '--propagation', 'private', 'sh', '-c', inRoot, 'sh', root, ...words];
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    OLD: password,
    NEW: password,
  };
  const { stdout } = await run('unshare', chroot, { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Between two servers beside the root, whose loopback is this machine's. */
async function firstMove(): Promise<void> {
  const ann = { name: 'ann', password };
  await using source = await startDovecot({ users: [ann] });
  await using target = await startDovecot({ users: [ann] });
  await seedAccount(source, ann, awkwardAccount(3));
  const [from = '', to = ''] = [source, target].map(({ port }) => `imap+plain://ann@127.0.0.1:${port}`);
  const secrets = ['--source-secret', 'env:OLD', '--target-secret', 'env:NEW'];
  await within('godwit', 'probe', from, '--secret', 'env:OLD');
  for (const verb of ['copy', 'copy', 'verify']) {
    // 3: some of this mail is odd on purpose, and Dovecot takes it in its own way, which is listed.
    await within('sh', '-c', '"$@" || [ $? = 3 ]', 'sh', 'godwit', verb, from, to, ...secrets);
  }
}
