/** What a checker makes of files that somebody had in hand, or wrote to trip it. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type Certificate,
  envelopeText,
  inTreeOrder,
  leafOfCertificate,
  rootOfFolders,
  type WaveCertificate,
} from '#domain/certificate.ts';
import { elementsDigest } from '#domain/element-digest.ts';
import { noGrades } from '#domain/grade.ts';
import { proofsOf, treeRoot } from '#domain/merkle-tree.ts';
import { signingKey } from '#domain/signing-key.ts';
import { checkCertificate } from './check-certificate.ts';
import { signed } from './sign-evidence.ts';

const key = signingKey(randomBytes(32));
const element = createHash('sha256').update('a message').digest();

function certificate(address: string, more: Partial<Certificate> = {}): Certificate {
  const digest = elementsDigest(element);
  const side = { path: ['INBOX'], name: 'INBOX', uidValidity: 7, uidNext: 2, messages: 1, octets: 10, withheld: [] };
  const target = { ...side, elements: digest };
  const folders = [{ source: [target], target, equal: 1, missing: 0, extra: 0, different: 0 }];
  const sums = { sourceMessages: 1, sourceOctets: 10, targetMessages: 1, targetOctets: 10, equal: 1, extra: 0 };
  const at = '2026-12-01T10:00:00.000Z';
  return {
    type: 'godwit-certificate',
    version: 1,
    id: '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b',
    madeAt: at,
    tool: { name: 'godwit', version: '1.2.3' },
    mailbox: { address, kind: 'person', organisation: 'RXY', stage: 'settled', side: 'target' },
    wave: null,
    approvals: [],
    switches: [],
    compared: { begun: at, ended: at, source: 'a', target: 'b', outcome: 'whole', messagesRead: 2, octetsRead: 20 },
    digestKey: '00'.repeat(32),
    elementList: null,
    folders,
    root: rootOfFolders(folders),
    totals: { folders: 1, ...sums, behind: 0, removedSince: 0, sinceRelease: 0, byPeople: 0, open: 0, accepted: 0 },
    notes: [],
    exceptions: [],
    exceptionsUnnamed: 0,
    grade: { grade: 'perfect', because: [] },
    ...more,
  };
}

async function fileOf(document: Certificate | WaveCertificate): Promise<Buffer> {
  return Buffer.from(envelopeText(await signed(document, key)));
}

const check = (file: Buffer, more: Partial<Parameters<typeof checkCertificate>[0]> = {}) =>
  checkCertificate({ file, keys: [key], list: null, wave: null, ...more });
const kinds = async (file: Buffer, more = {}) => (await check(file, more)).findings.map(({ kind }) => kind);

describe('a certificate', () => {
  test('that nobody touched is as it was signed', async () => {
    expect(await check(await fileOf(certificate('ann@x.example')))).toMatchObject({ findings: [], signedBy: key.id });
  });

  test('of which any one octet was changed is found, whichever it is', async () => {
    const file = await fileOf(certificate('ann@x.example'));
    for (let at = 0; at < file.length; at++) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] as number) ^ 1;
      const { findings, signedBy } = await check(changed);
      expect([at, findings.length > 0, signedBy === null || findings[0]?.kind === 'not-canonical']).toEqual([
        at,
        true,
        true,
      ]);
    }
  });

  test('whose signature is written in another way is another file, though readers of base64url see the same octets', async () => {
    const file = (await fileOf(certificate('ann@x.example'))).toString();
    const signature = /"signature":"([^"]+)"/.exec(file)?.[1] as string;
    const next = String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1);
    for (const other of [`${signature.slice(0, -1)}${next}`, `${signature}==`, ` ${signature}`, `${signature}!`])
      expect([other, await kinds(Buffer.from(file.replace(signature, other)))]).toEqual([other, ['signature']]);
  });

  test('without a grade that there is, or without an address, is none', async () => {
    const file = (await fileOf(certificate('ann@x.example'))).toString();
    for (const [from, to] of [
      ['"grade":"perfect"', '"grade":"\\u001b[2J"'],
      ['"address":"ann@x.example"', '"address":7'],
      ['"targetMessages":1', '"targetMessages":"1"'],
    ] as const)
      expect(await kinds(Buffer.from(file.replace(from, to)))).toEqual(['not-json']);
  });

  test('written with blanks, or with a member twice, is refused although it means the same', async () => {
    const file = await fileOf(certificate('ann@x.example'));
    expect(await kinds(Buffer.from(JSON.stringify(JSON.parse(file.toString()), null, 2)))).toEqual(['not-canonical']);
    expect(await kinds(Buffer.from(file.toString().replace('{', '{"signature":"",')))).toEqual(['not-canonical']);
    expect(await kinds(Buffer.concat([file, Buffer.from('\n')]))).toEqual(['not-canonical']);
    expect(await kinds(Buffer.concat([Buffer.from('\ufeff'), file]))).toEqual(['not-json']);
  });

  test('whose folders were exchanged by who could sign is found by its root', async () => {
    expect(await kinds(await fileOf(certificate('ann@x.example', { folders: [] })))).toEqual(['root']);
  });

  test('signed with a key that was not given is nobody’s, whatever else it says', async () => {
    const file = await fileOf(certificate('ann@x.example'));
    const keys = [signingKey(randomBytes(32))];
    expect(await check(file, { keys })).toMatchObject({ signedBy: null, findings: [{ kind: 'unknown-key' }] });
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'certificate'],
    ['octets that are no UTF-8', '\xff\xfe'],
    [
      'another document',
      '{"certificate":{"type":"godwit-wave-certificate","version":1},"protected":"","signature":""}',
    ],
    ['null', 'null'],
    ['a list', '[]'],
    [
      'nulls where there should be more',
      '{"certificate":{"type":"godwit-certificate","version":1,"totals":null},"protected":"","signature":""}',
    ],
    ['a deep nest', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ])('that is %s is told so', async (_what, text) => {
    expect(await check(Buffer.from(text, 'latin1'))).toMatchObject({
      certificate: null,
      findings: [{ kind: 'not-json' }],
    });
  });

  test('with half a character or a number that is none in it is told so', async () => {
    const text = (await fileOf(certificate('ann@x.example'))).toString();
    expect(await kinds(Buffer.from(text.replace('person', '\\ud800')))).toEqual(['not-canonical']);
    expect(await kinds(Buffer.from(text.replace('"octetsRead":20', '"octetsRead":1e999')))).toEqual(['not-canonical']);
  });
});

describe('the wave’s certificate', () => {
  async function wave() {
    const all = ['ann', 'bob', 'cem', 'dot', 'eve'].map((name) => certificate(`${name}@x.example`));
    const leaves = inTreeOrder(all.map((each) => ({ each, leaf: leafOfCertificate(each) })));
    const document: WaveCertificate = {
      type: 'godwit-wave-certificate',
      version: 1,
      id: '0d4b4c3e-4a5a-4c0e-8f7a-1f3bb8a4d7aa',
      madeAt: '2026-12-01T10:00:00.000Z',
      tool: { name: 'godwit', version: '1.2.3' },
      wave: { name: 'pilot', opensAt: '', closesAt: '', pilot: true },
      mailboxes: all.length,
      root: treeRoot(leaves.map(({ leaf }) => leaf)).toString('hex'),
      grades: noGrades,
      grade: { grade: 'perfect', because: [] },
      uncertified: {},
      previous: null,
    };
    const index = leaves.findIndex(({ each }) => each.mailbox.address === 'ann@x.example');
    const proof = proofsOf(leaves.map(({ leaf }) => leaf))(index);
    const path = proof.path.map((hash) => Buffer.from(hash).toString('hex'));
    return { file: await fileOf(document), proof: { ...proof, path } };
  }

  test('covers who is in it, by the proof, and nobody else', async () => {
    const { file, proof } = await wave();
    const octets = Buffer.from(JSON.stringify(proof));
    const [ann, max] = [await fileOf(certificate('ann@x.example')), await fileOf(certificate('max@x.example'))];
    expect(await kinds(ann, { wave: { file, proof: octets } })).toEqual([]);
    expect(await kinds(max, { wave: { file, proof: octets } })).toEqual(['proof']);
    for (const bad of [
      '',
      'null',
      '{}',
      '{"index":0,"size":5,"path":["zz"]}',
      JSON.stringify({ ...proof, index: 9e15 }),
    ])
      expect(await kinds(ann, { wave: { file, proof: Buffer.from(bad) } })).toEqual(['proof']);
    const changed = Buffer.from(file);
    changed[changed.indexOf('pilot')] = 0x71;
    expect(await kinds(ann, { wave: { file: changed, proof: octets } })).toEqual(['signature']);
  });
});

describe('a list of elements', () => {
  const head = 'godwit-elements 1 6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b\n';
  const line = `1 10 - ${element.toString('hex')}\n`;

  async function listOf(text: string, octets = Buffer.from(text)) {
    const folder = await mkdtemp(join(tmpdir(), 'godwit-list-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const list = join(folder, 'a.elements');
    await writeFile(list, text);
    const elementList = { sha256: createHash('sha256').update(octets).digest('hex'), octets: octets.length };
    return check(await fileOf(certificate('ann@x.example', { elementList })), { list });
  }

  test('that fits names the messages of each folder', async () => {
    const { findings, lists } = await listOf(`${head}folder "INBOX"\n${line}`);
    expect(findings).toEqual([]);
    expect(lists.get('INBOX')?.message(0)).toEqual({ uid: 1, octets: 10, internalDate: null });
  });

  test.each([
    ['of another certificate', `godwit-elements 1 another\nfolder "INBOX"\n${line}`],
    ['without its lines', `${head}folder "INBOX"\n`],
    ['with a line twice', `${head}folder "INBOX"\n${line}${line}`],
    ['with a line that is none', `${head}folder "INBOX"\n${line}0 1 2 3\n`],
    ['with a folder that is no string', `${head}folder "INBOX\n${line}`],
    ['with nothing in it', ''],
  ])('%s is told so', async (_what, text) => {
    const { findings } = await listOf(text);
    expect(findings.length).toBeGreaterThan(0);
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['list']));
  });

  test('that is not the one of the certificate is told so, though what it says fits', async () => {
    const text = `${head}folder "INBOX"\n${line}`;
    expect((await listOf(text, Buffer.from('another'))).findings).toMatchObject([{ kind: 'list' }]);
  });
});
