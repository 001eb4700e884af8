/**
 * The mail that is measured with: made up, the same for everyone and every time.
 *
 * Sizes follow what one finds in real mailboxes, as quantiles rather than draws, so that a workload of 50 messages has the
 * shape of one of 5,000: log-normal around 11.6 kB up to the 99th percentile (190 kB), and above it log-uniform up to
 * 9.9 MB, bent so that the whole comes to the bytes wanted. Everything else is drawn from a seeded generator. Bodies are
 * cut from one block of pseudo-random base64 at an offset of their own, so that a message costs a copy and no thought.
 */

import { Buffer } from 'node:buffer';

export interface MadeMessage {
  readonly sizeBytes: number;
  readonly flags: readonly string[];
  /** As APPEND wants it: `" 3-Feb-2019 14:05:09 +0100"` without the quotes. */
  readonly internalDate: string;
  /** What its bytes are made from; see `messageBytes`. */
  readonly seed: number;
}

export interface MadeFolder {
  readonly path: string;
  readonly subscribed: boolean;
  readonly messages: readonly MadeMessage[];
}

export interface MadeMailbox {
  /** The local part of the user's name. */
  readonly name: string;
  readonly folders: readonly MadeFolder[];
}

export interface Workload {
  readonly id: 'w1' | 'w2' | 'many' | 'large';
  readonly says: string;
  readonly mailboxes: readonly MadeMailbox[];
}

/** Counts up when the made mail changes, so that stores cached by an older bench are not used. */
export const workloadVersion = 1;

export function workload(id: Workload['id']): Workload {
  switch (id) {
    case 'w1':
      return {
        id,
        says: '1 mailbox, 40 folders, 5,000 messages, 204 MB',
        mailboxes: makeMailboxes(1, 40, 5_000, 203_600_000, 1),
      };
    case 'w2':
      return {
        id,
        says: '200 mailboxes x 10 folders x 50 messages, 370 MB',
        mailboxes: makeMailboxes(200, 10, 50, 370_300_000, 2),
      };
    case 'many':
      return { id, says: 'one folder of 500,000 messages of 700 octets', mailboxes: [oneFolder(500_000, 700, 3)] };
    case 'large':
      return { id, says: 'one message of 150 MB', mailboxes: [oneFolder(1, 150_000_000, 4)] };
  }
}

/** Octets of the mail bodies of a workload. */
export function workloadBytes(w: Workload): number {
  let sum = 0;
  for (const mailbox of w.mailboxes) {
    for (const folder of mailbox.folders) for (const message of folder.messages) sum += message.sizeBytes;
  }
  return sum;
}

export function workloadMessages(w: Workload): number {
  let sum = 0;
  for (const mailbox of w.mailboxes) for (const folder of mailbox.folders) sum += folder.messages.length;
  return sum;
}

function makeMailboxes(count: number, folders: number, each: number, bytes: number, seed: number): MadeMailbox[] {
  const random = generator(seed);
  const sizes = sizesOf(count * each, bytes);
  shuffle(sizes, random);
  const paths = folderPaths(folders);
  const mailboxes: MadeMailbox[] = [];
  let next = 0;
  for (let m = 0; m < count; m++) {
    const held: MadeMessage[][] = paths.map(() => []);
    for (let i = 0; i < each; i++) {
      // A third lies in the inbox, as people have it; the rest is spread over the other folders.
      const at = random() < 0.33 ? 0 : 1 + Math.floor(random() * (folders - 1));
      held[at]?.push(makeMessage(sizes[next] ?? 1_000, random, seed * 1_000_003 + next));
      next++;
    }
    mailboxes.push({
      name: count === 1 ? 'one' : `m${String(m + 1).padStart(3, '0')}`,
      folders: paths.map((path, i) => ({ path, subscribed: i % 3 !== 2, messages: held[i] ?? [] })),
    });
  }
  return mailboxes;
}

function oneFolder(count: number, sizeBytes: number, seed: number): MadeMailbox {
  const random = generator(seed);
  const messages = Array.from({ length: count }, (_, i) => makeMessage(sizeBytes, random, seed * 1_000_003 + i));
  return { name: 'one', folders: [{ path: 'INBOX', subscribed: true, messages }] };
}

export function makeMessage(sizeBytes: number, random: () => number, seed: number): MadeMessage {
  const flags: string[] = [];
  if (random() < 0.8) flags.push('\\Seen');
  if (random() < 0.2) flags.push('\\Answered');
  if (random() < 0.07) flags.push('\\Flagged');
  if (random() < 0.02) flags.push('\\Draft');
  if (random() < 0.05) flags.push(random() < 0.5 ? '$Forwarded' : 'project-x');
  return { sizeBytes, flags, internalDate: internalDate(random), seed };
}

/** `count` sizes whose sum is close to `bytes`. */
export function sizesOf(count: number, bytes: number): number[] {
  // The bend of the tail is found by halving: the larger it is, the more of the last percent is small.
  let low = 0.2;
  let high = 6;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (sum(quantiles(count, middle)) > bytes) low = middle;
    else high = middle;
  }
  return quantiles(count, (low + high) / 2);
}

function quantiles(count: number, bend: number): number[] {
  const sizes: number[] = [];
  for (let i = 0; i < count; i++) {
    const q = (i + 0.5) / count;
    const size =
      q < 0.99
        ? 11_600 * Math.exp(1.203 * probit(q))
        : 190_000 * Math.exp(Math.log(10_400_000 / 190_000) * ((q - 0.99) / 0.01) ** bend);
    sizes.push(Math.max(700, Math.round(size)));
  }
  return sizes;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The inverse of the normal distribution, to three digits: a logistic stands in for it closely enough for sizes of mail. */
function probit(q: number): number {
  return 5.5556 * (1 - ((1 - q) / q) ** 0.1186);
}

function folderPaths(count: number): string[] {
  // `Projects` is never made itself, so that there is a parent which cannot be selected.
  const paths = [
    'INBOX',
    'Sent',
    'Drafts',
    'Trash',
    'Junk',
    'Archive',
    'Archive/2019',
    'Projects/Alpha',
    'Projects/Beta',
    'Lists',
  ];
  for (let i = paths.length; i < count; i++) {
    if (i % 4 === 0) paths.push(`Lists/list-${i}`);
    else if (i % 4 === 1) paths.push(`Archive/2019/part-${i}`);
    else if (i % 4 === 2) paths.push(`Work ${i}`);
    else paths.push(`Work ${i - 1}/sub folder ${i}`);
  }
  return paths.slice(0, count);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function internalDate(random: () => number): string {
  const when = new Date(Date.UTC(2012, 0, 1) + Math.floor(random() * 12 * 365 * 86_400) * 1_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = String(when.getUTCDate()).padStart(2, ' ');
  const zone = random() < 0.5 ? '+0000' : random() < 0.5 ? '+0200' : '-0530';
  const time = `${two(when.getUTCHours())}:${two(when.getUTCMinutes())}:${two(when.getUTCSeconds())}`;
  return `${day}-${months[when.getUTCMonth()] ?? 'Jan'}-${when.getUTCFullYear()} ${time} ${zone}`;
}

/** The bytes of a message: CRLF line ends, nothing but ASCII, exactly `sizeBytes` long, different for every seed. */
export function messageBytes(message: MadeMessage): Buffer {
  const n = message.seed;
  const head =
    `Received: from relay${n % 7}.example (relay${n % 7}.example [192.0.2.${n % 250}])\r\n` +
    `\tby mx.example with ESMTPS id q${n.toString(36)}; Tue, 05 Mar 2019 10:00:00 +0000\r\n` +
    `Message-ID: <${n.toString(36)}.${message.sizeBytes}@bench.example>\r\n` +
    `Date: Tue, 05 Mar 2019 10:00:00 +0000\r\n` +
    `From: Person ${n % 311} <person${n % 311}@bench.example>\r\n` +
    `To: Someone Else <someone${n % 97}@bench.example>\r\n` +
    `Subject: About the matter of ${n.toString(36)}\r\n` +
    `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n`;
  const bytes = Buffer.allocUnsafe(message.sizeBytes);
  const headBytes = bytes.write(head.slice(0, message.sizeBytes - 2), 'latin1');
  let at = headBytes;
  let from = ((n * 7_919) % blockLines) * lineBytes;
  while (at < bytes.length) {
    const take = Math.min(block.length - from, bytes.length - at);
    block.copy(bytes, at, from, from + take);
    at += take;
    from = 0;
  }
  bytes.write('\r\n', bytes.length - 2, 'latin1');
  // The last line may have been cut inside its own CRLF; a bare CR there would be rewritten by servers.
  if (bytes[bytes.length - 3] === 0x0d) bytes[bytes.length - 3] = 0x2e;
  return bytes;
}

const lineBytes = 78;
const blockLines = 16_384;
const block = makeBlock();

function makeBlock(): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const random = generator(4711);
  const made = Buffer.allocUnsafe(lineBytes * blockLines);
  for (let i = 0; i < made.length; i++) {
    const column = i % lineBytes;
    if (column === lineBytes - 2) made[i] = 0x0d;
    else if (column === lineBytes - 1) made[i] = 0x0a;
    else made[i] = alphabet.charCodeAt(Math.floor(random() * 64));
  }
  return made;
}

/** A small seeded generator of numbers in [0, 1) (mulberry32): the same everywhere, which is all that is asked of it. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function shuffle(values: number[], random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = values[i] ?? 0;
    values[i] = values[j] ?? 0;
    values[j] = kept;
  }
}
