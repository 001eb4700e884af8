/**
 * Runs what is in an unpacked tree as if it were installed: in a private mount namespace, the tree's `usr/lib`,
 * `usr/bin`, `usr/sbin` and `usr/share` lie over the system's (servers have their module folders compiled in, so paths in
 * a configuration are not enough). Works as root, and without root where user namespaces are allowed. What is started dies
 * with us: PR_SET_PDEATHSIG is set last of all, since a change of credentials clears it.
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { lastLine, NotToBeHad, unpacked, type TreeName } from './packages.ts';

const run = promisify(execFile);

/** The user that lab servers and their mail belong to: exists everywhere and owns nothing. */
export const nobody = { name: 'nobody', group: 'nogroup', uid: 65534, gid: 65534 } as const;

const asRoot = process.getuid?.() === 0;

const script = `
tree=$1; accounts=$2; shift 2
cd "$tree" || exit 111
for part in lib bin sbin share; do
  if [ -d usr/$part ]; then mount -t overlay overlay -o "lowerdir=usr/$part:/usr/$part" /usr/$part || exit 111; fi
done
if [ -n "$accounts" ]; then
  for file in passwd group; do mount --bind "$accounts/$file" /etc/$file || exit 111; done
fi
cd / && ulimit -n "$(ulimit -Hn)"
exec "$@"`;

/**
 * The argument vector that runs `argv` over `tree`. The process that is spawned becomes `argv` itself (same pid). As root
 * it runs as root, for servers that change users themselves, or as `nobody`. `accounts` is a folder with a `passwd` and a
 * `group` that stand in for the system's, for servers that insist on users of their own.
 */
export function inside(
  tree: string,
  argv: readonly string[],
  as: 'starter' | 'nobody' = 'starter',
  accounts = '',
): readonly string[] {
  const user = asRoot && as === 'nobody' ? [`--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, '--clear-groups'] : [];
  const dieWithUs = ['setpriv', ...user, '--pdeathsig', 'TERM'];
  const namespace = asRoot
    ? ['unshare', '-m', '--propagation', 'private']
    : ['unshare', '-Urm', '--propagation', 'private'];
  // As mapped root a server would try setgroups and fail, so it runs as a mapped nobody in a second user namespace.
  const drop = asRoot ? [] : ['unshare', '-U', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`];
  return [...namespace, 'sh', '-c', script, 'sh', tree, accounts, ...drop, ...dieWithUs, ...argv];
}

/** Runs a program of a tree to its end; its standard output. Throws what `execFile` throws, with `stderr`. */
export async function runInside(
  tree: string,
  argv: readonly string[],
  as: 'starter' | 'nobody' = 'starter',
): Promise<string> {
  const [file, ...args] = inside(tree, argv, as);
  const { stdout } = await run(file as string, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

const proofs = {
  dovecot: ['/usr/sbin/dovecot', '--version'],
  'dovecot-pgsql': ['/usr/sbin/dovecot', '--version'],
  cyrus: ['/usr/lib/cyrus/bin/cyr_buildinfo'],
  // Its master refuses to run as anybody but root, and a user namespace has but one user to give.
  postfix: [
    '/bin/sh',
    '-c',
    '[ "$(id -u)" = 0 ] || { echo "it wants to be root" >&2; exit 1; }; /usr/sbin/postconf -d',
  ],
  nginx: ['/usr/sbin/nginx', '-v'],
  openldap: ['/bin/sh', '-c', '/usr/sbin/slapd -VV 2>&1 | grep OpenLDAP'],
  postgresql: ['/usr/lib/postgresql/15/bin/postgres', '--version'],
  prometheus: ['/usr/bin/promtool', '--version'],
  zsh: ['/usr/bin/zsh', '--version'],
  fish: ['/usr/bin/fish', '--version'],
  isync: ['/usr/bin/mbsync', '--version'],
  interimap: ['/bin/sh', '-c', 'command -v interimap'],
} as const satisfies Record<TreeName, readonly string[]>;

export type LabAvailable = { readonly ok: true } | { readonly ok: false; readonly why: string };

const known = new Map<TreeName, Promise<LabAvailable>>();

/** Whether a lab can run here, fetching its packages when needed; if not, `why` is fit to be shown beside a skipped test. */
export function labAvailable(name: TreeName): Promise<LabAvailable> {
  let answer = known.get(name);
  if (answer === undefined) {
    answer = find(name);
    known.set(name, answer);
  }
  return answer;
}

async function find(name: TreeName): Promise<LabAvailable> {
  try {
    const tree = await unpacked(name);
    const said = await runInside(tree, proofs[name]).catch((cause: unknown) => {
      throw new NotToBeHad(
        `${name} cannot be run here (${asRoot ? 'root without the right to mount' : 'neither root nor user namespaces'}?): ${lastLine(cause)}`,
        { cause },
      );
    });
    if (name === 'dovecot' && !said.startsWith('2.3.'))
      throw new NotToBeHad(`the lab speaks Dovecot 2.3, this is ${said.trim()}`);
    return { ok: true };
  } catch (cause) {
    if (cause instanceof NotToBeHad) return { ok: false, why: cause.message };
    throw cause;
  }
}
