/** The bundle, and what starts it: made of small projects in throw-away folders, and once of ourselves. */

import { execFile } from 'node:child_process';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Manifest } from '../src/app/start.ts';
import { testDatabase } from '../src/store/test-database.ts';
import { bundle } from './bundle.ts';
import { root } from './project.ts';

/** The file systems that tests run on count finer than this. */
const settledMs = 50;

let home: string;

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'godwit-bundle-')));
  await copied('src/app/start.ts', 'tools/bundle.ts', 'tools/project.ts', 'package.json', 'package-lock.json');
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
  await write('src/lib/word.ts', "export const word: string = 'one';\n");
  await write(
    'src/app/main.ts',
    [
      "import { word } from '#lib/word.ts';",
      "const origin = import.meta.url.includes('/dist/') ? 'bundle' : 'source';",
      'console.log(`${word} from ${origin}`);',
      "process.exit(process.argv[2] === 'lazily' ? (await import('./lazily.ts')).code : 3);",
    ].join('\n'),
  );
  await write('src/app/lazily.ts', "import { word } from '#lib/word.ts';\nexport const code = word.length + 1;\n");
  // A rebuild was just asked for, so that the tests decide when there is one.
  await write('dist/app.asked', '');
});

afterEach(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

async function copied(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await cp(join(root, path), join(home, path), { recursive: true });
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(home, path, '..'), { recursive: true });
  await writeFile(join(home, path), text);
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(home, file), ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** A line of the log begins with the time of day, and a table says how long it took. */
function withoutTime({ code, stdout, stderr }: Ended): Ended {
  const blanked = (text: string) => text.replace(/^\d\d:\d\d:\d\d |\b\d+\.\d s\b/gm, '');
  return { code, stdout: blanked(stdout), stderr: blanked(stderr) };
}

const start = (...args: readonly string[]) => run('src/app/start.ts', args);

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(home, 'dist/app.json'), 'utf8')) as Manifest;
}

test('without a bundle Godwit starts out of its source, and with one out of that', async () => {
  expect(await start()).toEqual({ code: 3, stdout: 'one from source\n', stderr: '' });
  await bundle(home, settledMs);
  expect(await start()).toEqual({ code: 3, stdout: 'one from bundle\n', stderr: '' });
  expect((await start('lazily')).code).toBe(4);
});

test('a source that was changed is what runs, even when its size and its time are as they were', async () => {
  const path = join(home, 'src/lib/word.ts');
  const time = new Date('2026-01-01T00:00:00Z');
  await utimes(path, time, time);
  await bundle(home, settledMs);
  await writeFile(path, "export const word: string = 'two';\n");
  await utimes(path, time, time);
  expect((await start()).stdout).toBe('two from source\n');
});

test('a source that another one was moved over is what runs', async () => {
  await write('src/lib/other.ts', "export const word: string = 'two';\n");
  await bundle(home, settledMs);
  await rename(join(home, 'src/lib/other.ts'), join(home, 'src/lib/word.ts'));
  expect((await start()).stdout).toBe('two from source\n');
});

test('a source that was removed is missed, as it would be without a bundle', async () => {
  await bundle(home, settledMs);
  await rm(join(home, 'src/lib/word.ts'));
  expect((await start()).stderr).toContain('ERR_MODULE_NOT_FOUND');
});

test('other versions of the packages are another bundle', async () => {
  await bundle(home, settledMs);
  await write('package-lock.json', '{}');
  expect((await start()).stdout).toBe('one from source\n');
});

test('a source that is written to while the bundle is made is in it as it was written last', async () => {
  const made = bundle(home, settledMs);
  // For longer than one bundle takes to make.
  for (let times = 1; times <= 50; times++) {
    await write('src/lib/draft', `export const word: string = '${times} times';\n`);
    await rename(join(home, 'src/lib/draft'), join(home, 'src/lib/word.ts'));
    await sleep(10);
  }
  await made;
  expect((await start()).stdout).toBe('50 times from bundle\n');
});

test.each(['', '{', 'null', '[]', '{"main":"src/app/main.ts"}', '{"main":"dist/app-x/main.js","files":[]}'])(
  'a manifest that reads %j is none',
  async (text) => {
    await bundle(home, settledMs);
    await write('dist/app.json', text);
    expect(await start()).toEqual({ code: 3, stdout: 'one from source\n', stderr: '' });
  },
);

test('a bundle that is torn or misses a file is not started', async () => {
  const { main } = await bundle(home, settledMs);
  await truncate(join(home, main), 10);
  expect((await start()).stdout).toBe('one from source\n');
  await rm(join(home, main));
  expect((await start()).stdout).toBe('one from source\n');
  const again = await bundle(home, settledMs);
  const lazy = again.files.map(([path]) => path).find((path) => /dist.*lazily/.test(path)) as string;
  await rm(join(home, lazy));
  expect(await start('lazily')).toMatchObject({ code: 4, stdout: 'one from source\n' });
});

test('a start out of the source has a new bundle made for the next one, and says nothing of it', async () => {
  await rm(join(home, 'dist'), { recursive: true });
  expect(await start()).toEqual({ code: 3, stdout: 'one from source\n', stderr: '' });
  await vi.waitFor(manifest, { timeout: 40_000, interval: 100 });
  expect((await start()).stdout).toBe('one from bundle\n');
});

test('where nothing can be written Godwit starts out of its source without a word', async () => {
  await rm(join(home, 'dist'), { recursive: true });
  await writeFile(join(home, 'dist'), 'in the way');
  expect(await start()).toEqual({ code: 3, stdout: 'one from source\n', stderr: '' });
  await expect(bundle(home, settledMs)).rejects.toThrow(/EEXIST|ENOTDIR/);
});

test('where the bundler is not installed Godwit starts out of its source without a word', async () => {
  await rm(join(home, 'node_modules'));
  await rm(join(home, 'dist'), { recursive: true });
  expect(await start()).toEqual({ code: 3, stdout: 'one from source\n', stderr: '' });
  expect(await readdir(home)).not.toContain('dist');
});

test('two bundles made at once are both whole, and whoever starts meanwhile starts', async () => {
  const made = Promise.all([bundle(home, settledMs), bundle(home, settledMs)]);
  const started = [await start(), await start(), await start()];
  expect(started.map(({ code }) => code)).toEqual([3, 3, 3]);
  const [a, b] = await made;
  expect(a.main).not.toBe(b.main);
  expect([a, b]).toContainEqual(await manifest());
  for (const one of [a, b]) {
    await write('dist/app.json', JSON.stringify(one));
    expect((await start()).stdout).toBe('one from bundle\n');
  }
});

test('of the bundles made before the newest are kept, for those who run them', async () => {
  for (let made = 0; made < 25; made++) await mkdir(join(home, `dist/app-${made}`), { recursive: true });
  await bundle(home, settledMs);
  await bundle(home, settledMs);
  expect((await readdir(join(home, 'dist'))).filter((name) => name.startsWith('app-'))).toHaveLength(21);
});

test('a part that would wait for the entry to end is refused', async () => {
  await write('src/app/lazily.ts', "import { shared } from './main.ts';\nexport const code = shared();\n");
  await write(
    'src/app/main.ts',
    "export const shared = () => process.argv.length;\nprocess.exit((await import('./lazily.ts')).code);\n",
  );
  await expect(bundle(home, settledMs)).rejects.toThrow('would wait for itself');
  await expect(manifest()).rejects.toThrow('ENOENT');
});

test('an error is told with its place in the source', async () => {
  await write(
    'src/lib/word.ts',
    "\n\nexport const word = fail('this');\n\nfunction fail(what: string): string {\n  throw new Error(what);\n}\n",
  );
  await bundle(home, settledMs);
  const { stderr } = await start();
  expect(stderr).toContain(`Error: this\n    at fail (file://${home}/src/lib/word.ts:6:`);
});

test('Godwit says the same and ends the same out of its bundle and out of its source', async () => {
  await copied('src');
  const { files } = await bundle(home, settledMs);
  expect(files.length).toBeGreaterThan(100);
  const sides = ['imap+plain://a@127.0.0.1:1', 'imap+plain://b@127.0.0.1:1'];
  const signIn = ['--source-secret', 'env:OLD', '--target-secret', 'env:NEW', '--state', join(home, 'state')];
  const lines = [
    ['--help'],
    ['--version'],
    ['copy', '--help'],
    ['demo', '--help'],
    ['cpoy'],
    ['copy'],
    ['copy', ...sides],
    ['copy', ...sides, ...signIn, '-q'],
    ['copy', '--accounts', join(home, 'none.csv'), '-o', 'json'],
    ['verify', ...sides, ...signIn],
    ['probe', sides[0] as string, '-o', 'json'],
  ];
  for (const line of lines) {
    const env = { OLD: 'x', NEW: 'y' };
    // One after the other: they share the folder of the state.
    const bundled = await run('src/app/start.ts', line, env);
    const plain = await run('src/app/main.ts', line, env);
    expect({ line, ...withoutTime(bundled) }).toEqual({ line, ...withoutTime(plain) });
  }
  expect(await start('--version')).toMatchObject({ code: 0 });
  await using db = await testDatabase({ bare: true });
  const lacks = await run('src/app/start.ts', ['db', 'plan'], { DATABASE_URL: db.url, GODWIT_STATE: home });
  expect(lacks.stdout).toContain('create table mailbox');
});
