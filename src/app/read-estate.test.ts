import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemLine, UsageError } from '#cli/usage.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { readEstate } from './read-estate.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-yaml-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function read(text: string | Uint8Array): Promise<EstateSettings> {
  const file = join(folder, 'godwit.yaml');
  await writeFile(file, text);
  return readEstate(file);
}

/** What it says of `text`, one line per problem, without the folder. */
async function complaints(text: string | Uint8Array): Promise<readonly string[]> {
  const refused: unknown = await read(text).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UsageError);
  return (refused as UsageError).problems.map((problem) => problemLine(problem).replaceAll(`${folder}/`, ''));
}

/** Whatever an operator leaves out, what people removed after the switch is left out too. */
const ours = ['Godwit removed', 'Godwit removed/**'];

const small = `
source:
  url: imaps://old.example
  admin: mover
  secret: env:OLD
target:
  url: imap://new.example:1143
  secrets: sealed:Target/
`;
/** \`small\` with other lines for the source. */
const withSource = (...lines: readonly string[]) =>
  ['source:', ...lines.map((line) => `  ${line}`), 'target: { url: imaps://new.example, secret: env:NEW }', ''].join(
    '\n',
  );

describe('the settings of a programme', () => {
  test('sign people in with a provider, by their groups', async () => {
    const signIn = (...lines: readonly string[]) =>
      [`${small}api:`, '  listen: 127.0.0.1:8030', '  sign-in:', ...lines.map((line) => `    ${line}`), ''].join('\n');
    const whole = [
      'issuer: https://id.corp.example/realms/staff',
      'client-id: godwit',
      'client-secret: env:OIDC',
      'origin: https://godwit.corp.example/',
      'roles: { mail-operators: operator, rxy-it: local-administrator of RXY }',
    ];
    expect((await read(signIn(...whole))).api?.signIn).toEqual({
      issuer: 'https://id.corp.example/realms/staff',
      clientId: 'godwit',
      clientSecret: { kind: 'env', name: 'OIDC' },
      origin: 'https://godwit.corp.example',
      scopes: ['openid', 'email'],
      whoClaim: 'email',
      groupsClaim: 'groups',
      lastsSeconds: 28_800,
      idleSeconds: 3_600,
      roles: [
        { group: 'mail-operators', role: 'operator', organisation: null },
        { group: 'rxy-it', role: 'local-administrator', organisation: 'RXY' },
      ],
    });
    const but = (at: number, ...lines: readonly string[]) => complaints(signIn(...whole.toSpliced(at, 1, ...lines)));
    expect(await but(0, 'issuer: http://id.corp.example')).toHaveLength(1);
    expect(await but(0, 'issuer: https://me:secret@id.corp.example')).toHaveLength(1);
    expect(await but(2, 'client-secret: hunter2')).toEqual([expect.not.stringContaining('hunter2')]);
    expect(await but(3, 'origin: https://godwit.corp.example/here')).toHaveLength(1);
    expect(await but(3, 'origin: http://godwit.corp.example')).toHaveLength(1);
    expect(await but(4)).toEqual([expect.stringContaining('must give some group a role')]);
    expect(await but(4, 'roles: { a: king, b: local-administrator, c: operator of }')).toHaveLength(3);
    expect(await but(4, whole[4] as string, 'scopes: email', 'lasts: 8d', 'idle: 1m')).toHaveLength(3);
    expect((await read(signIn(...whole, 'idle: 15m'))).api?.signIn?.idleSeconds).toBe(900);
  });

  test('ask two people for the acts that are named, and for none where none is', async () => {
    expect((await read(small)).approvals).toEqual([]);
    expect((await read(`${small}approvals: { acts: [release-wave, start-wave, start-wave] }\n`)).approvals).toEqual([
      'release-wave',
      'start-wave',
    ]);
    expect(await complaints(`${small}approvals:\n  acts: [start-wav, see]\n`)).toHaveLength(2);
    expect(await complaints(`${small}approvals: start-wave\n`)).toHaveLength(1);
  });

  test('promise nothing of ways in where there are neither doors nor a word of them, and hold to what is written', async () => {
    expect((await read(small)).waysIn).toBeNull();
    const doors = "doors: { clients: { listen: '127.0.0.1:8029' } }\n";
    expect((await read(small + doors)).waysIn).toEqual({ usual: ['mx', 'proxy', 'direct'], elsewhere: {} });
    const ways = 'ways-in:\n  by: [mx, proxy]\n  organisations: { RXY: [mx, direct], R0A: [] }\n';
    expect((await read(small + ways)).waysIn).toEqual({
      usual: ['mx', 'proxy'],
      elsewhere: { RXY: ['mx', 'direct'], R0A: [] },
    });
    expect(await complaints(`${small}ways-in:\n  by: [mx, pop]\n`)).toEqual([
      expect.stringMatching(/line 10, .*mx.*proxy.*direct/),
    ]);
    expect(await complaints(`${small}ways-in: { organisations: { RXY: mx } }\n`)).toHaveLength(1);
  });

  test('bind by endpoints whatever they name themselves, told with its line, and are read in one spelling', async () => {
    expect((await read(small)).endpoints).toBeNull();
    const allowing = (...lines: readonly string[]) =>
      `${small}endpoints:\n${lines.map((line) => `  ${line}\n`).join('')}`;
    expect((await read(allowing("hosts: ['*.Example']", 'networks: [10.0.0.0/8, loopback]'))).endpoints).toEqual({
      hosts: ['*.example'],
      ports: null,
      networks: ['10.0.0.0/8', 'loopback'],
    });
    expect(await complaints(allowing('hosts: [old.example]', 'ports: [993]'))).toEqual([
      expect.stringMatching(/line 7, .*target\.url leads to new\.example:1143: no host that the settings allow/),
    ]);
    expect(await complaints(allowing('ports: [993]'))).toEqual([expect.stringMatching(/1143 is no port that/)]);
    expect(await complaints(allowing("hosts: ['a.*', '*']", 'networks: [10.0.0.0/40, public]'))).toHaveLength(4);
    expect(await complaints(`${small}probes: { url: imaps://169.254.169.254, secret: env:P }\n`)).toEqual([
      expect.stringMatching(/probes\.url leads to 169\.254\.169\.254:993: .*hand out secrets/),
    ]);
  });

  test('have probes of switches where they are written: by which proxy, as whom, and by one secret', async () => {
    expect((await read(small)).probes).toBeNull();
    const probes = (...lines: readonly string[]) => `${small}probes:\n${lines.map((line) => `  ${line}\n`).join('')}`;
    const url = 'url: imaps://mail.corp.example';
    expect((await read(probes(url, 'secrets: sealed:Source/'))).probes).toMatchObject({
      endpoint: { host: 'mail.corp.example', port: 993, security: 'tls' },
      user: '{address}',
      verify: true,
      signIn: { kind: 'each', secrets: { kind: 'sealed', prefix: 'source/' } },
      atOnce: 40,
      perMinute: 500,
    });
    expect((await read(probes(url, 'admin: prober', 'secret: env:PROBER'))).probes?.signIn).toEqual({
      kind: 'admin',
      admin: 'prober',
      style: 'user*master',
      secret: { kind: 'env', name: 'PROBER' },
    });
    expect(await complaints(probes(url))).toEqual([expect.stringContaining('write secret (with admin, or alone), or')]);
    expect(await complaints(probes('url: imap://mail.corp.example', 'secret: env:ALL'))).toEqual([
      expect.stringContaining('no STARTTLS'),
    ]);
    expect(await complaints(probes('url: imap+plain://mail.corp.example', 'secret: env:ALL'))).toEqual([
      expect.stringContaining('clear text'),
    ]);
    expect(await complaints(probes(url, 'secret: hunter2'))).toHaveLength(1);
  });

  test('need two platforms and how to sign in there; all else has a default', async () => {
    const settings = await read(small);
    expect(settings).toMatchObject({
      database: 'embedded',
      embedded: null,
      timezone: 'UTC',
      atOnce: 8,
      followEverySeconds: 900,
      errorBudget: 0.02,
      listen: { host: '127.0.0.1', port: 8025 },
      selection: { include: [], exclude: [...ours], map: [], maxSizeBytes: null, since: null, before: null },
      delete: false,
    });
    expect(settings.source).toMatchObject({
      endpoint: { name: 'imaps://old.example', user: null },
      verify: true,
      ca: null,
      user: null,
      signIn: { kind: 'admin', admin: 'mover', style: 'authzid', secret: { kind: 'env', name: 'OLD' } },
      budget: { connections: 20, connectionsPerMailbox: 2, commandsPerSecond: null },
    });
    expect(settings.source.budget.bytesPerSecond).toEqual([{ fromMinute: 0, bytesPerSecond: null }]);
    expect(settings.target.signIn).toEqual({ kind: 'each', secrets: { kind: 'sealed', prefix: 'target/' } });
    expect(settings.target.endpoint).toMatchObject({ security: 'starttls', port: 1143 });
  });

  test('say what a directory is told, and by which server', async () => {
    expect((await read(small)).directory).toBeNull();
    const directory = (url: string) => `${small}
directory:
  url: ${url}
  bind-dn: cn=godwit,dc=corp,dc=example
  secret: env:LDAP
  base: ou=people,dc=corp,dc=example
  source: { mailHost: mail.old.example, targetAddress: null }
  target: { mailHost: mail.new.example, targetAddress: 'SMTP:{local}@new.example' }
`;
    expect((await read(directory('ldaps://ldap.corp.example'))).directory).toEqual({
      server: { host: 'ldap.corp.example', port: 636, security: 'tls', ca: null },
      bindDn: 'cn=godwit,dc=corp,dc=example',
      secret: { kind: 'env', name: 'LDAP' },
      base: 'ou=people,dc=corp,dc=example',
      filter: '(mail={address})',
      source: { mailHost: 'mail.old.example', targetAddress: null },
      target: { mailHost: 'mail.new.example', targetAddress: 'SMTP:{local}@new.example' },
    });
    const places = [
      ['ldap://10.0.0.5', { host: '10.0.0.5', port: 389, security: 'starttls' }],
      ['ldap+plain://127.0.0.1:1389', { port: 1389, security: 'clear' }],
      ['ldaps://[::1]:1636', { host: '::1', port: 1636, security: 'tls' }],
    ] as const;
    for (const [url, server] of places) expect((await read(directory(url))).directory).toMatchObject({ server });
    const plain = directory('ldap+plain://ldap.corp.example');
    expect((await read(`${plain}  allow-clear-text: true\n`)).directory?.server.security).toBe('clear');
    expect((await complaints(plain))[0]).toContain('in clear text');
  });

  test.each([
    ['url', 'https://ldap.example', 'must be the URL of a server'],
    ['secret', 'hunter2', 'must be a reference'],
    ['filter', '"(mail={adress})"', 'did you mean {address}?'],
    ['filter', '"(mail={address}"', 'filter'],
    ['filter', '"(mail=ann)"', 'the same entry for everybody'],
    ['target', '{ mailHost: "{nobody}" }', 'there is no {nobody}'],
    ['target', '{ "mail Host": x }', 'no name of an attribute'],
    ['target', '{}', 'nothing would be written'],
  ])('have no directory whose %s is %s', async (key, value, says) => {
    const right = {
      url: 'ldaps://ldap.example',
      'bind-dn': 'cn=godwit',
      secret: 'env:LDAP',
      base: 'dc=example',
      source: '{}',
      target: '{ mailHost: x }',
    };
    const lines = Object.entries({ ...right, [key]: value }).map(([each, its]) => `  ${each}: ${its}`);
    const said = await complaints(`${small}directory:\n${lines.join('\n')}\n`);
    expect(said.join('\n')).toContain(says);
    expect(said.join('\n')).not.toContain('hunter2');
  });

  test('have the embedded database listen for others by a port and a password, never by one of them', async () => {
    const settings = await read(`${small}\nembedded: { port: 5433, password: file:pg.secret }\n`);
    expect(settings.embedded).toMatchObject({ port: 5433, password: { kind: 'file' } });
    const problem = 'embedded needs both port and password, or neither.';
    await expect(read(`${small}\nembedded: { port: 5433 }\n`)).rejects.toThrow(problem);
    await expect(read(`${small}\nembedded: { password: env:PG }\n`)).rejects.toThrow(problem);
    await expect(read(`${small}\nembedded: { port: 5433, password: hunter2 }\n`)).rejects.toThrow(
      'embedded.password must be a reference, env:NAME or file:PATH, and never the password itself',
    );
  });

  test('are read as people write them', async () => {
    const settings = await read(`
database: env:DATABASE_URL
timezone: Europe/London
source:
  url: imap+plain://127.0.0.1
  user: "{local}"
  secret: file:old.pw
  verify-certificate: false
  budget:
    connections: 4
    bytes-per-second: "08:00,512k 19:00,off"
    commands-per-second: 30
target:
  url: imap+plain://mail.inside
  allow-clear-text: true
  oauth: oauth/target.json
workers:
follow-every: 90
error-budget: 5 %
listen: off
folders:
  exclude: ['\\Trash', 'Lists/**']
  map:
    Sent Items: Sent
    /Old/: Archive/Old
delete: true
max-size: 25M
`);
    expect(settings).toMatchObject({
      database: { kind: 'env', name: 'DATABASE_URL' },
      timezone: 'Europe/London',
      followEverySeconds: 90,
      errorBudget: 0.05,
      listen: null,
      delete: true,
      selection: {
        exclude: ['\\Trash', 'Lists/**', ...ours],
        map: [
          { from: 'Sent Items', to: 'Sent' },
          { from: 'Old', to: 'Archive/Old' },
        ],
        maxSizeBytes: 25 * 2 ** 20,
      },
    });
    expect(settings.source).toMatchObject({
      user: '{local}',
      verify: false,
      signIn: { kind: 'shared', secret: { kind: 'file', path: join(folder, 'old.pw') } },
      budget: { connections: 4, commandsPerSecond: 30 },
    });
    expect(settings.source.budget.bytesPerSecond).toHaveLength(14);
    expect(settings.target.signIn).toEqual({ kind: 'oauth', file: join(folder, 'oauth/target.json') });
  });

  test('can rest in the database and be read again as they were', async () => {
    const { source, target } = await read(small);
    expect(JSON.parse(JSON.stringify({ source, target }))).toEqual({ source, target });
  });
});

describe('settings that cannot be meant are told with line and column, all at once', () => {
  test('a key that is misspelt: the nearest is offered', async () => {
    expect(await complaints(`${small}follow-evry: 5m\n`)).toEqual([
      'godwit.yaml, line 9, column 1: "follow-evry" is no setting; did you mean "follow-every"?',
    ]);
    expect(await complaints(withSource('url: imaps://a.example', 'secrt: env:A', 'secret: env:A'))).toEqual([
      'godwit.yaml, line 3, column 3: "secrt" is no setting of source; did you mean "secret"?',
    ]);
  });

  test('a key that stands in the wrong section: its place is told', async () => {
    expect(await complaints(`${small}  connections: 5\n  timezone: UTC\ncolour: red\n`)).toEqual([
      'godwit.yaml, line 11, column 1: "colour" is no setting. They are database, embedded, endpoints, timezone, source, target, workers, follow-every, switching, ways-in, probes, directory, check-ahead, error-budget, listen, api, doors, approvals, folders, delete, notices, audit, max-size.',
      'godwit.yaml, line 9, column 3: "connections" is no setting of target; it stands in target.budget.',
      'godwit.yaml, line 10, column 3: "timezone" is no setting of target; it stands at the top.',
    ]);
  });

  test('a value of another kind: what is expected', async () => {
    const text = `${small.replace('  admin: mover', '  admin: [mover]\n  budget: 7')}follow-every: soon
error-budget: 200%
delete: yes
workers: { at-once: 0 }
folders: { include: INBOX, exclude: [3], map: [a] }
max-size: 1x
`;
    expect(await complaints(text)).toEqual([
      'godwit.yaml, line 4, column 10: source.admin must be the name of a user.',
      'godwit.yaml, line 5, column 11: source.budget must be a section with connections, connections-per-mailbox, bytes-per-second, commands-per-second.',
      'godwit.yaml, line 13, column 21: workers.at-once must be a number from 1 to 1000.',
      'godwit.yaml, line 10, column 15: follow-every must be a time such as 90s, 15m or 1h.',
      "godwit.yaml, line 14, column 21: folders.include must be a list of globs ('Lists/**') and roles ('\\Trash').",
      "godwit.yaml, line 14, column 38: folders.exclude.0 must be a glob over the whole path ('Lists/**') or a role ('\\Trash').",
      "godwit.yaml, line 14, column 47: folders.map must be old paths and new ones, as in 'Sent Items': Sent.",
      'godwit.yaml, line 12, column 9: delete must be true or false.',
      'godwit.yaml, line 15, column 11: max-size must be a size such as 25M.',
      'godwit.yaml, line 11, column 15: error-budget must be a share such as 2% or 0.02.',
    ]);
  });

  test('what the form alone does not show', async () => {
    const text = `
database: "env:DATABASE URL"
timezone: Europe/Lndon
source:
  url: imaps://ann@old.example
  user: "{adress}"
  admin: mover
  ca: nowhere.pem
  budget: { connections: 2, connections-per-mailbox: 3, bytes-per-second: fast }
target:
  url: imap+plain://new.example
  secret: env:A
  oauth: a.json
listen: 8025x
folders: { include: ['\\Trsh'], map: { /: x } }
`;
    expect(await complaints(text)).toEqual([
      'godwit.yaml, line 2, column 11: database must be embedded, or where its URL is written: env:DATABASE_URL or file:PATH.',
      'godwit.yaml, line 3, column 11: timezone must be the name of a time zone such as Europe/London.',
      'godwit.yaml, line 5, column 8: source.url: a user stands in this URL, and it is that of all mailboxes: write the host only.',
      'godwit.yaml, line 6, column 9: source.user: there is no {adress}; did you mean {address}?',
      'godwit.yaml, line 7, column 10: source has an admin without their secret: write "secret: env:NAME", file:PATH or sealed:NAME.',
      'godwit.yaml, line 8, column 7: The certificates nowhere.pem (source.ca) cannot be read: there is no such file.',
      'godwit.yaml, line 9, column 75: source.budget.bytes-per-second: "fast" is no rate: write 512k, 10M or off.',
      'godwit.yaml, line 11, column 8: target.url: imap+plain://new.example would send passwords and all mail in clear text over the network. Use imaps:// or imap://, or write "allow-clear-text: true" if you know what lies between.',
      'godwit.yaml, line 13, column 10: target has secret and oauth, and only one of them can be.',
      'godwit.yaml, line 14, column 9: listen must be a host and a port such as 127.0.0.1:8025, or off.',
      'godwit.yaml, line 15, column 22: folders.include \\Trsh: there is no such role; did you mean \\Trash?',
      'godwit.yaml, line 15, column 42: A folder has a name on both sides: Old/Path: New/Path.',
    ]);
  });

  test('a hold that the leader would end before its switch does', async () => {
    expect((await read(`${small}switching: { hold-most: 80s }\n`)).switching).toMatchObject({ holdMostSeconds: 80 });
    expect(await complaints(`${small}switching: { hold-most: 81s }\n`)).toEqual([
      'godwit.yaml, line 9, column 25: switching.hold-most must be a time of at most 80s such as 20s.',
    ]);
  });

  test('a wait for sign-ins under way that nobody would ever switch within', async () => {
    const lands = (ms: number): string => `${small}switching: { hold-most: 4s, sign-in-passage-ms: ${ms} }\n`;
    expect((await read(lands(1_999))).switching).toMatchObject({ signInPassageMs: 1_999 });
    expect(await complaints(lands(2_000))).toEqual([
      'godwit.yaml, line 9, column 49: switching.sign-in-passage-ms must be less than half of hold-most, or nobody would ever switch.',
    ]);
  });

  test('what is missing', async () => {
    expect(await complaints('timezone: UTC\n')).toEqual([
      'godwit.yaml, line 1, column 1: source.url is missing: the URL of a server without a user, such as imaps://mail.old.example.',
      'godwit.yaml, line 1, column 1: target.url is missing: the URL of a server without a user, such as imaps://mail.new.example.',
      'godwit.yaml, line 1, column 1: source does not say how to sign in: write admin and secret, or secrets, or oauth.',
      'godwit.yaml, line 1, column 1: target does not say how to sign in: write admin and secret, or secrets, or oauth.',
    ]);
    expect(await complaints(withSource('url: imaps://a.example'))).toEqual([
      'godwit.yaml, line 2, column 3: source does not say how to sign in: write admin and secret, or secrets, or oauth.',
    ]);
  });

  test.each([
    [
      'a key that is there twice',
      'delete: true\ndelete: false\n',
      'line 2, column 1: This key stands here a second time.',
    ],
    ['a tab', 'source:\n\turl: x\n', 'line 2, column 1: There is a tab'],
    ['a quote that is never closed', 'timezone: "UTC\n', 'closing quote'],
    ['a role in double quotes', 'folders: { include: ["\\Trash"] }\n', 'line 1, column 23: This is no escape'],
    ['a glob without quotes', 'folders:\n  include:\n    - *Sent\n', 'line 3, column 7: A value that begins with "*"'],
    ['a second document', 'delete: true\n---\ndelete: true\n', 'line 2, column 1: A second document'],
    ['no mapping at all', 'imaps://old.example\n', 'line 1, column 1: The file must be a section with database,'],
    ['nothing at all', '\n\n', 'is empty; remove it, and godwit init writes one.'],
    ['other octets', new Uint8Array([0xff, 0xfe, 0x00]), 'it is not UTF-8 text'],
    ['far too much', ' '.repeat(2 ** 20 + 1), 'is larger than any settings'],
  ])('%s', async (_, text, says) => {
    expect((await complaints(text)).join('\n')).toContain(says);
  });

  test('a programme that would move every mailbox into itself, by whichever way to the same server', async () => {
    const both = (user: string, port = 993) =>
      ['source', 'target']
        .map(
          (side, i) =>
            `${side}: { url: '${i ? `imaps://mail.example:${port}` : 'imap://mail.example'}', user: '${user}', secret: env:A }\n`,
        )
        .join('');
    expect(await complaints(both('{local}'))).toEqual([
      expect.stringContaining(
        'source and target are the same server with the same users: every mailbox would be moved',
      ),
    ]);
    expect((await read(both('{local}', 1993))).target.user).toBe('{local}');
    expect(await complaints(both('{source_user}'))).toHaveLength(1);
    const named = both('x').replaceAll(", user: 'x'", '');
    expect((await read(named)).target.user).toBeNull();
  });

  test('a file that is not there: how to get one', async () => {
    await expect(readEstate(join(folder, 'none.yaml'))).rejects.toThrow('godwit init writes one');
  });

  test('a secret that was written in the place of a reference is not repeated', async () => {
    const canary = 'canary-77aa';
    const texts = [
      withSource('url: imaps://a.example', `secret: ${canary}`),
      withSource('url: imaps://a.example', `secrets: ${canary}`),
      withSource(`url: imaps://ann:${canary}@a.example`, 'secret: env:A'),
      withSource('url: imaps://a.example', `secret: [${canary}]`),
      withSource('url: imaps://a.example', `secret: env:${canary}`),
      `${small}database: postgres://godwit:${canary}@db/godwit\n`,
      `${small}database: "${canary}\n`,
      `${small}database: *${canary}\n`,
      `${small}listen: ${canary}\n`,
    ];
    for (const text of texts) expect((await complaints(text)).join('\n')).not.toContain(canary);
  });
});
