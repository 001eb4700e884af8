import { expect, test } from 'vitest';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { play } from './made-up-world.ts';
import type { DoctorOptions } from './world.ts';

const command = ['doctor', 'coexistence'];
const mailboxes = ['--unmoved', 'test1@corp.example', '--moved', 'test2@corp.example'];
const readEstate = async () => ({ file: 'godwit.yaml' }) as EstateSettings;
const fine = {
  check: 'route',
  about: 'test1@corp.example',
  state: 'ok',
  says: 'lives on the source',
  remedy: null,
} as const;
const bad = {
  ...fine,
  about: 'test2@corp.example',
  state: 'wrong',
  says: 'lives on the source',
  remedy: 'Name another.',
} as const;

test('what is wrong is told with what to do, and the exit code is 3; where nothing is, it is 0', async () => {
  const ill = await play([...command, ...mailboxes], { readEstate, doctor: async () => [fine, bad] });
  expect(ill.code).toBe(3);
  expect(ill.stdout).toBe(
    [
      'ok         route: test1@corp.example: lives on the source',
      'WRONG      route: test2@corp.example: lives on the source',
      '           Name another.',
      '',
      '1 thing is wrong.',
      '',
    ].join('\n'),
  );
  const well = await play([...command, ...mailboxes], { readEstate, doctor: async () => [fine] });
  expect(well.code).toBe(0);
});

test('a program reads the same as one document', async () => {
  const { stdout, code } = await play([...command, ...mailboxes, '-o', 'json'], {
    readEstate,
    doctor: async () => [fine, bad],
  });
  expect([code, JSON.parse(stdout)]).toEqual([3, { wrong: 1, findings: [fine, bad] }]);
});

test('the flags lead to what is tried, and passwords stay references', async () => {
  let heard: DoctorOptions | null = null;
  const more = [
    '--mx',
    'mx.corp.example',
    '--imap',
    'imaps://mail.corp.example',
    '--moved-secret',
    'env:TWO',
    '--within',
    '5m',
  ];
  await play([...command, ...mailboxes, ...more], {
    readEstate,
    doctor: async (options) => {
      heard = options;
      return [];
    },
  });
  expect(heard).toMatchObject({
    moved: { address: 'test2@corp.example', secret: { kind: 'env', name: 'TWO' } },
    unmoved: { address: 'test1@corp.example', secret: null },
    mx: { host: 'mx.corp.example', port: 25 },
    imap: { endpoint: { host: 'mail.corp.example', security: 'tls' }, verify: true },
    withinMs: 300_000,
  });
});

test('everything wrong with the flags is told at once, and no password is repeated', async () => {
  const flags = [
    '--moved',
    'nobody',
    '--moved-secret',
    'hunter2',
    '--mx',
    'mx:99999',
    '--imap',
    'imap+plain://mail.corp.example',
  ];
  const { code, stderr } = await play([...command, ...flags], { readEstate });
  expect(code).toBe(2);
  for (const flag of ['--moved names', '--unmoved names', '--moved-secret', '--mx', '--imap would send'])
    expect(stderr).toContain(flag);
  expect(stderr).not.toContain('hunter2');
});
