import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CopyReport } from '#domain/report.ts';

const main = join(import.meta.dirname, 'main.ts');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-main-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(
  argv: readonly string[],
  nodeFlags: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GODWIT_|VITEST|NODE_OPTIONS)/.test(name));
  const env = { ...Object.fromEntries(inherited), SECRET: 'secret', XDG_STATE_HOME: folder, ...more };
  const child: ChildProcess = spawn(process.execPath, [...nodeFlags, main, ...argv], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  return { child, ended };
}

/** A server that lets clients connect and never says a word. */
async function silentServer(): Promise<{
  readonly server: Server;
  readonly port: number;
  readonly met: Promise<Socket>;
}> {
  const server = createServer();
  const met = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port, met };
}

function copyArgv(port: number, scheme = 'imap+plain'): readonly string[] {
  const url = (user: string) => `${scheme}://${user}@127.0.0.1:${port}`;
  return ['copy', url('a'), url('b'), '--source-secret', 'env:SECRET', '--target-secret', 'env:SECRET', '-o', 'json'];
}

describe('the process', () => {
  test('Ctrl-C and SIGTERM stop it cleanly: a report, and exit code 5', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { server, port, met } = await silentServer();
      const { child, ended } = start(copyArgv(port));
      const socket = await met;
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      socket.destroy();
      server.close();
      expect([signal, code]).toEqual([signal, 5]);
      expect((JSON.parse(stdout) as CopyReport).mailboxes.map((mailbox) => mailbox.fault?.code)).toEqual([
        'interrupted',
      ]);
      expect(stderr).toContain(`${signal}: stopping cleanly; once more stops at once`);
    }
  });

  test('a copy under nohup outlives its terminal', async () => {
    const { server, port, met } = await silentServer();
    const { child, ended } = start(copyArgv(port));
    const socket = await met;
    child.kill('SIGHUP');
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    socket.destroy();
    server.close();
    expect([code, stderr.match(/SIG\w+: stopping cleanly/g)]).toEqual([5, ['SIGTERM: stopping cleanly']]);
  });

  test('two copies of one mailbox do not run side by side, also where they sign in by different schemes', async () => {
    const { server, port, met } = await silentServer();
    const both = ['imap+plain', 'imap'].map((scheme) => start(copyArgv(port, scheme)));
    const socket = await met;
    // Whichever came second; the other waits for a server that says nothing.
    const { code, stdout } = await Promise.race(both.map(({ ended }) => ended));
    for (const { child } of both) child.kill('SIGKILL');
    socket.destroy();
    server.close();
    const [mailbox] = (JSON.parse(stdout) as CopyReport).mailboxes;
    expect([code, mailbox?.fault?.code]).toEqual([5, 'ledger.in-use']);
    expect(mailbox?.fault?.message).toContain(`a@127.0.0.1:${port} → b@127.0.0.1:${port} is being copied`);
  });

  test('what is wrong with the command line is told with exit code 2, before anything is loaded or written', async () => {
    const { code, stdout, stderr } = await start(['copy', 'imaps://a:hunter2@h', 'imaps://b@h', '-o', 'json']).ended;
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ mailboxes: [], error: { code: 'usage' } });
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('an unknown setting of the surroundings stops the start, and help is still given', async () => {
    const typo = { GODWIT_STAT: '/x' };
    const refused = await start(copyArgv(1), [], typo).ended;
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('did you mean GODWIT_STATE?')]);
    expect((await start(['--help'], [], typo).ended).code).toBe(0);
  });

  test('a reader of its words who leaves early is no fault', async () => {
    const { child, ended } = start(['--help']);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('--version is that of package.json', async () => {
    expect(await start(['--version']).ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  test('help loads neither the engine nor a library that only some commands need', async () => {
    const listing = `data:text/javascript,${encodeURIComponent(
      "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { if (url.startsWith('file:')) console.error(url); return next(url, context); } });",
    )}`;
    const { stderr } = await start(['copy', '--help'], ['--import', listing]).ended;
    const loaded = stderr
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('file:'));
    expect(loaded.some((url) => url.includes('@stricli/core'))).toBe(true);
    for (const heavy of [
      'csv-parse',
      'pino',
      'clack',
      'typebox',
      'jose',
      'openid-client',
      'nodemailer',
      'smtp-server',
      'ldapts',
      '/connectors/',
      '/doors/',
      '/sync/',
      '/ledger-file/',
      '/labs/',
    ]) {
      expect(loaded.filter((url) => url.includes(heavy))).toEqual([]);
    }
    expect(loaded.length).toBeLessThan(70);
  });
});
