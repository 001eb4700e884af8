/**
 * Certificates of a wave that the real engine moved between two servers, checked against the live target by Godwit and by the script
 * that knows nothing of it but the description of the format.
 */

import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalDocument, type Certificate, type Envelope, type WaveCertificate } from '../src/domain/certificate.ts';
import type { CheckFinding } from '../src/domain/certificate-check.ts';
import { plainMessages } from './awkward-mail.ts';
import {
  alterInPlace,
  type CertifiedEstate,
  certifiedEstate,
  password,
  runScript,
  type Said,
} from './certified-estate.ts';
import { startGodwit } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount, type SeedFolder } from './seed.ts';
import type { LabUser } from './server.ts';
import { skipAloud } from './skip-aloud.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('certificates', dovecot);

function mail(name: string): readonly SeedFolder[] {
  const seed = name.charCodeAt(0);
  return [
    { path: ['INBOX'], messages: [...plainMessages(seed, 12)] },
    { path: ['Süd & "Ost"'], messages: [...plainMessages(seed + 1, 5)] },
    { path: ['Empty'] },
  ];
}

interface Checked {
  readonly code: number | null;
  readonly findings: readonly CheckFinding[];
  readonly stdout: string;
}

describe.runIf(dovecot.ok)('certificates of a wave', () => {
  let there: CertifiedEstate;
  let ends: AsyncDisposableStack;
  const folder = (): string => join(there.folder, 'evidence');
  const file = (user: LabUser, ending = 'json'): string => join(folder(), `${user.name}.${ending}`);
  const userOf = (name: string): LabUser => there.users.find((each) => each.name.startsWith(`${name}@`)) as LabUser;
  const read = async <Document>(path: string): Promise<Document> =>
    (JSON.parse(await readFile(path, 'utf8')) as Envelope<Document>).certificate;

  async function must(...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await there.run('certificate', ...args);
    if (code !== 0 || stderr !== '') throw new Error(`certificate ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
  }

  beforeAll(async () => {
    ends = new AsyncDisposableStack();
    there = ends.use(await certifiedEstate(['ann', 'bob', 'cem', 'dot'], mail));
    await must('make', '--wave', 'pilot', '--out', folder());
    await must('digest-keys', '--wave', 'pilot', '--out', folder());
    await must('key', 'export', '--out', join(there.folder, 'keys.json'));
  }, 300_000);

  afterAll(async () => ends?.disposeAsync());

  const signIn = (user: LabUser): readonly string[] => [
    '--against',
    there.url(user),
    '--ca',
    there.target.caFile as string,
    '--digest-key',
  ];

  /** By Godwit. */
  async function check(user: LabUser, more: readonly string[] = [], path = file(user)): Promise<Checked> {
    const keys = ['--public-key', join(there.folder, 'keys.json')];
    const live = [...signIn(user), `file:${file(user, 'digest-key')}`, '--secret', 'env:PW'];
    const args = ['certificate', 'check', path, ...keys, ...live, ...more, '-o', 'json'];
    // No settings and no estate: it takes neither.
    const { code, stdout, stderr } = await startGodwit(args, { PW: password, HOME: there.folder }).ended;
    const document = JSON.parse(stdout) as { readonly findings?: readonly CheckFinding[] };
    if (!document.findings) throw new Error(`${stdout}${stderr}`);
    return { code, findings: document.findings, stdout };
  }

  /** By the script alone. */
  function alone(user: LabUser, more: readonly string[] = [], path = file(user)): Promise<Said> {
    const keys = ['--public-key', join(there.folder, 'keys.json')];
    const live = [...signIn(user), file(user, 'digest-key'), '--password-env', 'PW'];
    return runScript([path, ...keys, ...live, ...more]);
  }

  test('say what was there and what arrived, and both checkers find the target as certified', async () => {
    for (const user of there.users) {
      const certificate = await read<Certificate>(file(user));
      expect(certificate).toMatchObject({
        mailbox: { address: user.name, organisation: 'RXY', stage: 'settled', side: 'target' },
        wave: { name: 'pilot' },
        totals: { sourceMessages: 17, targetMessages: 17, equal: 17, open: 0 },
        grade: { grade: 'perfect', because: [] },
        exceptions: [],
      });
      expect(certificate.approvals).toContainEqual(
        expect.objectContaining({ who: 'operator ann', what: 'wave start', why: 'a lab' }),
      );
      expect(certificate.switches).toHaveLength(1);
      for (const { source, target } of certificate.folders) expect(source[0]?.elements).toBe(target.elements);
      expect(await check(user)).toMatchObject({ code: 0, findings: [] });
      expect(await alone(user)).toMatchObject({ code: 0, wrong: [] });
    }
  }, 200_000);

  test('hold no word of any message, and neither does the list of elements', async () => {
    for (const name of await readdir(folder())) {
      const text = await readFile(join(folder(), name), 'utf8');
      for (const { bytes } of plainMessages('a'.charCodeAt(0), 12))
        for (const line of bytes.toString('latin1').split('\r\n'))
          if (line.length > 12) expect(text).not.toContain(line);
    }
  });

  test('are covered by the root of the wave, which stands in the audit log', async () => {
    const wave = await read<WaveCertificate>(join(folder(), 'wave-pilot.json'));
    expect(wave).toMatchObject({ mailboxes: 4, previous: null, uncertified: {}, grade: { grade: 'perfect' } });
    const { rows } = await sql<{ about: Record<string, unknown> }>`
      select about from audit where what = 'wave certified'`.execute(there.db.sql);
    expect(rows.map(({ about }) => about['root'])).toEqual([wave.root]);
    await expect(sql`update certificate set grade = 'poor'`.execute(there.db.sql)).rejects.toThrow('never changed');
  });

  test('an organisation takes away its own, which both checkers find under the root of the wave', async () => {
    const bundle = join(there.folder, 'bundle');
    const { code, stdout } = await there.run('evidence', 'export', '--organisation', 'RXY', '--out', bundle);
    expect([code, stdout]).toEqual([0, expect.stringContaining('the evidence of 4 mailboxes')]);
    const names = await readdir(bundle);
    const wave = names.find((name) => name.startsWith('wave-pilot-')) as string;
    expect(names.filter((name) => name.endsWith('digest-key'))).toEqual([]);
    const table = await readFile(join(bundle, 'mailboxes.csv'), 'utf8');
    expect(table.split('\r\n')[1]).toMatch(/^ann@corp\.example,RXY,person,perfect,,no,pilot,/);
    const [ann, bob] = [userOf('ann'), userOf('bob')];
    const path = join(bundle, `${ann.name}.json`);
    const proof = (user: LabUser) => ['--proof', join(bundle, `${user.name}.proof.json`)];
    expect(await check(ann, ['--wave-file', join(bundle, wave), ...proof(ann)], path)).toMatchObject({ findings: [] });
    expect(await alone(ann, ['--wave', join(bundle, wave), ...proof(ann)], path)).toMatchObject({ code: 0 });
    // The proof of another one proves nothing.
    const others = await check(ann, ['--wave-file', join(bundle, wave), ...proof(bob)], path);
    expect(others.findings.map(({ kind }) => kind)).toEqual(['proof']);
    expect((await alone(ann, ['--wave', join(bundle, wave), ...proof(bob)], path)).code).toBe(1);
    const page = await there.run('report', 'wave', 'pilot', '-o', 'html');
    expect([page.code, page.stdout]).toEqual([0, expect.stringContaining('<th scope="row">ann@corp.example</th>')]);
    const unknown = await there.run('evidence', 'export', '--organisation', 'RXX', '--out', bundle);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean RXY?')]);
  }, 100_000);

  test('one octet of a certificate changed is found by both, wherever it is', async () => {
    const ann = userOf('ann');
    const whole = await readFile(file(ann));
    const changed = join(there.folder, 'changed.json');
    const places = {
      address: whole.indexOf('"address"') + 12,
      root: whole.indexOf('"root":"') + 10,
      digest: whole.indexOf('"elements":"') + 20,
      signature: whole.indexOf('"signature":"') + 20,
      blank: whole.length - 1,
    };
    for (const [where, at] of Object.entries(places)) {
      const octets = Buffer.from(whole);
      octets[at] = octets[at] === 0x61 ? 0x62 : 0x61;
      await writeFile(changed, octets);
      const list = ['--elements', file(ann, 'elements')];
      const found = await check(ann, list, changed);
      expect([where, found.code]).toEqual([where, 3]);
      expect(found.findings.some(({ says }) => says.includes('changed') || says.includes('JSON'))).toBe(true);
      const said = await alone(ann, list, changed);
      expect([where, said.code]).toEqual([where, 1]);
      expect(said.wrong.join()).toMatch(/changed/);
    }
  }, 200_000);

  test('a message changed, one removed and one added on the target are found and named by both', async () => {
    const [bob, cem, dot] = [userOf('bob'), userOf('cem'), userOf('dot')];
    await alterInPlace(there, bob, 7);
    await there.target.doveadm(['expunge', '-u', cem.name, 'mailbox', 'INBOX', 'uid', '3']);
    await seedAccount(there.target, dot, [{ path: ['INBOX'], messages: [...plainMessages(99, 1)] }]);

    expect(named(await check(bob))).toEqual(['changed INBOX 7']);
    expect((await alone(bob)).wrong).toEqual([expect.stringMatching(/INBOX: changed: UID 7, /)]);
    expect(named(await check(cem))).toEqual(['removed INBOX 3']);
    expect((await alone(cem)).wrong).toEqual([expect.stringMatching(/INBOX: removed: UID 3, \d+ octets, 20/)]);
    expect(await check(dot)).toMatchObject({ code: 3 });
    expect(named(await check(dot))).toEqual(['added-since INBOX 13']);
    expect((await alone(dot)).wrong).toEqual([expect.stringMatching(/INBOX: added since: UID 13, /)]);
    // In a mailbox that people use that is no fault.
    expect((await check(dot, ['--live'])).code).toBe(0);
    expect(await alone(dot, ['--live'])).toMatchObject({ code: 0, wrong: [] });
  }, 200_000);

  test('a message in a folder that is new there is found and named by both, and a folder that was there is not', async () => {
    const dot = userOf('dot');
    await seedAccount(there.target, dot, [
      { path: ['Neu & "fein"'], messages: [...plainMessages(98, 2)] },
      { path: ['Made since, and empty'], messages: [] },
    ]);
    expect(named(await check(dot))).toEqual([
      'added-since INBOX 13',
      'added-since Neu & "fein" 1',
      'added-since Neu & "fein" 2',
    ]);
    expect((await alone(dot)).wrong).toEqual([
      expect.stringMatching(/INBOX: added since: UID 13, /),
      expect.stringMatching(/Neu &- "fein": added since, in a folder that was not there: UID 1, \d+ octets, 20/),
      expect.stringMatching(/Neu &- "fein": added since, in a folder that was not there: UID 2, /),
    ]);
    // People make folders after their move.
    expect((await check(dot, ['--live'])).code).toBe(0);
    expect(await alone(dot, ['--live'])).toMatchObject({ code: 0, wrong: [] });
  }, 200_000);

  test('without the list of elements the folder is named, with both counts', async () => {
    const cem = userOf('cem');
    const bare = join(there.folder, 'bare.json');
    await cp(file(cem), bare);
    expect((await check(cem, [], bare)).findings).toMatchObject([
      { kind: 'folder-differs', folder: 'INBOX', says: expect.stringMatching(/^12 messages .* were certified, 11 of/) },
    ]);
    expect((await alone(cem, [], bare)).wrong).toEqual([
      expect.stringMatching(/INBOX: differs: 12 messages .*, 11 are there/),
    ]);
  }, 100_000);

  test('a list of elements that was changed names nothing, and is named itself', async () => {
    const cem = userOf('cem');
    const list = join(there.folder, 'forged.elements');
    // Somebody removes the line of the message that they removed.
    const lines = (await readFile(file(cem, 'elements'), 'utf8')).split('\n');
    const at = lines.findIndex((line, i) => i > lines.indexOf('folder "INBOX"') && line.startsWith('3 '));
    await writeFile(list, lines.toSpliced(at, 1).join('\n'));
    const found = await check(cem, ['--elements', list]);
    expect(found.findings.map(({ kind }) => kind)).toEqual(['list', 'list', 'folder-differs']);
    const said = await alone(cem, ['--elements', list]);
    expect(said.wrong).toEqual([
      expect.stringMatching(/not the certified list/),
      expect.stringMatching(/INBOX: differs: 12 messages/),
    ]);
  }, 100_000);

  test('a mailbox that was certified and not carried whole is no longer whole, and its certificate says why', async () => {
    const ann = userOf('ann');
    const path = join(there.folder, 'again');
    await alterInPlace(there, ann, 5);
    const made = await there.run('certificate', 'make', '--wave', 'pilot', '--out', path);
    expect(made.code).toBe(3);
    expect(made.stdout).toContain(`${ann.name}  investigate: 1 exception open`);
    const certificate = await read<Certificate>(join(path, `${ann.name}.json`));
    expect(certificate.exceptions).toMatchObject([
      { folder: 'INBOX', uid: 5, kind: 'different', code: 'content', accepted: null },
    ]);
    const { run } = there;
    expect((await run('mailbox', 'accept', ann.name, '--all', '--why', 'a virus was cut out')).code).toBe(0);
    expect((await run('certificate', 'make', '--mailbox', ann.name, '--out', path)).code).toBe(0);
    const accepted = await read<Certificate>(join(path, `${ann.name}.json`));
    expect(accepted).toMatchObject({
      grade: { grade: 'good' },
      exceptions: [{ uid: 5, accepted: { why: 'a virus was cut out' } }],
    });
    // The chain goes on from the root before it.
    const first = await read<WaveCertificate>(join(folder(), 'wave-pilot.json'));
    const second = await read<WaveCertificate>(join(path, 'wave-pilot.json'));
    expect(first.previous).toBeNull();
    expect(second.previous).toBe(createHash('sha256').update(canonicalDocument(first)).digest('hex'));
  }, 200_000);

  test('a run that is killed goes on with those who have none, and makes the root when all have one', async () => {
    const path = join(there.folder, 'killed');
    await mkdir(path);
    const order = ['certificate', 'make', '--wave', 'pilot', '--at-once', '1', '--out', path] as const;
    const roots = async () => (await sql`select from wave_certificate`.execute(there.db.sql)).rows.length;
    const before = await roots();
    const { child, ended } = there.start(...order);
    await expect.poll(async () => madeIn(path), { timeout: 60_000, interval: 5 }).not.toEqual([]);
    child.kill('SIGKILL');
    await ended;
    const [first = ''] = await madeIn(path);
    const text = await readFile(join(path, first), 'utf8');
    const { code, stdout } = await there.run(...order);
    expect(code).not.toBe(1);
    // Unless all was over before it was killed, nothing is made twice.
    if ((await roots()) === before + 1) {
      expect(stdout).toMatch(/4 certificates made, [1-4] of them in an earlier run/);
      expect(await readFile(join(path, first), 'utf8')).toBe(text);
    }
    expect((await read<WaveCertificate>(join(path, 'wave-pilot.json'))).mailboxes).toBe(4);
    expect((await readdir(path)).filter((name) => /draft/.test(name))).toEqual([]);
  }, 200_000);
});

async function madeIn(path: string): Promise<readonly string[]> {
  return (await readdir(path)).filter((name) => name.endsWith('@corp.example.json'));
}

function named({ findings }: Checked): readonly string[] {
  return findings.map(({ kind, folder, uid }) => `${kind} ${folder} ${uid}`);
}
