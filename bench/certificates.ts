/**
 * Certificates of a wave that the real engine moved, each checked by docs/check-certificate.mjs against the live target; then one message
 * changed, one removed, one added on the target, one in a folder that is new there, and one octet of a certificate changed: each has to be found and named, and nobody else.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { everyOne } from '#lib/at-once.ts';
import { plainMessages } from '../labs/awkward-mail.ts';
import { alterInPlace, type CertifiedEstate, certifiedEstate, runScript, type Said } from '../labs/certified-estate.ts';
import { seedAccount } from '../labs/seed.ts';
import type { LabUser } from '../labs/server.ts';

const messagesEach = 40;
/** Scripts at a time: one for each core. */
const atOnce = 2;

export interface CertificatesResult {
  readonly mailboxes: number;
  readonly messages: number;
  readonly makeSeconds: number;
  readonly checkSeconds: number;
  /** Mailboxes that the script found as certified, before anything was done to them. */
  readonly asCertified: number;
  /** What was done, to whom, and what the script said of it. */
  readonly strikes: readonly { readonly what: string; readonly address: string; readonly said: readonly string[] }[];
  /** Mailboxes to which nothing was done and of which it said something. */
  readonly falselyAccused: readonly string[];
  readonly isWell: boolean;
}

export async function runCertificates(mailboxes: number, say: (line: string) => void): Promise<CertificatesResult> {
  const names = Array.from({ length: mailboxes }, (_, i) => `m${String(i).padStart(5, '0')}`);
  say(`${mailboxes} mailboxes of ${messagesEach} messages, moved from one Dovecot to another`);
  await using estate = await certifiedEstate(names, (name) => [
    { path: ['INBOX'], messages: [...plainMessages(Number(name.slice(1)) + 1, messagesEach - 10)] },
    { path: ['Archive', 'Süd'], messages: [...plainMessages(Number(name.slice(1)) + 100_000, 10)] },
  ]);
  const folder = join(estate.folder, 'evidence');
  const makeSeconds = await timed(async () => {
    await must(estate, 'certificate', 'make', '--wave', 'pilot', '--out', folder);
  });
  say(`made in ${makeSeconds.toFixed(1)} s, ${(mailboxes / makeSeconds).toFixed(1)} mailboxes/s`);
  await must(estate, 'certificate', 'digest-keys', '--wave', 'pilot', '--out', folder);
  const before = new Map<string, Said>();
  const checkSeconds = await timed(() => checkAll(estate, folder, before));
  const asCertified = [...before.values()].filter(({ code }) => code === 0).length;
  say(`${asCertified} of ${mailboxes} found as certified by the script, in ${checkSeconds.toFixed(1)} s`);

  const struck = await strike(estate, folder);
  const after = new Map<string, Said>();
  await checkAll(estate, folder, after);
  const strikes = struck.map(({ what, user, expected }) => {
    const said = after.get(user.name)?.wrong ?? [];
    const isFound = said.length > 0 && said.every((line) => expected.test(line));
    say(`${isFound ? 'found ' : 'MISSED'}  ${what} (${user.name}): ${said.join(' | ')}`);
    return { what, address: user.name, said, isFound };
  });
  const touched = new Set(strikes.map(({ address }) => address));
  const falselyAccused = [...after]
    .filter(([name, { code }]) => code !== 0 && !touched.has(name))
    .map(([name]) => name);
  say(`${falselyAccused.length} of the other ${mailboxes - touched.size} were found otherwise`);
  const isWell = asCertified === mailboxes && falselyAccused.length === 0 && strikes.every(({ isFound }) => isFound);
  const messages = mailboxes * messagesEach;
  return { mailboxes, messages, makeSeconds, checkSeconds, asCertified, strikes, falselyAccused, isWell };
}

interface Strike {
  readonly what: string;
  readonly user: LabUser;
  readonly expected: RegExp;
}

async function strike(estate: CertifiedEstate, folder: string): Promise<readonly Strike[]> {
  const [changed, removed, added, hidden, forged] = estate.users as unknown as [
    LabUser,
    LabUser,
    LabUser,
    LabUser,
    LabUser,
  ];
  await alterInPlace(estate, changed, 7);
  await estate.target.doveadm(['expunge', '-u', removed.name, 'mailbox', 'INBOX', 'uid', '3']);
  await seedAccount(estate.target, added, [{ path: ['INBOX'], messages: [...plainMessages(999_999, 1)] }]);
  await seedAccount(estate.target, hidden, [
    { path: ['Where nobody looks'], messages: [...plainMessages(999_998, 1)] },
  ]);
  const file = join(folder, `${forged.name}.json`);
  const octets = await readFile(file);
  const at = octets.indexOf('"elements":"') + 20;
  octets[at] = octets[at] === 0x61 ? 0x62 : 0x61;
  await writeFile(file, octets);
  return [
    { what: 'a message changed', user: changed, expected: /INBOX: changed: UID 7,/ },
    { what: 'a message removed', user: removed, expected: /INBOX: removed: UID 3,/ },
    { what: 'a message added', user: added, expected: /INBOX: added since: UID \d+,/ },
    {
      what: 'a message added in a new folder',
      user: hidden,
      expected: /Where nobody looks: added since, in a folder that was not there: UID 1,/,
    },
    { what: 'an octet of a certificate changed', user: forged, expected: /changed|do not fit|differs/ },
  ];
}

async function checkAll(estate: CertifiedEstate, folder: string, said: Map<string, Said>): Promise<void> {
  const keys = join(folder, 'public-keys.json');
  await everyOne(estate.users, atOnce, new AbortController().signal, async (user) => {
    const own = (ending: string): string => join(folder, `${user.name}.${ending}`);
    const live = ['--against', estate.url(user), '--ca', estate.target.caFile as string, '--password-env', 'PW'];
    const args = [own('json'), '--public-key', keys, ...live, '--digest-key', own('digest-key')];
    said.set(user.name, await runScript(args));
  });
}

async function must(estate: CertifiedEstate, ...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await estate.run(...args);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
}

/** Seconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}
