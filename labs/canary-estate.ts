/** An estate full of canaries: in each password and key that it takes to move it, and in everything people wrote to each other. */

import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startVaultDouble, type VaultDouble } from '../src/connectors/vault/vault-double.test-kit.ts';
import { imapDate } from './awkward-mail.ts';
import { drawMark, type Mark, markOf } from './canary-search.ts';
import type { SeedMessage } from './seed.ts';
import type { LabUser } from './server.ts';

/** What nobody else is to see, one mark for each place it may come from. */
export interface Canaries {
  readonly administrator: Mark;
  readonly targets: Mark;
  readonly wrong: Mark;
  readonly spare: Mark;
  readonly database: Mark;
  readonly token: Mark;
  readonly sealing: Mark;
  readonly subject: Mark;
  readonly people: Mark;
  readonly body: Mark;
  readonly attachment: Mark;
  readonly all: readonly Mark[];
}

const sealingKey = randomBytes(32);

export function drawCanaries(): Canaries {
  const named = {
    administrator: drawMark("the source administrator's password"),
    targets: drawMark("mailboxes' own passwords"),
    wrong: drawMark('a wrong password'),
    spare: drawMark('secrets that nobody uses'),
    database: drawMark("the database's password"),
    token: drawMark('the token for Vault'),
    sealing: markOf('the key of the sealed secrets', sealingKey),
    subject: drawMark('a subject'),
    people: drawMark('a correspondent'),
    body: drawMark('a body'),
    attachment: drawMark('an attachment'),
  };
  return { ...named, all: Object.values(named) };
}

export function peopleOf(count: number, { targets }: Canaries): readonly LabUser[] {
  return Array.from({ length: count }, (_, i) => ({ name: `user${i}@corp.example`, password: `${targets.text}.${i}` }));
}

/** Ordinary and odd ones, all marked in all that is theirs; one of several megabytes, to be under way when somebody is killed. */
export function* markedMessages(canaries: Canaries, count: number, prefix: string): Generator<SeedMessage> {
  const { subject, people, body, attachment } = canaries;
  for (let i = 0; i < count; i++) {
    const id = `${prefix}.${i}@lab.example`;
    const head = [
      `From: "${people.text}" <${people.text}@people.example>`,
      `To: ${people.text} <someone@people.example>`,
      `Subject: ${i % 3 === 0 ? `=?utf-8?B?${Buffer.from(`${subject.text} für dich`).toString('base64')}?=` : subject.text}`,
      // 8-bit octets in a header are what servers alter, and what is read back and listed for it.
      ...(i % 4 === 1 ? [`X-Note: grüße ${subject.text}`] : []),
      `Message-ID: <${id}>`,
      'Content-Type: multipart/mixed; boundary=b',
    ];
    const lines = i === 2 ? 60_000 : 3;
    const text = ['--b', 'Content-Type: text/plain', '', ...Array<string>(lines).fill(`${body.text} and so on`)];
    const note = ['--b', `Content-Type: application/x-note; name="${attachment.text}.bin"`];
    const encoded = Buffer.from(attachment.text).toString('base64');
    const parts = [...text, ...note, 'Content-Transfer-Encoding: base64', '', encoded, '--b--', ''];
    yield {
      name: id,
      bytes: Buffer.from([...head, '', ...parts].join('\r\n')),
      flags: i % 2 === 0 ? ['\\Seen'] : [],
      internalDate: imapDate(1_500_000_000 + i * 61),
    };
  }
}

export interface Keys extends AsyncDisposable {
  readonly vault: VaultDouble;
  /** Of all processes of the estate: nothing in it is a secret, only where they are. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same with the key in Vault first, for a rotation. */
  readonly afterwards: string;
}

/** The key of the sealed secrets as a credential of systemd, and the one in Vault that takes over from it. */
export async function makeKeys(folder: string, { token }: Canaries): Promise<Keys> {
  const vault = await startVaultDouble();
  vault.token = token.text;
  const credentials = join(folder, 'credentials');
  await mkdir(credentials, { mode: 0o700 });
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(credentials, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  await write('sealing', sealingKey.toString('base64'));
  await write('vault-token', token.text);
  const ca = await write('ca.pem', vault.ca);
  const place = { address: vault.address.origin, key: 'godwit', token: 'credential:vault-token', ca };
  const inVault = `vault:${await write('vault.json', JSON.stringify(place))}`;
  return {
    vault,
    environment: { CREDENTIALS_DIRECTORY: credentials, GODWIT_KEY: `credential:sealing,${inVault}` },
    afterwards: `${inVault},credential:sealing`,
    [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
  };
}

/** The settings of the programme; answers with the path of the file. */
export async function writeCanarySettings(
  folder: string,
  ports: { readonly source: number; readonly target: number },
  databaseUrl: string,
): Promise<string> {
  const file = join(folder, 'godwit.yaml');
  await writeFile(join(folder, 'database-url'), databaseUrl, { mode: 0o600 });
  const lines = [
    `source: { url: 'imap+plain://127.0.0.1:${ports.source}', admin: mover, admin-style: 'user*master', secret: sealed:mover }`,
    `target: { url: 'imap+plain://127.0.0.1:${ports.target}', secrets: sealed:target/ }`,
    'database: file:database-url',
    "api: { listen: '127.0.0.1:0' }",
    'follow-every: 2s',
    'workers: { at-once: 3 }',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}
