import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { estateForm } from '#app/estate-settings.ts';
import { isSection } from '#app/setting-forms.ts';
import { readEstate } from '#app/read-estate.ts';
import { initText } from './init-text.ts';
import { type MadeUp, play, type Played } from './made-up-world.ts';

let folder = '';
let config = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-init-'));
  config = join(folder, 'godwit.yaml');
});
afterEach(async () => rm(folder, { recursive: true }));

const played = (argv: readonly string[], made: MadeUp = {}): Promise<Played> =>
  play(['init', ...argv], { config, readEstate, ...made });

describe('godwit init', () => {
  test('without a terminal writes a file that can be filled in, and says what to do next', async () => {
    const { code, stdout, asked } = await played([]);
    expect(code).toBe(0);
    expect(asked).toEqual([]);
    expect(stdout).toContain('put your own servers in the place of the examples (source, target)');
    expect(stdout).toContain('SOURCE_SECRET and TARGET_SECRET');
    expect(stdout).toContain('godwit init --check');
    expect((await played(['--check'])).code).toBe(0);
  });

  test('takes what is given by flags', async () => {
    const sides = ['--source', 'imaps://old.corp', '--source-admin', 'cn: mover', '--target', 'imap://new.corp:1143'];
    expect((await played(sides)).code).toBe(0);
    const { source, target } = await readEstate(config);
    expect(source).toMatchObject({ endpoint: { name: 'imaps://old.corp' }, signIn: { admin: 'cn: mover' } });
    expect(target.endpoint.name).toBe('imap://new.corp:1143');
    expect(target.signIn).toEqual({ kind: 'each', secrets: { kind: 'sealed', prefix: 'target/' } });
  });

  test('on a terminal asks for both servers and their administrators', async () => {
    const { code, asked, stdout } = await played([], { answers: ['imaps://old.corp', 'root', '', ''] });
    expect(code).toBe(0);
    expect(asked).toHaveLength(4);
    const { source, target } = await readEstate(config);
    expect(source).toMatchObject({ endpoint: { host: 'old.corp' }, signIn: { kind: 'admin', admin: 'root' } });
    expect(target).toMatchObject({ endpoint: { host: 'mail.new.example' }, signIn: { kind: 'each' } });
    expect(stdout).toContain('the examples (target)');
  });

  test('writes nothing when a question is left unanswered', async () => {
    const { code, stderr } = await played([], { answers: ['imaps://old.corp', null] });
    expect(code).toBe(5);
    expect(stderr).toContain('nothing was written');
    await expect(readFile(config)).rejects.toThrow('ENOENT');
  });

  test('leaves a file that is there as it is', async () => {
    await writeFile(config, 'mine');
    const { code, stderr } = await played([]);
    expect(code).toBe(2);
    expect(stderr).toContain('is there already, and was left as it is');
    expect(await readFile(config, 'utf8')).toBe('mine');
  });

  test('refuses a URL that is none, before anything is written', async () => {
    const { code, stderr } = await played(['--source', 'mail.old', '--target', 'imaps://ann@new.example']);
    expect(code).toBe(2);
    expect(stderr).toContain('--source: This is no URL');
    expect(stderr).toContain('--target: Leave the user out');
    await expect(readFile(config)).rejects.toThrow('ENOENT');
  });
});

describe('godwit init --check', () => {
  test('says in a few lines what the settings amount to', async () => {
    await played(['--source', 'imaps://old.corp', '--source-admin', 'mover', '--target', 'imap+plain://localhost']);
    const { code, stdout } = await played(['--check']);
    expect(code).toBe(0);
    expect(stdout).toContain('imaps://old.corp, as mover on behalf of each mailbox');
    expect(stdout).toContain("imap+plain://localhost, with each mailbox's own secret, in clear text");
  });

  test('names the variables and files that cannot be had here, and is content all the same', async () => {
    await played([]);
    const { code, stdout } = await played(['--check'], { notHere: ['env:SOURCE_SECRET'] });
    expect(code).toBe(0);
    expect(stdout).toContain('not here  env:SOURCE_SECRET');
  });

  test('tells everything that is wrong, with its place and exit code 2', async () => {
    await played([]);
    await writeFile(config, `${await readFile(config, 'utf8')}\nfollow-evry: 5m\ndelete: perhaps\n`);
    const { code, stderr } = await played(['--check']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /godwit\.yaml, line \d+, column 1: "follow-evry" is no setting; did you mean "follow-every"\?/,
    );
    expect(stderr).toMatch(/godwit\.yaml, line \d+, column 9: delete must be true or false\./);
    expect(stderr).toContain('2 problems; nothing was started.');
    const json = JSON.parse((await played(['--check', '-o', 'json'])).stdout) as { error: { problems: unknown[] } };
    expect(json.error.problems).toHaveLength(2);
  });
});

describe('the file that is written', () => {
  const side = (url: string) => ({ url, admin: null });
  const text = initText({
    schema: './s.json',
    timezone: 'Etc/GMT+1',
    source: side('imaps://a.example'),
    target: side('imaps://b.example'),
  });

  test('has every setting there is', () => {
    const keys = (form: typeof estateForm): readonly string[] =>
      Object.entries(form.properties).flatMap(([key, property]) =>
        isSection(property) ? [key, ...keys(property as unknown as typeof estateForm)] : [key],
      );
    for (const key of new Set(keys(estateForm))) expect(text).toMatch(new RegExp(`^[ #]*${key}:`, 'm'));
  });

  test('shows as defaults what the defaults are', async () => {
    await writeFile(config, text);
    const asWritten = await readEstate(config);
    // What is no default but an example.
    const examples =
      /schema|include|exclude|map:|Sent Items|max-size|commands-per|admin|secret:|secrets: file|oauth|user:|ca:|database: env|embedded:|port:|password:|smtps?:|from:|reply-to:|templates:|sessions:|doveadm|key:/;
    const lines = sections
      .reduce((rest, name) => takenOut(rest, name).rest, text)
      .split('\n')
      .map((line) => (/^ *# +[\w-]+:(?: |$)/.test(line) && !examples.test(line) ? line.replace('# ', '') : line));
    expect(lines.join('\n')).toMatch(/^error-budget: 2%$/m);
    await writeFile(config, lines.join('\n'));
    expect(await readEstate(config)).toEqual(asWritten);
  });

  /** These have no defaults that could stand alone. */
  const sections = ['doors', 'api', 'directory', 'ways-in', 'probes', 'approvals', 'endpoints', 'audit'] as const;

  function takenOut(from: string, name: string): { readonly rest: string; readonly shown: string } {
    const [before = '', its = '', after = ''] = from.split(new RegExp(`^(# ${name}:\\n(?:#.*\\n)*)`, 'm'));
    return { rest: before + after, shown: its.replaceAll(/^# /gm, '') };
  }

  /** The settings as they are with what is shown of one section, taken at its word but for `made` of it. */
  async function readWith(name: (typeof sections)[number], made: (shown: string) => string = (shown) => shown) {
    const { rest, shown } = takenOut(text, name);
    await writeFile(config, `${rest}${made(shown)}`);
    return readEstate(config);
  }

  test('shows of each section what can be had as it stands', async () => {
    const forBoth = (shown: string): string => {
      const source = /^ {2}source:\n(?: {4}.*\n)*/m.exec(shown)?.[0] ?? '';
      return shown + source.replace('source:', 'target:');
    };
    expect((await readWith('doors', forBoth)).doors).toMatchObject({
      signInsWaitMs: 20_000,
      postfix: { views: [{ name: '' }] },
    });
    // With one of the two ways to sign in, and without the file of an authority.
    const oneWay = (shown: string): string => shown.replaceAll(/^ +(?:ca|secrets):.*\n/gm, '');
    expect((await readWith('probes', oneWay)).probes).toMatchObject({ user: '{address}', atOnce: 40, perMinute: 500 });
    expect((await readWith('api')).api).toMatchObject({
      at: { kind: 'tcp', host: '127.0.0.1', port: 8030 },
      tls: { certificate: join(dirname(config), 'api.crt'), key: join(dirname(config), 'api.key') },
      behindProxy: false,
      signIn: { issuer: 'https://id.corp.example' },
    });
    expect((await readWith('directory', oneWay)).directory).toMatchObject({
      filter: '(mail={address})',
      source: { mailRoutingAddress: null },
      target: { mailRoutingAddress: '{local}@new.example' },
    });
    expect((await readWith('ways-in')).waysIn).toEqual({
      usual: ['mx', 'proxy', 'direct'],
      elsewhere: { RXY: ['mx', 'proxy'] },
    });
    expect((await readWith('approvals')).approvals).toEqual(['start-wave', 'release-wave']);
    expect((await readWith('audit')).audit).toMatchObject({ sendHead: [{ kind: 'file' }] });
    const everywhere = (shown: string): string => shown.replace("'*.corp.example'", "'*.corp.example', '*.example'");
    expect((await readWith('endpoints', everywhere)).endpoints).toMatchObject({ ports: [993, 443, 587] });
  });
});
