import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemLine, UsageError } from '#cli/usage.ts';
import { readEstate } from './read-estate.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-yaml-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function read(...notices: readonly string[]) {
  const file = join(folder, 'godwit.yaml');
  const platforms = [
    'source: { url: imaps://old.example, secret: env:OLD }',
    'target: { url: imaps://new.example, secret: env:NEW }',
  ];
  await writeFile(file, [...platforms, ...notices, ''].join('\n'));
  return readEstate(file);
}

async function complaints(...notices: readonly string[]): Promise<readonly string[]> {
  const refused: unknown = await read(...notices).catch((error: unknown) => error);
  if (!(refused instanceof UsageError)) throw new Error('nothing was refused');
  return refused.problems.map((problem) => problemLine(problem).replaceAll(`${folder}/`, ''));
}

test('who writes nothing of messages sends none; of the rest there are defaults', async () => {
  expect((await read()).notices).toBeNull();
  expect((await read('notices:')).notices).toBeNull();
  expect((await read('notices: { smtp: { url: smtps://mail.example }, from: move@x.example }')).notices).toEqual({
    smtp: { host: 'mail.example', port: 465, security: 'tls', ca: null, verify: true, signIn: null },
    from: { name: null, address: 'move@x.example' },
    replyTo: null,
    templates: null,
    language: 'en',
    at: '09:00',
    perMinute: 120,
    quiet: { from: 1_200, until: 480 },
    moments: ['T-14', 'T-2', 'T-0', 'T+1'],
    shared: false,
  });
});

test('everything may be said, and paths count from the folder of the file', async () => {
  const { notices } = await read(
    'notices:',
    '  smtp: { url: "smtp://mail.example:2525", user: move, secret: "file:smtp.pw", verify-certificate: false }',
    '  from: The move <move@x.example>',
    '  reply-to: helpdesk@x.example',
    '  templates: texts',
    '  language: cy-gb',
    '  at: "07:30"',
    '  per-minute: 30',
    '  quiet: off',
    '  moments: [T-2, T+1]',
    '  shared: true',
  );
  expect(notices).toMatchObject({
    smtp: {
      port: 2525,
      security: 'starttls',
      verify: false,
      signIn: { user: 'move', secret: { kind: 'file', path: join(folder, 'smtp.pw') } },
    },
    from: { name: 'The move', address: 'move@x.example' },
    templates: join(folder, 'texts'),
    language: 'cy-GB',
    at: '07:30',
    perMinute: 30,
    quiet: null,
    moments: ['T-2', 'T+1'],
    shared: true,
  });
});

test('what is wrong is told with its line, and no secret is repeated', async () => {
  expect(await complaints('notices: { from: move@x.example }')).toEqual([
    expect.stringContaining('smtp.url must be written, or nothing of it'),
  ]);
  const smtp = 'smtp: { url: smtps://mail.example }';
  expect(await complaints(`notices: { ${smtp}, from: nobody }`)).toEqual([
    expect.stringMatching(/^godwit\.yaml, line 3, column 55: notices\.from must be an address such as/),
  ]);
  expect(await complaints(`notices: { ${smtp}, from: a@b.example, quiet: "08:00-08:00" }`)).toEqual([
    expect.stringContaining('notices.quiet must be hours such as'),
  ]);
  expect(await complaints(`notices: { ${smtp}, from: a@b.example, moments: [T-7] }`)).toEqual([
    expect.stringContaining('T-14, T-2, T-0, T+1'),
  ]);
  expect(await complaints('notices: { smtp: { url: smtps://m.example, user: x }, from: a@b.example }')).toEqual([
    expect.stringContaining('needs both user and secret'),
  ]);
  expect(await complaints('notices: { smtp: { url: smtp+plain://m.example }, from: a@b.example }')).toEqual([
    expect.stringContaining('in clear text over the network'),
  ]);
  const [told = ''] = await complaints(
    'notices: { smtp: { url: "smtps://x:canary@m.example", user: x, secret: env:S }, from: a@b.example }',
  );
  expect(told).toContain('without a user');
  expect(told).not.toContain('canary');
});
