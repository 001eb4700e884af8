/**
 * What is in the memory of a process that signs in is written to no disk when it is killed, however the machine and Node were told to:
 * no core, no report, no snapshot of the heap, and no inspector that would hand it out. A process without our precautions
 * shows each time that there would have been something to find.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './at-work.ts';
import { freshState, startGodwit, urlOf } from './godwit.ts';
import { politeServer } from './scripted-server.ts';
import { skipAloud } from './skip-aloud.ts';

const canary = 'canary-7a90-in-memory';
const ada = { name: 'ada', password: canary };
const corePattern = (await readFile('/proc/sys/kernel/core_pattern', 'latin1')).trim();

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-dumps-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** In `folder`, with every limit open that would keep cores from being written. */
function within(folder: string): readonly string[] {
  return ['sh', '-c', 'ulimit -c unlimited; cd "$0" && exec "$@"', folder];
}

/** `godwit copy` that has read its secrets and waits for a server that does not answer; what it was told stands in NODE_OPTIONS. */
async function signingIn(folder: string, nodeOptions = '') {
  const server = await politeServer((line) => /^\w+ (?:LOGIN|AUTHENTICATE) /.test(line));
  onTestFinished(() => server[Symbol.asyncDispose]());
  const state = await freshState();
  onTestFinished(() => state[Symbol.asyncDispose]());
  const end = { port: server.port, user: ada };
  const args = ['copy', urlOf(end), urlOf({ ...end, user: { ...ada, name: 'ben' } }), '--state', state.path];
  const secrets = ['--source-secret', 'env:A', '--target-secret', 'env:A'];
  const variables = { A: canary, NODE_OPTIONS: nodeOptions };
  const running = startGodwit([...args, ...secrets], variables, 60_000, within(folder));
  return { ...running, hasSignedIn: () => /LOGIN|AUTHENTICATE/.test(server.heard()) };
}

/** A process of Node that has the same in its memory, and none of our precautions. */
async function carelessNode(folder: string, nodeOptions = ''): Promise<ChildProcess> {
  const [file = '', ...rest] = within(folder);
  const script = 'globalThis.kept = [process.env.A]; console.log("ready"); setInterval(() => {}, 1e6)';
  const child = spawn(file, [...rest, process.execPath, '-e', script], {
    env: { ...process.env, A: canary, NODE_OPTIONS: nodeOptions },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('close', resolve));

async function filesWithCanary(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return names.filter((_, i) => files[i]?.includes(canary));
}

// Where cores go to a program or a folder of the machine nothing can be seen from here.
const coresComeHere = skipAloud(
  'core dumps',
  /^[\w.%-]+$/.test(corePattern) ? { ok: true } : { ok: false, why: `cores of this machine go to ${corePattern}` },
);

test.runIf(coresComeHere)(
  'no core is written when it breaks down, though the machine would have it',
  async () => {
    const theirs = await emptyFolder();
    const careless = await carelessNode(theirs);
    careless.kill('SIGABRT');
    await ended(careless);
    expect(await filesWithCanary(theirs)).toHaveLength(1);

    const ours = await emptyFolder();
    const { child, ended: over, hasSignedIn } = await signingIn(ours);
    await eventually(
      'it signs in',
      async () => hasSignedIn(),
      () => '',
    );
    expect(await readFile(`/proc/${child.pid}/limits`, 'utf8')).toMatch(/Max core file size +0 +0 /);
    child.kill('SIGABRT');
    expect((await over).signal).toBe('SIGABRT');
    expect(await readdir(ours)).toEqual([]);
  },
  120_000,
);

test('no report of Node is written, though NODE_OPTIONS asks for one at every occasion', async () => {
  const asked = '--report-on-signal --report-on-fatalerror --report-uncaught-exception --report-signal=SIGUSR2';
  const theirs = await emptyFolder();
  const careless = await carelessNode(theirs, asked);
  careless.kill('SIGUSR2');
  await eventually(
    'a report is there',
    async () => (await filesWithCanary(theirs)).length === 1,
    () => '',
  );

  const ours = await emptyFolder();
  const { child, ended: over, hasSignedIn } = await signingIn(ours, asked);
  await eventually(
    'it signs in',
    async () => hasSignedIn(),
    () => '',
  );
  child.kill('SIGUSR2');
  // Whether it died of that or not, what would have been written has been by the time it has ended.
  child.kill('SIGTERM');
  await over;
  expect(await readdir(ours)).toEqual([]);
}, 120_000);

test('a process that is told to write its heap to a file does not begin', async () => {
  const asked = '--heapsnapshot-signal=SIGUSR2';
  const theirs = await emptyFolder();
  const careless = await carelessNode(theirs, asked);
  careless.kill('SIGUSR2');
  await eventually(
    'a snapshot is there',
    async () => (await filesWithCanary(theirs)).length === 1,
    () => '',
  );

  for (const options of [asked, '--heapsnapshot_signal=SIGUSR2', '--heapsnapshot-near-heap-limit=1']) {
    const ours = await emptyFolder();
    const { ended: over, hasSignedIn } = await signingIn(ours, options);
    const { code, stderr } = await over;
    expect(code).toBe(2);
    expect(stderr).toContain('Take that out of NODE_OPTIONS');
    expect(hasSignedIn()).toBe(false);
    expect(await readdir(ours)).toEqual([]);
  }
}, 120_000);

test('no inspector is opened by the signal for it', async () => {
  const careless = await carelessNode(await emptyFolder());
  let said = '';
  careless.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  const since = performance.now();
  careless.kill('SIGUSR1');
  await eventually(
    'the inspector listens',
    async () => said.includes('Debugger listening'),
    () => said,
  );
  const took = performance.now() - since;
  // There is one port for it.
  careless.kill('SIGKILL');
  await ended(careless);

  const { child, ended: over, hasSignedIn } = await signingIn(await emptyFolder());
  await eventually(
    'it signs in',
    async () => hasSignedIn(),
    () => '',
  );
  child.kill('SIGUSR1');
  // It is a thread of its own that answers: much longer than it took there.
  await sleep(5 * took + 500);
  child.kill('SIGTERM');
  const { stderr } = await over;
  expect(stderr).not.toMatch(/debugger|inspector/i);
}, 120_000);
