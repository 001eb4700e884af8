/**
 * Debian packages without installing them: fetched by apt with the libraries this machine lacks, and unpacked side by
 * side (`dpkg-deb -x`) into a cache folder, one tree per server. Nothing of the system is changed, no daemon is started,
 * and packages that exclude each other (dovecot-imapd and cyrus-imapd) can both be had. `namespace.ts` runs what is in
 * a tree.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What to ask apt for. Names that are installed already are fetched too: a tree must hold its server whole. */
export const trees = {
  dovecot: ['dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd', 'dovecot-pop3d', 'dovecot-submissiond'],
  // A proxy that asks PostgreSQL itself.
  'dovecot-pgsql': ['dovecot-core', 'dovecot-imapd', 'dovecot-pop3d', 'dovecot-submissiond', 'dovecot-pgsql'],
  cyrus: ['cyrus-common', 'cyrus-imapd', 'sasl2-bin', 'libsasl2-modules', 'libsasl2-modules-db'],
  // What stands between both sides while people move. Postfix asks PostgreSQL by a module that is a package of its own.
  postfix: ['postfix', 'postfix-pgsql'],
  nginx: ['nginx', 'libnginx-mod-mail', 'libnginx-mod-stream'],
  openldap: ['slapd'],
  // An operator's own, with the programs that dump and restore.
  postgresql: ['postgresql-15', 'postgresql-client-15', 'libpq5'],
  // Reads our alarms as an operator's would (promtool).
  prometheus: ['prometheus'],
  // Shells that finish a line of ours (docs/completion.md).
  zsh: ['zsh', 'zsh-common'],
  fish: ['fish', 'fish-common'],
  // The tools that `bench/` compares us with.
  isync: ['isync'],
  interimap: ['interimap'],
} as const;

export type TreeName = keyof typeof trees;

/** Dependencies that Debian's policy asks for and our processes never touch. */
const unneeded = /^(exim4|default-mta|mail-transport-agent|ssl-cert|adduser|ucf|debconf)/;

const projectRoot = join(import.meta.dirname, '..');
/** Where trees are kept: `.scratch/packages` in the project, or GODWIT_LAB_PACKAGES. */
export const packagesFolder = process.env['GODWIT_LAB_PACKAGES'] ?? join(projectRoot, '.scratch', 'packages');

/** Something a lab needs cannot be had here; the message says what and why, fit to be shown beside a skipped test. */
export class NotToBeHad extends Error {
  override readonly name = 'NotToBeHad';
}

/**
 * The folder of an unpacked tree (it holds `usr/`, `etc/` …), fetched when it is not there yet. Two processes at once do
 * no harm: each unpacks into a folder of its own and the first to finish gives it the lasting name.
 * Throws `NotToBeHad`.
 */
export async function unpacked(name: TreeName): Promise<string> {
  const tree = join(packagesFolder, treeFolder(name));
  if (await exists(tree)) return tree;
  for (const tool of ['apt-get', 'dpkg-deb']) {
    if (!(await onPath(tool)))
      throw new NotToBeHad(`${name} comes from Debian's packages, and there is no ${tool} here`);
  }
  await mkdir(packagesFolder, { recursive: true });
  const work = await mkdtemp(join(packagesFolder, `.${name}-`));
  try {
    await fetchAndUnpack(name, work);
    await rename(join(work, 'tree'), tree).catch(async (cause: unknown) => {
      if (!(await exists(tree))) throw cause;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return tree;
}

/** What a tree is made of is part of its name: one that was fetched for a shorter list must not pass for this one. */
function treeFolder(name: TreeName): string {
  const digest = createHash('sha256').update(trees[name].join(' ')).digest('hex').slice(0, 8);
  return `${name}-${process.arch}-${digest}`;
}

async function fetchAndUnpack(name: TreeName, work: string): Promise<void> {
  const wanted = trees[name];
  const { options, listed } = await resolve(wanted, work);
  const names = [...new Set([...wanted, ...listed.filter((each) => !unneeded.test(each))])];
  const downloads = join(work, 'debs');
  await mkdir(downloads);
  await run('apt-get', [...options, '--quiet', 'download', ...names], { cwd: downloads }).catch((cause: unknown) => {
    throw new NotToBeHad(`apt-get could not download ${names.join(', ')}: ${lastLine(cause)}`, { cause });
  });
  for (const file of await readdir(downloads)) {
    if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(downloads, file), join(work, 'tree')]);
  }
  // Some packages still ship /lib and /bin; only usr/ is laid over the system's.
  for (const part of ['lib', 'bin', 'sbin']) {
    const odd = join(work, 'tree', part);
    if (await exists(odd)) await cp(odd, join(work, 'tree', 'usr', part), { recursive: true, verbatimSymlinks: true });
  }
}

/**
 * What is missing here, by package name. Asks the system's package lists first; where they are empty or too old (a bare
 * image), fetches lists of our own beside the trees, which needs no root.
 */
async function resolve(
  wanted: readonly string[],
  work: string,
): Promise<{ readonly options: readonly string[]; readonly listed: readonly string[] }> {
  const ours = join(packagesFolder, 'apt');
  const plain = ['-o', 'APT::Sandbox::User=root', '-o', 'Debug::NoLocking=true'];
  const own = [
    ...plain,
    '-o',
    `Dir::State=${join(ours, 'state')}`,
    '-o',
    `Dir::Cache=${join(ours, 'cache')}`,
    '-o',
    'Dir::State::status=/var/lib/dpkg/status',
  ];
  const ask = async (options: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await run('apt-get', [
      ...options,
      'install',
      '--simulate',
      '--yes',
      '--no-install-recommends',
      ...wanted,
    ]);
    // `Inst name (version source [arch])`. Not --print-uris, which leaves out what lies in apt's cache already.
    return [...stdout.matchAll(/^Inst ([^\s:]+)/gm)].map((match) => match[1] as string);
  };
  try {
    const listed = await ask(plain);
    await run('apt-get', [...plain, '--quiet', '--print-uris', 'download', ...wanted], { cwd: work });
    return { options: plain, listed };
  } catch {
    await mkdir(join(ours, 'state', 'lists', 'partial'), { recursive: true });
    await mkdir(join(ours, 'cache', 'archives', 'partial'), { recursive: true });
    try {
      await run('apt-get', [...own, '--quiet', 'update']);
      return { options: own, listed: await ask(own) };
    } catch (cause) {
      throw new NotToBeHad(`apt-get finds no ${wanted.join(', ')} (no network, or not Debian?): ${lastLine(cause)}`, {
        cause,
      });
    }
  }
}

async function onPath(tool: string): Promise<boolean> {
  return run('sh', ['-c', 'command -v "$1"', 'sh', tool]).then(
    () => true,
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The last line a failed program said, or its error's message. */
export function lastLine(cause: unknown): string {
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : '';
  return said.trim().split('\n').at(-1) || (cause instanceof Error ? cause.message : String(cause));
}
