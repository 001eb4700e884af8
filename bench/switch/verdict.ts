/** What became of it all, asked of nobody who took part: both servers read by the bench's own client, and the logs of the Postfixes. */

import { readFileSync } from 'node:fs';
import { removedFolder } from '#domain/removed-folder.ts';
import type { DovecotServer } from '../../labs/dovecot.ts';
import type { PostfixServer } from '../../labs/postfix.ts';
import { forAll } from '../evening-servers.ts';
import { quoted, RawImap } from '../raw-imap.ts';
import { password } from './landscape.ts';
import type { Injected } from './mail.ts';
import { type Deed, messageId, type People } from './people.ts';

/** Where each message of a mailbox is, and with which flags, by the local part of its Message-ID. */
export type Held = ReadonlyMap<string, readonly { readonly folder: string; readonly flags: readonly string[] }[]>;

export interface Findings {
  /** Injected messages that are not in their mailbox, that are there more than once, and that are in another. */
  lost: number;
  twice: number;
  astray: number;
  /** Acknowledged to a program, and not so any more. */
  undone: number;
  /** What the side that was left has stored, or was there before anything moved, and the other side does not have. */
  leftBehind: number;
  readonly examples: string[];
}

/** What has to be in a mailbox besides mail that was injected and what programs did. */
export interface Besides {
  readonly stored: readonly { readonly address: string; readonly id: string }[];
  /** How many messages that are nobody's of the bench were in it at first. */
  readonly seeded: ReadonlyMap<string, number>;
}

/** So begins every id of a message that came while the bench ran. */
const ourPrefix = 'switch-';

const lanes = 6;
const examplesMax = 20;

/** Reads the mailboxes of `addresses` on `server`. */
export async function readAll(server: DovecotServer, addresses: readonly string[]): Promise<ReadonlyMap<string, Held>> {
  const found = new Map<string, Held>();
  await forAll(
    addresses,
    lanes,
    async (address) => void found.set(address, await readOne(server, address)),
    () => undefined,
  );
  return found;
}

async function readOne({ host, port }: DovecotServer, address: string): Promise<Held> {
  const held = new Map<string, { folder: string; flags: readonly string[] }[]>();
  await using imap = await RawImap.open({ host, port, ca: null });
  await imap.signIn(address, password);
  const listed = await imap.ask('LIST "" "*"');
  for (const { text } of listed) {
    const folder = /^\* LIST \([^)]*\) (?:NIL|"[^"]*") "?([^"]+)"?$/.exec(text)?.[1];
    // What people removed on the other side is kept at home in a folder of ours, and is nobody's mail any more.
    if (folder === undefined || text.includes('\\Noselect') || folder.split('/')[0] === removedFolder) continue;
    await imap.ask(`EXAMINE ${quoted(folder)}`);
    const messages = await imap.ask('FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])').catch(() => []);
    for (const { text: told, literals } of messages) {
      const id = literals.map((each) => messageId(each.toString('latin1'))).find((each) => each !== null);
      const flags = /FLAGS \(([^)]*)\)/.exec(told)?.[1]?.split(' ') ?? [];
      if (id) held.set(id, [...(held.get(id) ?? []), { folder, flags }]);
    }
  }
  return held;
}

/** Of the messages with these ids, through how many servers the one went that went through most. */
export async function readHops(
  { host, port }: DovecotServer,
  addresses: readonly string[],
  ids: ReadonlySet<string>,
): Promise<number> {
  let most = 0;
  for (const address of addresses) {
    await using imap = await RawImap.open({ host, port, ca: null });
    await imap.signIn(address, password);
    await imap.ask('EXAMINE INBOX');
    const headers = await imap.ask('FETCH 1:* (BODY.PEEK[HEADER])').catch(() => []);
    for (const header of headers.flatMap(({ literals }) => literals.map((each) => each.toString('latin1')))) {
      const id = /^Message-ID: (.*)$/im.exec(header)?.[1];
      if (id === undefined || !ids.has(messageId(id) ?? '')) continue;
      most = Math.max(most, header.match(/^Received:/gim)?.length ?? 0);
    }
  }
  return most;
}

/** Holds what `held` says of the side where people are now against what was sent to them, and what their programs were told. */
export function judge(
  held: ReadonlyMap<string, Held>,
  injected: readonly Injected[],
  deeds: readonly Deed[],
  { stored, seeded }: Besides = { stored: [], seeded: new Map() },
): Findings {
  const found: Findings = { lost: 0, twice: 0, astray: 0, undone: 0, leftBehind: 0, examples: [] };
  const note = (kind: Exclude<keyof Findings, 'examples'>, what: string): void => {
    found[kind]++;
    if (found.examples.length < examplesMax) found.examples.push(`${kind}: ${what}`);
  };
  const owner = new Map(injected.map(({ id, to }) => [id, to] as const));
  for (const [address, mail] of held)
    for (const [id, places] of mail) {
      const to = owner.get(id);
      if (to !== undefined && to !== address) note('astray', `${id} to ${to} is with ${address}`);
      if (places.length > 1) note('twice', `${id} with ${address}: ${places.map(({ folder }) => folder).join(', ')}`);
    }
  for (const { id, to } of injected) if (!held.get(to)?.has(id)) note('lost', `${id} to ${to}`);
  for (const deed of deeds) {
    const [place] = held.get(deed.address)?.get(deed.id) ?? [];
    const isSo =
      place !== undefined &&
      (deed.kind === 'flagged'
        ? place.flags.some((flag) => flag.toLowerCase() === deed.flag.toLowerCase())
        : place.folder === (deed.kind === 'filed' ? deed.folder : deed.to));
    if (!isSo)
      note(
        'undone',
        `${deed.kind} ${deed.id} of ${deed.address}: ${place === undefined ? 'not there' : JSON.stringify(place)}`,
      );
  }
  for (const { address, id } of stored) if (!held.get(address)?.has(id)) note('leftBehind', `${id} of ${address}`);
  for (const [address, count] of seeded) {
    const there = idsOf(held.get(address), (id) => !id.startsWith(ourPrefix)).length;
    if (there !== count) note('leftBehind', `${address} had ${count} messages at first, and has ${there} of them`);
  }
  return found;
}

/** What the logs of the Postfixes say: bounces, and for how long each message was on the way over all of them, in seconds. */
export function readLogs(postfixes: readonly PostfixServer[]): {
  readonly bounced: readonly string[];
  readonly secondsOf: ReadonlyMap<string, number>;
} {
  const bounced: string[] = [];
  const secondsOf = new Map<string, number>();
  for (const { logFile } of postfixes) {
    const idOf = new Map<string, string>();
    for (const line of readFileSync(logFile, 'utf8').split('\n')) {
      const [, queueId, id] = /: (\w+): message-id=<([^@>]+)@/.exec(line) ?? [];
      if (queueId !== undefined && id !== undefined) idOf.set(queueId, id);
      if (line.includes('status=bounced')) bounced.push(line);
      const [, sent, delay] = /: (\w+): to=<[^>]*>.* delay=([\d.]+),.* status=sent/.exec(line) ?? [];
      const of = idOf.get(sent ?? '');
      if (of !== undefined) secondsOf.set(of, (secondsOf.get(of) ?? 0) + Number(delay));
    }
  }
  return { bounced, secondsOf };
}

/** The ids in a mailbox, each once. */
export function idsOf(mail: Held | undefined, isMeant: (id: string) => boolean): readonly string[] {
  return [...(mail?.keys() ?? [])].filter(isMeant);
}

/** For each mailbox whose program came back: from the first attempt that was refused or kept waiting to the first that got in, in seconds. */
export function signInGaps({ attempts }: Pick<People, 'attempts'>): ReadonlyMap<string, number> {
  const usualMs = median(attempts.filter(({ ok }) => ok).map(({ ms }) => ms));
  const gaps = new Map<string, number>();
  for (const [address, all] of Map.groupBy(attempts, (each) => each.address)) {
    let since: number | null = null;
    for (const { began, ms, ok } of all) {
      if (since === null && (!ok || ms > usualMs + 1_000)) since = began;
      if (since === null || !ok) continue;
      gaps.set(address, Math.max(gaps.get(address) ?? 0, (began + ms - since) / 1000));
      since = null;
    }
  }
  return gaps;
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
