import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import type { CopyReport } from '#domain/report.ts';
import { play, reportOf } from './made-up-world.ts';

const [from, to] = ['imaps://ann@old.example', 'imaps://ann@new.example'];
const environment = { OLD: 'old secret', NEW: 'new secret' };
const secrets = ['--source-secret', 'env:OLD', '--target-secret', 'env:NEW'];
const copy = async (...flags: string[]) => await play(['copy', from, to, ...secrets, ...flags], { environment });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-cli-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function file(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

describe('what is asked of the engine', () => {
  test('each side signs in with its own secret, and nothing is left out unless asked', async () => {
    const { code, orders } = await copy();
    expect(code).toBe(0);
    expect(orders).toHaveLength(1);
    expect(orders[0]).toMatchObject({
      source: {
        endpoint: { host: 'old.example' },
        signIn: { kind: 'password', user: 'ann', password: 'old secret', onBehalfOf: null },
        verify: true,
        ca: null,
      },
      target: { endpoint: { host: 'new.example' }, signIn: { password: 'new secret' }, verify: true },
      choices: {
        selection: { include: [], exclude: [], map: [], since: null, before: null, maxSizeBytes: null },
        delete: false,
        prove: 'sample',
        dryRun: false,
        followSeconds: null,
        retryRefused: false,
      },
      pace: null,
    });
  });

  test('every choice of the command line arrives', async () => {
    const flags = [
      '--include',
      'Work/**',
      '--include',
      '\\Sent',
      '--exclude',
      '\\Trash',
      '--map',
      'Old/Path=New',
      '--map',
      'a\\=b=c',
    ];
    const more = [
      '--since',
      '30d',
      '--before',
      '2024-05-31T12:00:00+02:00',
      '--max-size',
      '25M',
      '--delete',
      '--prove',
      'all',
      '--follow',
      '60s',
      '--retry-refused',
    ];
    const { orders, code } = await copy(...flags, ...more);
    expect(code).toBe(0);
    expect(orders[0]?.choices).toEqual({
      selection: {
        include: ['Work/**', '\\Sent'],
        exclude: ['\\Trash'],
        map: [
          { from: 'Old/Path', to: 'New' },
          { from: 'a=b', to: 'c' },
        ],
        since: Date.UTC(2024, 4, 2) / 1000,
        before: Date.UTC(2024, 4, 31, 10) / 1000,
        maxSizeBytes: 26_214_400,
      },
      delete: true,
      prove: 'all',
      dryRun: false,
      followSeconds: 60,
      retryRefused: true,
    });
  });

  test('a dry run opens the ledger to look only', async () => {
    expect((await copy('--dry-run')).engineOptions[0]).toMatchObject({ readOnly: true, stateDir: '/nowhere/state' });
    expect((await copy('--state', '/elsewhere')).engineOptions[0]).toMatchObject({
      readOnly: false,
      stateDir: '/elsewhere',
    });
  });

  test('an administrator signs in on behalf of the mailbox, with the secret of that side', async () => {
    const { orders } = await copy('--source-admin', 'root', '--admin-style', 'user*master');
    expect(orders[0]?.source.signIn).toEqual({
      kind: 'password',
      user: 'root',
      password: 'old secret',
      onBehalfOf: { mailbox: 'ann', style: 'user*master' },
    });
    expect(orders[0]?.target.signIn).toMatchObject({ user: 'ann', onBehalfOf: null });
  });

  test('with OAuth no secret is asked for', async () => {
    const { orders, asked } = await play(
      ['copy', from, to, '--source-oauth', 'google.json', '--target-secret', 'env:NEW'],
      { environment, typed: 'x' },
    );
    expect(orders[0]?.source.signIn).toEqual({ kind: 'oauth', user: 'ann', file: 'google.json' });
    expect(asked).toEqual([]);
  });

  test('a certificate is left unverified only on request, and the request shows', async () => {
    const { orders, stderr } = await copy('--target-no-verify', '-q');
    expect(orders[0]).toMatchObject({ source: { verify: true }, target: { verify: false } });
    expect(stderr).toContain('new.example is not verified');
    expect(stderr).not.toContain('old.example');
  });
});

describe('secrets', () => {
  test('a file gives its content without the line break at its end, and one that others can read is warned of', async () => {
    const safe = await file('safe.pw', 'pass word \n');
    const open = await file('open.pw', 'x\r\n', 0o644);
    const { orders, stderr } = await play([
      'copy',
      from,
      to,
      '--source-secret',
      `file:${safe}`,
      '--target-secret',
      `file:${open}`,
    ]);
    expect(orders[0]).toMatchObject({
      source: { signIn: { password: 'pass word ' } },
      target: { signIn: { password: 'x' } },
    });
    expect(stderr).toContain('open.pw');
    expect(stderr).not.toContain('safe.pw');
  });

  test('on a terminal what is missing is asked for, for each side', async () => {
    const { orders, asked } = await play(['copy', from, to], { typed: 'typed' });
    expect(asked).toEqual(['Password of imaps://ann@old.example', 'Password of imaps://ann@new.example']);
    expect(orders[0]).toMatchObject({
      source: { signIn: { password: 'typed' } },
      target: { signIn: { password: 'typed' } },
    });
  });

  test('whoever gives up at the question has stopped the command', async () => {
    const { code, orders, stdout } = await play(['copy', from, to, '-o', 'json'], { typed: null });
    expect([code, orders]).toEqual([5, []]);
    expect(JSON.parse(stdout)).toMatchObject({ mailboxes: [], error: { code: 'interrupted' } });
  });

  test('a secret on the command line itself is refused and not repeated', async () => {
    const { code, stderr, stdout, orders } = await play(
      ['copy', from, to, '--source-secret', 'hunter2', '--target-secret', 'env:NEW', '-o', 'json'],
      { environment },
    );
    expect(code).toBe(2);
    expect(stderr + stdout).not.toContain('hunter2');
    expect(orders).toEqual([]);
  });

  test('a password in a URL is refused with exit code 2, whatever else is wrong, and is repeated nowhere', async () => {
    const bad = 'imaps://ann:hunter2@old.example';
    for (const argv of [
      [bad, to],
      [to, bad],
      [from, to, bad],
      [bad, to, '--source-secrt', 'env:OLD'],
    ]) {
      const { code, stderr, stdout } = await play(['copy', ...argv, '-o', 'json'], { environment });
      expect(code).toBe(2);
      expect(stderr + stdout).not.toContain('hunter2');
    }
    expect((await play(['copy', bad, to])).stderr).toContain('does not belong in the URL');
  });

  test('nobody is asked for a password on behalf of a URL that is then refused', async () => {
    const { asked, code } = await play(['copy', from, 'imaps://ann@new.example/INBOX'], { typed: 'x' });
    expect([code, asked]).toEqual([2, []]);
  });

  test('what cannot be a secret is refused with the reason', async () => {
    const reasons: readonly (readonly [string, string])[] = [
      ['env:NOT_SET', 'not set'],
      ['env:EMPTY', 'is empty'],
      ['env:A-B', 'name of an environment variable'],
      ['file:', 'path of a file'],
      [`file:${join(folder, 'absent')}`, 'no such file'],
      [`file:${folder}`, 'a folder'],
      [`file:${await file('two.pw', 'one\ntwo\n')}`, 'more than one line'],
      [`file:${await file('empty.pw', '\n')}`, 'is empty'],
      [`file:${await file('large.pw', 'x'.repeat(70_000))}`, 'larger than any secret'],
    ];
    for (const [ref, reason] of reasons) {
      const { code, stderr } = await play(['copy', from, to, '--source-secret', ref, '--target-secret', 'env:NEW'], {
        environment: { ...environment, EMPTY: '' },
      });
      expect([ref, code, stderr]).toEqual([ref, 2, expect.stringContaining(reason)]);
    }
    expect((await play(['copy', from, to])).stderr).toContain('no terminal to ask on');
  });
});

describe('wrong usage', () => {
  test('every mistake is told at once, and nothing is started', async () => {
    const { code, stderr, orders, engineOptions } = await copy(
      '--since',
      'yesterday',
      '--max-size',
      'big',
      '--at-once',
      '0',
      '--map',
      'x',
      '--exclude',
      '\\Trsh',
      '--bandwidth',
      '25:00,1M',
      '--follow',
      '0s',
    );
    expect(code).toBe(2);
    for (const said of [
      '--since "yesterday"',
      '--max-size "big"',
      '--at-once "0"',
      '--map "x"',
      'did you mean \\Trash?',
      '"25:00" is no time of day',
      '--follow "0s"',
    ])
      expect(stderr).toContain(said);
    expect([orders, engineOptions]).toEqual([[], []]);
  });

  test.each([
    [[from], 'SOURCE and TARGET'],
    [[from, from], 'both the source and the target'],
    [[from, 'imap://ann@OLD.example'], 'both the source and the target'],
    [[from, to, 'x'], 'more arguments'],
    [[from, to, '--sorce-secret', 'env:OLD'], 'did you mean --source-secret'],
    [[from, to, '-x'], 'no flag -x'],
    [[from, to, '--prove', 'most'], 'none, sample, all'],
    [[from, to, '--state'], '--state needs a value'],
    [[from, 'imap+plain://ann@new.example'], '--allow-clear-text'],
    [[from, to, '--ca', '/nowhere/ca.pem'], 'no such file'],
    [[from, to, '--accounts', 'x.csv'], 'none on the command line'],
    [[from, to, '--follow', '60s', '--dry-run'], 'cannot --follow'],
    [[from, to, '--source-oauth', 'f.json'], 'says all about signing in'],
    [[from, to, '--since', '2024-02-31'], 'is no date'],
    [[from, to, '--since', '2024-02-02', '--before', '2024-02-01'], 'not earlier'],
  ])('%j is refused with exit code 2', async (argv, said) => {
    const { code, stderr, orders } = await play(['copy', ...secrets, ...argv], { environment });
    expect([code, orders]).toEqual([2, []]);
    expect(stderr).toContain(said);
  });

  test('an unknown command offers the nearest', async () => {
    const { code, stderr } = await play(['cpy']);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean copy?');
  });

  test('a wrong setting of the surroundings stops the start', async () => {
    const { code, stdout } = await play(['copy', from, to, ...secrets, '-o', 'json'], {
      environment,
      badSettings: 'GODWIT_STAT is no setting',
    });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ mailboxes: [], error: { code: 'usage' } });
  });

  test('clear text is allowed to this machine, and to another with a warning', async () => {
    const argv = (target: string) => ['copy', from, target, ...secrets];
    expect((await play(argv('imap+plain://ann@127.0.0.1:10143'), { environment })).code).toBe(0);
    const { code, stderr } = await play([...argv('imap+plain://ann@new.example'), '--allow-clear-text'], {
      environment,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('in clear text');
  });
});

describe('the one JSON document on stdout', () => {
  test('holds the reports, with the URLs as they were written', async () => {
    const { stdout, stderr, code } = await play(
      ['copy', 'IMAPS://ann%40corp@old.example:993', to, ...secrets, '-o', 'json'],
      { environment },
    );
    const document = JSON.parse(stdout) as CopyReport;
    expect(document.mailboxes).toHaveLength(1);
    expect(document.mailboxes[0]).toMatchObject({
      source: 'IMAPS://ann%40corp@old.example:993',
      target: to,
      copied: 5,
      alreadyThere: 2,
      fault: null,
    });
    expect([code, stderr]).toEqual([0, '']);
  });

  test.each([['-o', 'json'], ['-o=json'], ['--output', 'json'], ['--output=json']])(
    'is there after wrong usage, too (%s %s)',
    async (...flags) => {
      const { stdout, stderr, code } = await play(['copy', from, ...flags]);
      expect(JSON.parse(stdout)).toMatchObject({
        mailboxes: [],
        error: { code: 'usage', problems: [{ says: expect.stringContaining('SOURCE and TARGET') as string }] },
      });
      expect(code).toBe(2);
      expect(stderr).toContain('godwit: ');
    },
  );

  test('is there when the engine could not be opened, with the fault', async () => {
    const damaged = fault('ledger.damaged', { file: 'x', detail: 'it is no database' });
    const { stdout, stderr, code } = await play(['copy', from, to, ...secrets, '-o', 'json'], {
      environment,
      engine: {
        copy: async (order) =>
          reportOf(order, { fault: { code: damaged.code, message: damaged.message, remedy: damaged.remedy } }),
      },
    });
    expect(JSON.parse(stdout)).toMatchObject({ mailboxes: [{ fault: { code: 'ledger.damaged' } }] });
    expect(code).toBe(5);
    expect(stderr).toBe('');
  });

  test('is there when an assumption of ours broke, with exit code 1 and the other mailboxes seen through', async () => {
    const list = await file(
      'two.csv',
      `source,target\nimaps://a@old.example,imaps://a@new.example\nimaps://b@old.example,imaps://b@new.example\n`,
    );
    const { stdout, code } = await play(['copy', '--accounts', list, ...secrets, '-o', 'json'], {
      environment,
      engine: {
        copy: async (order) => {
          if (order.source.endpoint.user === 'a') throw new TypeError('undefined is not a function');
          return reportOf(order);
        },
      },
    });
    const document = JSON.parse(stdout) as CopyReport;
    expect(document.mailboxes.map(({ fault: end }) => end?.code ?? null)).toEqual(['internal', null]);
    expect(code).toBe(1);
  });
});

describe('the end', () => {
  test.each([
    [{}, 0],
    [
      {
        refused: [
          { folder: 'INBOX', uid: 1, uidValidity: 1, sizeBytes: 9, messageId: null, code: 'too-big', reason: 'x' },
        ],
      },
      3,
    ],
    [{ differences: [{ folder: 'INBOX', uid: 1, class: 'header8bit', detail: 'x' }] }, 3],
    [{ folders: [{ source: 'A', target: null, reason: 'x' }] }, 3],
    [{ folders: [{ source: 'A', target: 'B', reason: 'mapped' }] }, 0],
    [{ fault: { code: 'imap.sign-in.refused', message: '', remedy: '' } }, 4],
    [{ fault: { code: 'imap.host.unknown', message: '', remedy: '' } }, 4],
    [{ fault: { code: 'oauth.whatever', message: '', remedy: '' } }, 4],
    [{ fault: { code: 'ledger.in-use', message: '', remedy: '' } }, 5],
    [{ fault: { code: 'interrupted', message: '', remedy: '' } }, 5],
    [{ fault: { code: 'target.quota', message: '', remedy: '' } }, 5],
    [{ fault: { code: 'internal', message: '', remedy: '' } }, 1],
  ])('a report with %j ends with %i', async (changes, expected) => {
    const { code } = await play(['copy', from, to, ...secrets], {
      environment,
      engine: { copy: async (order) => reportOf(order, changes) },
    });
    expect(code).toBe(expected);
  });

  test('of several mailboxes the gravest end wins: 1, 2, 4, 5, 3, 0', async () => {
    const codes: Record<string, string | null> = { a: null, b: 'interrupted', c: 'imap.sign-in.refused' };
    const list = await file(
      'three.csv',
      `source,target\n${Object.keys(codes)
        .map((user) => `imaps://${user}@old.example,imaps://${user}@new.example`)
        .join('\n')}`,
    );
    const { code } = await play(['copy', '--accounts', list, ...secrets], {
      environment,
      engine: {
        copy: async (order) => {
          const end = codes[order.source.endpoint.user as string];
          return reportOf(order, end ? { fault: { code: end, message: '', remedy: '' } } : {});
        },
      },
    });
    expect(code).toBe(4);
  });

  test('after Ctrl-C no further mailbox is begun, those without a turn are listed, and the code is 5', async () => {
    const stop = new AbortController();
    const list = await file(
      'many.csv',
      `source,target\n${[...'abcdefgh'].map((user) => `imaps://${user}@old.example,imaps://${user}@new.example`).join('\n')}`,
    );
    const { code, orders, stdout } = await play(
      ['copy', '--accounts', list, ...secrets, '--at-once', '1', '-o', 'json'],
      {
        environment,
        interruption: stop.signal,
        engine: {
          copy: async (order) => {
            if (order.source.endpoint.user === 'c') stop.abort();
            return reportOf(order);
          },
        },
      },
    );
    expect([code, orders.length]).toEqual([5, 3]);
    expect((JSON.parse(stdout) as CopyReport).mailboxes.map((mailbox) => mailbox.fault?.code ?? 'done')).toEqual([
      'done',
      'done',
      'done',
      ...Array.from({ length: 5 }, () => 'interrupted'),
    ]);
  });

  test('no more mailboxes are under way than --at-once allows', async () => {
    let now = 0;
    let most = 0;
    const list = await file(
      'more.csv',
      `source,target\n${Array.from({ length: 20 }, (_, i) => `imaps://u${i}@old.example,imaps://u${i}@new.example`).join('\n')}`,
    );
    const engine = {
      copy: async (order: Parameters<typeof reportOf>[0]) => {
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        now--;
        return reportOf(order);
      },
    };
    expect(
      (await play(['copy', '--accounts', list, ...secrets, '--at-once', '7'], { environment, engine })).orders,
    ).toHaveLength(20);
    expect(most).toBe(7);
  });

  test('a second Ctrl-C leaves one JSON document behind, not two', async () => {
    const { emergency, stdout } = await copy('-o', 'json');
    expect(JSON.parse(stdout)).toBeTruthy();
    expect(emergency()).toBe('');
  });
});
