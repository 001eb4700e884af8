/**
 * The package of Debian, built and installed into a root of its own, and its program run from there. Its units were NOT started anywhere:
 * they are read by systemd-analyze. `node tools/debian/clean-root.ts` does the same on a whole clean Debian.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, globSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { awkwardAccount } from '../../labs/awkward-folders.ts';
import { startDovecot } from '../../labs/dovecot.ts';
import { labAvailable } from '../../labs/namespace.ts';
import { seedAccount } from '../../labs/seed.ts';
import { skipAloud } from '../../labs/skip-aloud.ts';
import type { CopyReport } from '../../src/domain/report.ts';
import { packageDeb, versionOf } from '../package-deb.ts';
import { root as clone } from '../project.ts';
import { installedPackages, isNode, isPostgres } from '../shipped-packages.ts';
import { asInstalled, dpkgIn } from './scratch-root.ts';

const has = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));
const needs = (program: string) =>
  has(program) ? ({ ok: true } as const) : ({ ok: false, why: `there is no ${program} here` } as const);
const dpkg = needs('dpkg-deb');
const systemd = needs('systemd-analyze');
const groff = needs('groff');
const dovecot = await labAvailable('dovecot');
skipAloud('the package of Debian', dpkg);
skipAloud('a first move by the package', dovecot);
skipAloud('units as systemd reads them', systemd);
skipAloud('the man page as groff reads it', groff);

/** What systemd-analyze calls OK ends at 5.0; a unit of ours that comes above this has lost one of its locks. */
const exposureMost = 1.5;

let scratch = '';
let root = '';
let files: readonly string[] = [];

beforeAll(async () => {
  if (!dpkg.ok) return;
  scratch = await mkdtemp(join(tmpdir(), 'godwit-package-'));
  root = join(scratch, 'root');
  files = await packageDeb({ out: join(scratch, 'out'), compress: 'none' });
  await dpkgIn(root, '--install', ...files);
});

afterAll(async () => {
  if (scratch !== '') await rm(scratch, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(words: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = scratch): Promise<Ended> {
  const [file = '', ...args] = words;
  return new Promise((resolve) => {
    const options = { cwd, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: join(scratch, 'home'), ...env } };
    execFile(file, args, options, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

/** The installed program, with nothing else of ours on its PATH. */
const godwit = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  run([join(root, 'usr/bin/godwit'), ...words], env);

/** The same as /usr/bin/godwit, with this machine's files below, and cut off from every network. */
const atHome = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  run([...asInstalled(root), '/usr/bin/godwit', ...words], env);

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

describe.runIf(dpkg.ok)('the package', () => {
  test('installs into an empty root, starts nothing and enables nothing, and is as it was packed', async () => {
    expect(await dpkgIn(root, '--verify')).toBe('');
    const { stdout } = await run([
      'dpkg-query',
      `--admindir=${root}/var/lib/dpkg`,
      '-Wf',
      '${Package} ${db:Status-Status}\n',
    ]);
    expect(stdout).toBe('godwit installed\ngodwit-postgres installed\n');
    expect((await readdir(join(root, 'etc'))).toSorted()).toEqual(['godwit']);
    const scripts = await Promise.all(
      ['postinst', 'prerm', 'postrm'].map((name) => readFile(join(clone, 'deploy/debian', name), 'utf8')),
    );
    expect(scripts.join('\n')).not.toMatch(/systemctl (?:start|enable|restart)\b/);
  });

  test('holds what package-lock.json names for running, and nothing of development', () => {
    const held = globSync('**/node_modules/{@*/*,[!@.]*}/package.json', { cwd: join(root, 'usr/lib/godwit') });
    const named = installedPackages().filter((each) => !isNode(each));
    expect(held.map((path) => path.replace(/\/package\.json$/, '')).toSorted()).toEqual(named.map(({ path }) => path));
    const links = globSync('usr/**/*', { cwd: root, withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((link) => readlinkSync(join(link.parentPath, link.name)).startsWith('/'))).toEqual([]);
    expect(existsSync(join(root, 'usr/lib/godwit/node_modules/vitest'))).toBe(false);
    expect(globSync('**/*.test.*', { cwd: join(root, 'usr/lib/godwit') })).toEqual([]);
    expect(named.filter(isPostgres)).toHaveLength(1);
  });

  test('is the same, octet for octet, when it is made again', async () => {
    const again = await packageDeb({ out: join(scratch, 'again'), compress: 'none', only: 'godwit' });
    expect(await digestOf(again[0] as string)).toBe(await digestOf(files[0] as string));
  });

  test('runs by its own Node, wherever it was unpacked, and keeps nothing below /usr', async () => {
    const { stdout, code } = await godwit(['--version']);
    expect([code, stdout.trim()]).toEqual([0, (await versionOf()).replace('~', '-')]);
    expect(await dpkgIn(root, '--verify')).toBe('');
    expect(globSync('**/.cache', { cwd: join(root, 'usr/lib/godwit') })).toEqual([]);
    expect(existsSync(join(scratch, 'home/.cache/godwit'))).toBe(true);
  });

  test('starts Node as a clone does', async () => {
    const flags = (text: string): readonly string[] =>
      [...text.matchAll(/--single-threaded-gc.*?(?= "\$home)|^export MALLOC.*$/gm)].map(([line]) => line);
    const ours = flags(await readFile(join(clone, 'deploy/debian/launcher'), 'utf8'));
    expect(ours).toHaveLength(2);
    expect(ours).toEqual(flags(await readFile(join(clone, 'godwit'), 'utf8')));
  });

  test('brings settings that are in order, and says what they lack', async () => {
    const { code, stdout } = await godwit(['init', '--check', '--config', join(root, 'etc/godwit/godwit.yaml')]);
    expect(code).toBe(0);
    expect(stdout).toContain('a PostgreSQL server of yours');
  });

  test('demo and test are said to come with the source', async () => {
    for (const word of ['demo', 'test']) {
      const { code, stderr } = await godwit([word]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('come with the source')]);
    }
  });

  test('a PostgreSQL of its own is the other package, which needs no network; without it one is told what is lacking', async () => {
    const state = await mkdtemp(join(tmpdir(), 'godwit-package-state-'));
    const env = { GODWIT_STATE: state, GODWIT_CONFIG: join(scratch, 'none.yaml') };
    const info = await atHome(['db', 'info'], env);
    expect([info.code, info.stdout]).toEqual([0, expect.stringContaining('which Godwit runs itself')]);
    await dpkgIn(root, '--remove', 'godwit-postgres');
    const without = await godwit(['db', 'info'], env);
    expect(without.code).toBe(5);
    expect(without.stderr).toContain('godwit-postgres');
    await rm(state, { recursive: true, force: true });
  });

  test('where a machine serves an estate, its commands speak of that one, unless another is named', async () => {
    const etc = join(root, 'etc/godwit');
    const state = { GODWIT_STATE: join(scratch, 'state') };
    await writeFile(
      join(etc, 'environment'),
      'DATABASE_URL="postgresql://someone@127.0.0.1:9/x?sslmode=disable&application_name=y"\n',
    );
    const found = await atHome(['db', 'info'], state);
    expect([found.code, found.stderr]).toEqual([5, expect.stringContaining('127.0.0.1:9')]);
    const other = await atHome(['db', 'info'], { ...state, DATABASE_URL: 'postgresql://someone@127.0.0.1:10/x' });
    expect(other.stderr).toContain('127.0.0.1:10');
    await rm(join(etc, 'environment'));
  });

  test('and as root with what the service remembers, into which no command of root’s writes', async () => {
    const folder = '/var/lib/private/godwit';
    const home = join(scratch, 'home/.local/state/godwit');
    const env = { DATABASE_URL: 'postgresql://someone@127.0.0.1:9/x' };
    const config = join(root, 'etc/godwit/godwit.yaml');
    const asPacked = await readFile(config);
    onTestFinished(async () => {
      await writeFile(config, asPacked);
      await rm(join(root, folder), { recursive: true, force: true });
    });
    const side = (port: number) => `{ url: 'imap+plain://127.0.0.1:${port}', secret: env:PW }`;
    await writeFile(config, `source: ${side(9)}\ntarget: ${side(10)}\n`);
    expect((await atHome(['doctor'], env)).stdout).toContain(home);
    await mkdir(join(root, folder), { recursive: true, mode: 0o700 });
    const found = await atHome(['doctor'], env);
    expect(found.stdout).toContain(folder);
    expect(found.stdout).not.toContain(home);
    expect((await atHome(['doctor'], { ...env, GODWIT_STATE: '/nowhere' })).stdout).toContain('/nowhere');
    const elsewhere = await atHome(['doctor', '--state', '/nowhere'], env);
    expect(elsewhere.stdout).not.toContain(folder);
    const ends = ['imap+plain://ann@127.0.0.1:9', 'imap+plain://ann@127.0.0.1:10'];
    const secrets = ['--source-secret', 'env:PW', '--target-secret', 'env:PW'];
    const copied = await atHome(['copy', ...ends, ...secrets], { ...env, PW: 'x', HOME: '/dev/null' });
    expect(copied.stdout).toContain('/dev/null/.local/state/godwit');
    expect(await readdir(join(root, folder))).toEqual([]);
  });

  test('brings completions to where shells look for them', async () => {
    const files = ['bash-completion/completions/godwit', 'zsh/vendor-completions/_godwit'];
    for (const file of [...files, 'fish/vendor_completions.d/godwit.fish'])
      expect(await readFile(join(root, 'usr/share', file), 'utf8')).toContain('godwit completion words --');
  });

  test('its man page tells of every command, and groff has nothing to complain of', async () => {
    const page = await run(['zcat', join(root, 'usr/share/man/man1/godwit.1.gz')]);
    for (const command of ['copy', 'wave start', 'mailbox accept', 'tail burn\\-down'])
      expect(page.stdout).toContain(`.SS "godwit ${command.replaceAll('\\', '')}"`);
    if (!groff.ok) return;
    await writeFile(join(scratch, 'godwit.1'), page.stdout);
    const { stdout, stderr } = await run(['groff', '-K', 'utf8', '-man', '-Tutf8', '-ww', join(scratch, 'godwit.1')]);
    expect(stderr).toBe('');
    expect(stdout).toContain('--source-secret');
  });

  test.runIf(dovecot.ok)(
    'makes a first move between two servers, and the second time there is nothing to do',
    async () => {
      const ann = { name: 'ann', password: 'correct horse' };
      await using source = await startDovecot({ users: [ann] });
      await using target = await startDovecot({ users: [ann] });
      await seedAccount(source, ann, awkwardAccount(3));
      const ends = [source, target].map(({ port }) => `imap+plain://ann@127.0.0.1:${port}`);
      const words = ['copy', ...ends, '--source-secret', 'env:OLD', '--target-secret', 'env:NEW', '-o', 'json'];
      const env = { OLD: ann.password, NEW: ann.password, GODWIT_STATE: join(scratch, 'moved') };
      const first = JSON.parse((await godwit(words, env)).stdout) as CopyReport;
      expect(first.mailboxes[0]?.copied).toBeGreaterThan(100);
      const second = JSON.parse((await godwit(words, env)).stdout) as CopyReport;
      expect(second.mailboxes[0]?.copied).toBe(0);
      expect(await dpkgIn(root, '--verify')).toBe('');
    },
  );
});

describe.runIf(dpkg.ok)('the units', () => {
  const units = globSync('deploy/systemd/*.service', { cwd: clone }).toSorted();
  const text = (unit: string): Promise<string> => readFile(join(clone, unit), 'utf8');

  test('are locked alike', async () => {
    const locks = await Promise.all(units.map(async (unit) => /^NoNewPrivileges[^[]*/m.exec(await text(unit))?.[0]));
    expect(locks[0]).toContain('ProtectSystem=strict');
    expect(new Set(locks).size).toBe(1);
    const users = await Promise.all(
      units.map(async (unit) => /^DynamicUser[^]*?^EnvironmentFile.*$/m.exec(await text(unit))?.[0]),
    );
    expect(users[0]).toContain('LoadCredential=key:/etc/godwit/key');
    expect(new Set(users).size).toBe(1);
  });

  test('start commands that there are', async () => {
    for (const unit of units) {
      const [, command = ''] = /^ExecStart=\/usr\/bin\/godwit (.*)$/m.exec(await text(unit)) ?? [];
      expect((await godwit([...command.split(' '), '--help'])).code).toBe(0);
    }
  });

  test.runIf(systemd.ok)('are right to systemd-analyze verify', async () => {
    const folder = await mkdtemp(join(scratch, 'units-'));
    for (const unit of units) {
      const there = (await text(unit)).replaceAll('/usr/bin/godwit', join(root, 'usr/bin/godwit'));
      await writeFile(join(folder, unit.replace('deploy/systemd/', '')), there);
    }
    await symlink('godwit-worker@.service', join(folder, 'godwit-worker@1.service'));
    const names = ['godwit.service', 'godwit-worker@1.service', 'godwit-coexist.service'];
    const { code, stdout, stderr } = await run(['systemd-analyze', 'verify', '--man=no', ...names], {}, folder);
    expect([code, stdout + stderr]).toEqual([0, '']);
  });

  test.runIf(systemd.ok).each(units)(
    `%s is exposed to ${exposureMost} at most, as systemd-analyze counts`,
    async (unit) => {
      const threshold = ['--offline=true', `--threshold=${exposureMost * 10}`];
      const { code, stdout } = await run(['systemd-analyze', 'security', ...threshold, join(clone, unit)]);
      expect([code, stdout.split('\n').at(-2)]).toEqual([0, expect.stringContaining('Overall exposure level')]);
    },
  );
});

// The last, since it leaves nothing to be looked at.
test.runIf(dpkg.ok)('taken away and purged, it leaves the key and what an estate remembers, and says so', async () => {
  await writeFile(join(root, 'etc/godwit/key'), 'a key');
  await mkdir(join(root, 'var/lib/private/godwit'), { recursive: true });
  const said = await dpkgIn(root, '--purge', 'godwit');
  expect(said).toContain('/etc/godwit/key is left');
  expect(said).toContain('/var/lib/private/godwit is left');
  expect(await readdir(join(root, 'etc/godwit'))).toEqual(['key']);
  expect(existsSync(join(root, 'usr/lib/godwit'))).toBe(false);
});
