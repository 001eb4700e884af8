import { describe, expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import type { EstateNow, WorkerState } from '#domain/estate-state.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { Programme, WorkOptions } from './world.ts';

const atWork = (id: string, more: Partial<WorkerState> = {}): WorkerState => ({
  id,
  host: 'ward-7',
  pid: 4711,
  role: 'worker',
  startedAt: new Date(0),
  silentMs: 100,
  isDraining: false,
  lacks: [],
  connections: 0,
  mailboxes: 3,
  ...more,
});

/** An estate with these at work; and who was drained. */
function estate(...workers: readonly WorkerState[]): MadeUp & { readonly drained: string[] } {
  const drained: string[] = [];
  const now = async (): Promise<EstateNow> => ({
    standings: [],
    waves: [],
    platforms: [],
    brake: null,
    waysHomeLate: [],
    interruptions: null,
    workers,
  });
  const programme = {
    who: 'operator ann',
    view: { now },
    workforce: { drain: async (id: string, who: string) => drained.push(`${id} by ${who}`) > 0 },
    [Symbol.asyncDispose]: async () => {},
  } as unknown as Programme;
  return { drained, config: '/nowhere/godwit.yaml', openProgramme: async () => programme };
}

describe('godwit worker', () => {
  test('works by what the estate says, on the database of the environment, until it is asked to go', async () => {
    const asked: WorkOptions[] = [];
    const made: MadeUp = {
      config: '/nowhere/godwit.yaml',
      async work(options) {
        asked.push(options);
        options.started({ host: '127.0.0.1', port: 8025 });
        return 'stopped';
      },
    };
    const { code, stderr } = await play(['worker', '--at-once', '16'], made);
    expect(code).toBe(0);
    expect(asked).toMatchObject([
      { settings: null, database: 'embedded', atOnce: 16, listen: { host: '127.0.0.1', port: 8025 } },
    ]);
    expect(stderr).toContain('http://127.0.0.1:8025/readyz');
    await play(['worker', '--listen', '[::1]:9000'], made);
    await play(['worker', '--listen', 'off'], made);
    expect(asked.slice(1)).toMatchObject([{ listen: { host: '::1', port: 9000 } }, { listen: null }]);
  });

  test('ends with one document, whether it was drained or could not begin', async () => {
    const config = '/nowhere/godwit.yaml';
    const drained = await play(['worker', '-o', 'json'], { config, work: async () => 'drained' });
    expect(JSON.parse(drained.stdout)).toEqual({ ended: 'drained' });
    const work = () => Promise.reject(fault('database.url.missing', { stateDir: '/nowhere' }));
    const failed = await play(['worker', '-o', 'json'], { config, work });
    expect(failed.code).toBe(2);
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'database.url.missing' } });
  });

  test('that is stopped before it has begun ends well', async () => {
    const interruption = new AbortController();
    const work = async (_: WorkOptions, signal: AbortSignal): Promise<'stopped'> => {
      interruption.abort('SIGTERM');
      return Promise.reject(signal.reason);
    };
    const played = play(['worker'], { config: '/nowhere/x', work, interruption: interruption.signal });
    expect(await played).toMatchObject({ code: 0 });
  });

  test.each([
    [['--listen', 'everywhere'], '--listen wants a host and a port'],
    [['--listen', 'host:99999'], '--listen wants a host and a port'],
    [['--at-once', 'many'], '--at-once wants a number'],
    [['--atonce', '3'], 'did you mean --at-once'],
  ])('refuses %j and says what is wanted', async (argv, says) => {
    const { code, stderr } = await play(['worker', ...argv], { config: '/nowhere/x' });
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});

describe('godwit worker drain', () => {
  test('sends the worker home whose id begins so', async () => {
    const made = estate(atWork('3f2a-1'), atWork('77aa-2'));
    const { code, stdout } = await play(['worker', 'drain', '3F2'], made);
    expect({ code, drained: made.drained }).toEqual({ code: 0, drained: ['3f2a-1 by operator ann'] });
    expect(stdout).toContain('3f2a-1 (ward-7, process 4711) goes once its switches are through');
  });

  test('says of a control plane that it leads on', async () => {
    const { stdout } = await play(['worker', 'drain', '3f'], estate(atWork('3f2a', { role: 'serve' })));
    expect(stdout).toContain('leads on until it is stopped');
  });

  test('drains nobody where it is not clear who is meant, and says who is there', async () => {
    const made = estate(atWork('3f2a-1'), atWork('3f2b-2'));
    expect((await play(['worker', 'drain', '3f2'], made)).stderr).toContain(
      '2 workers have an id that begins with 3f2',
    );
    const unknown = await play(['worker', 'drain', '9'], made);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('At work: 3f2a-1 (ward-7, process 4711), 3f2b-2');
    expect((await play(['worker', 'drain', ''], estate(atWork('3f2a')))).code).toBe(2);
    expect(made.drained).toEqual([]);
  });
});

test('godwit get workers names the secrets for want of which one takes nothing', async () => {
  const { stdout } = await play(['get', 'workers'], estate(atWork('3f2a-1', { lacks: ['env:PW', 'sealed:target/'] })));
  expect(stdout).toMatch(/^3f2a-1 .* lacks env:PW, sealed:target\/ *$/m);
});

test.each([
  ['a slip in its order', ['drian', '3f'], 'There is no command "worker drian"; did you mean worker drain?'],
  ['a slip behind a flag', ['--at-once', '3', 'drai'], 'did you mean worker drain?'],
  ['what is no slip, and may be a secret', ['postgres://u:canary@h/d'], 'an argument where none is expected'],
])('godwit worker refuses %s, and starts nothing', async (_, words, said) => {
  const { code, stderr } = await play(['worker', ...words], {
    config: '/nowhere/godwit.yaml',
    work: () => Promise.reject(new Error('it was started')),
  });
  expect(code).toBe(2);
  expect(stderr).toContain(said);
  expect(stderr).not.toContain('canary');
});
