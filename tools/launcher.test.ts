/** The launcher `./godwit`, played in throw-away folders with an npm and a Node of our own that only say what they were asked. */

import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from './project.ts';

const bundled = `node_modules/node-linux-${process.arch}/bin/node`;
/** Stands for the Node that npm brings: keeps its own options, prints the rest one per line, and ends as Godwit would. */
const fakeNode =
  '#!/bin/sh\nwhile case $1 in --*) : ;; *) false ;; esac; do shift; done\nfor a in "$@"; do printf "<%s>\\n" "$a"; done\nexit "${FAKE_EXIT-0}"\n';

let place: string;
let home: string;
let bin: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'godwit-launcher-'));
  home = join(place, 'clone with blanks');
  bin = join(place, 'bin');
  await mkdir(home);
  await mkdir(bin);
  await copyFile(join(root, 'godwit'), join(home, 'godwit'));
  await writeFile(join(home, 'package-lock.json'), '{}');
  await program('node', 'exit 0');
  await program(
    'npm',
    [
      'echo ran >> "$PLACE/npm-runs"',
      'sleep 0.3',
      `mkdir -p ${bundled.replace('/bin/node', '/bin')}`,
      'cp "$PLACE/fake-node" ' + bundled,
      'echo {} > node_modules/.package-lock.json',
    ].join('\n'),
  );
  await writeFile(join(place, 'fake-node'), fakeNode, { mode: 0o755 });
});

afterEach(() => rm(place, { recursive: true, force: true }));

async function program(name: string, body: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(bin, name), 0o755);
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Start {
  readonly path?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function start(command: string, args: readonly string[], { path, cwd, env }: Start = {}): Promise<Ended> {
  const system = ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
  return new Promise((resolve) => {
    const options = { cwd: cwd ?? home, env: { PATH: path ?? `${bin}${delimiter}${system}`, PLACE: place, ...env } };
    execFile('/bin/sh', [command, ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

async function install(): Promise<void> {
  expect((await start('./godwit', [])).code).toBe(0);
}

async function npmRuns(): Promise<number> {
  const runs = await readFile(join(place, 'npm-runs'), 'utf8').catch(() => '');
  return runs.split('\n').length - 1;
}

/** A PATH that holds these programs of the system and nothing else. */
async function pathWith(...names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(place, 'path-'));
  for (const name of names) await symlink(`/usr/bin/${name}`, join(folder, name));
  return folder;
}

test('a fresh clone installs itself once and starts', async () => {
  const first = await start('./godwit', ['copy']);
  expect(first).toMatchObject({ code: 0, stdout: `<${home}/src/app/start.ts>\n<copy>\n` });
  expect(first.stderr).toMatch(/installing the libraries[\s\S]*bundling Godwit/);
  expect((await start('./godwit', [])).stderr).toBe('');
  expect(await npmRuns()).toBe(1);
});

test('once installed it starts without any program of the system: nothing is forked', async () => {
  await install();
  const started = await start(join(home, 'godwit'), ['--help'], { path: '/nonexistent' });
  expect(started).toEqual({
    code: 0,
    stdout: `<${home}/src/app/start.ts>\n<--help>\n`,
    stderr: '',
  });
});

test('it is found through a chain of symbolic links, relative ones too', async () => {
  await install();
  await mkdir(join(place, 'a/b'), { recursive: true });
  await symlink('../../clone with blanks/godwit', join(place, 'a/b/second'));
  await symlink('b/second', join(place, 'a/first'));
  const started = await start('./first', [], { cwd: join(place, 'a') });
  expect(started.stdout).toMatch(/clone with blanks\/src\/app\/start\.ts>/);
});

test('arguments arrive as they were given and the exit code comes back', async () => {
  await install();
  const started = await start('./godwit', ['copy', 'two words', '', '*', '$HOME'], { env: { FAKE_EXIT: '3' } });
  expect(started.code).toBe(3);
  expect(started.stdout.split('\n').slice(1, -1)).toEqual(['<copy>', '<two words>', '<>', '<*>', '<$HOME>']);
});

test('./godwit test starts the tests', async () => {
  await install();
  expect((await start('./godwit', ['test', 'src'])).stdout).toBe(`<${home}/tools/test.ts>\n<src>\n`);
});

test('two that start at once in a fresh clone install once, and both start', async () => {
  const both = await Promise.all([start('./godwit', ['one']), start('./godwit', ['two'])]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(await npmRuns()).toBe(1);
});

test('without flock two at once install once as well', async () => {
  const tools = ['mkdir', 'rmdir', 'sleep', 'mktemp', 'cp', 'touch', 'rm', 'cmp', 'uname'];
  const path = `${bin}${delimiter}${await pathWith(...tools)}`;
  const both = await Promise.all([start('./godwit', ['one'], { path }), start('./godwit', ['two'], { path })]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(await npmRuns()).toBe(1);
});

test('a lock file that says something else is installed from, one whose time alone is new is not', async () => {
  await install();
  const lock = join(home, 'package-lock.json');
  const later = new Date(Date.now() + 60_000);
  await utimes(lock, later, later);
  await start('./godwit', []);
  expect(await npmRuns()).toBe(1);
  await writeFile(lock, '{"changed":true}');
  await utimes(lock, later, later);
  await start('./godwit', []);
  expect(await npmRuns()).toBe(2);
});

test('where it cannot be bundled it says so and starts all the same', async () => {
  await writeFile(join(place, 'fake-node'), '#!/bin/sh\ncase $1 in tools/*) exit 1 ;; esac\necho started\n');
  const ended = await start('./godwit', []);
  expect(ended).toMatchObject({ code: 0, stdout: 'started\n' });
  expect(ended.stderr).toContain('could not be bundled');
});

test('libraries that are another clone’s, by a link, are never installed over', async () => {
  await mkdir(join(place, 'theirs'));
  await symlink(join(place, 'theirs'), join(home, 'node_modules'));
  const ended = await start('./godwit', []);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/node_modules is a link[\s\S]*Remove the link/);
  expect(await npmRuns()).toBe(0);
});

test('without npm it says what to install', async () => {
  const ended = await start('./godwit', [], { path: await pathWith('id') });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/npm was not found[\s\S]*apt-get install nodejs npm/);
});

test('with npm but without node it says so', async () => {
  await rm(join(bin, 'node'));
  const ended = await start('./godwit', [], { path: `${bin}${delimiter}${await pathWith('id')}` });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('node, which it runs on, was not found');
});

test('without a network it says so, shows the words of npm, and the next start tries again', async () => {
  await program('npm', 'echo "npm error network request failed: getaddrinfo ENOTFOUND registry.example" >&2; exit 1');
  const ended = await start('./godwit', []);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('getaddrinfo ENOTFOUND');
  expect(ended.stderr).toContain('registry could not be reached');
  await program('npm', `mkdir -p node_modules; echo {} > node_modules/.package-lock.json`);
  expect((await start('./godwit', [])).stderr).toContain('installed.');
});

test('without a Node of its own it takes a new enough one from PATH and refuses an old one', async () => {
  await install();
  await rm(join(home, 'node_modules', `node-linux-${process.arch}`), { recursive: true });
  await program('node', 'case $1 in -e) exit 1 ;; --version) echo v20.1.0 ;; esac');
  const refused = await start('./godwit', []);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/v20\.1\.0: too old[\s\S]*24\.11 or newer/);
  await symlink(process.execPath, join(bin, 'new-node'));
  await rm(join(bin, 'node'));
  await symlink('new-node', join(bin, 'node'));
  await mkdir(join(home, 'src/app'), { recursive: true });
  await writeFile(join(home, 'src/app/start.ts'), "console.log('started');");
  expect((await start('./godwit', [])).stdout).toBe('started\n');
});

test('what Node compiled is kept for the next start', async () => {
  await install();
  await rm(join(home, bundled));
  await symlink(process.execPath, join(home, bundled));
  await mkdir(join(home, 'src/app'), { recursive: true });
  await writeFile(join(home, 'src/app/start.ts'), "export const kept = 'x';");
  await start('./godwit', []);
  expect((await stat(join(home, 'node_modules/.cache/godwit'))).isDirectory()).toBe(true);
});
