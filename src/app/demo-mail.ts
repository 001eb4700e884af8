/**
 * The mail of some invented people, for `godwit demo`: years of threads, folders as people keep them, attachments, drafts.
 * The same every time (`lib/chance.ts`), written by us, about nobody.
 */

import { Chance } from '#lib/chance.ts';

export interface DemoPerson {
  /** The user name at both servers. */
  readonly user: string;
  readonly name: string;
  readonly folders: readonly DemoFolder[];
}

export interface DemoFolder {
  readonly path: readonly string[];
  readonly messages: readonly DemoMessage[];
}

export interface DemoMessage {
  /** A whole message (RFC 5322), lines ended by CRLF. */
  readonly bytes: Buffer;
  readonly flags: readonly string[];
  readonly receivedMs: number;
}

/** Where everybody is. */
export const domain = 'heron-bay.example';

/** Whoever writes and gets mail. */
export interface DemoOwner {
  readonly user: string;
  readonly name: string;
  readonly role: string;
}

const people = [
  { user: 'ann.marsh', name: 'Ann Marsh', role: 'Harbour office' },
  { user: 'joe.okafor', name: 'Joe Okafor', role: 'Workshop' },
  { user: 'lena.huber', name: 'Lena Hüber', role: 'Accounts' },
  { user: 'front.desk', name: 'Front Desk', role: 'Front desk' },
] as const;
const strangers = [
  'Mira Castellan <mira@tidewater-supplies.example>',
  'Port Authority <notices@port-authority.example>',
  '"Dr. R. Singh" <r.singh@estuary-institute.example>',
  'Bay Bakery <orders@baybakery.example>',
] as const;

/** How many messages each folder gets, and what plays there. Sent, Drafts, Junk and Trash are found by their use. */
const shelves: readonly { readonly path: readonly string[]; readonly messages: number; readonly attached: number }[] = [
  { path: ['INBOX'], messages: 90, attached: 6 },
  { path: ['Sent'], messages: 55, attached: 5 },
  { path: ['Drafts'], messages: 3, attached: 4 },
  { path: ['Projects', 'Harbour wall'], messages: 40, attached: 3 },
  { path: ['Projects', 'Räume & Schlüssel'], messages: 18, attached: 8 },
  { path: ['Archive', '2022'], messages: 45, attached: 7 },
  { path: ['Archive', '2023'], messages: 45, attached: 7 },
  { path: ['Trash'], messages: 8, attached: 9 },
  { path: ['Someday'], messages: 0, attached: 1 },
];

const topics = [
  'Quay inspection',
  'Spare keys for shed 4',
  'Invoice 20-117',
  'Ferry timetable from May',
  'Minutes of Tuesday',
  'Holiday rota',
  'Paint for the lifeboat',
  'Lost umbrella',
  'New tide tables',
  'Visit of the school class',
  'Broken winch',
  'Lunch on Friday?',
  'Insurance papers',
  'Photographs of the wall',
  'Mooring fees 2024',
  'Leaking roof',
  'Welcome, Lena',
  'Fuel delivery',
  'Café menu for the fête',
] as const;
const sentences = [
  'Could you have a look at this before Thursday?',
  'The crane is booked from nine until noon, so we should be done by lunch.',
  'I have put the drawings in the shared folder as well.',
  'Nobody has seen the second set since the storm.',
  'Thank you, that is exactly what I needed.',
  'The quotation is lower than last year, which surprised me.',
  'If it rains we meet in the boat shed instead.',
  'Please keep this one; the auditors may ask for it.',
  'Ich schicke Ihnen die Unterlagen für die Prüfung am Freitag.',
  'There is a hole on the seaward side, about as wide as a hand.',
  'The bakery says twelve is too early and half past is fine.',
  'Let me know whether the new times suit everybody.',
] as const;
const attachments = [
  { name: 'drawing-{}.pdf', type: 'application/pdf', head: '%PDF-1.7\n', smallest: 60_000, largest: 700_000 },
  { name: 'wall-{}.jpg', type: 'image/jpeg', head: '\u00ff\u00d8\u00ff\u00e0', smallest: 200_000, largest: 1_600_000 },
  { name: 'fees-{}.csv', type: 'text/csv', head: 'berth;owner;fee\r\n', smallest: 2_000, largest: 30_000 },
  {
    name: 'Übersicht-{}.xlsx',
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    head: 'PK\u0003\u0004',
    smallest: 20_000,
    largest: 200_000,
  },
] as const;

/** Everybody's mail, as it stood at `nowMs`. */
export function demoPeople(nowMs: number): readonly DemoPerson[] {
  const chance = new Chance(1907);
  return people.map((person) => ({
    user: person.user,
    name: person.name,
    folders: shelves.map((shelf) => {
      const own = chance.fork();
      const messages = Array.from({ length: shelf.messages }, (_, i) => {
        const age = (shelf.messages - i) * own.between(3, 40) * 3_600_000;
        return message(own, person, shelf.path[0] as string, shelf.attached, nowMs - age);
      });
      const inOrder = messages.toSorted((a, b) => a.receivedMs - b.receivedMs);
      // The oldest of the inbox are those that somebody answers and stars during the demo.
      const plain = (each: DemoMessage, i: number) =>
        shelf.path[0] === 'INBOX' && i < 3 ? { ...each, flags: ['\\Seen'] } : each;
      return { path: shelf.path, messages: inOrder.map(plain) };
    }),
  }));
}

/** What arrives while a move is under way: fresh, unread. */
export function demoArrivals(nowMs: number, count: number): readonly DemoMessage[] {
  const chance = new Chance(nowMs % 1_000_003);
  return Array.from({ length: count }, () => ({ ...message(chance, people[0], 'INBOX', 1_000, nowMs), flags: [] }));
}

/** One message in somebody's folder; `attachedOnceIn`: one in so many has an attachment. */
export function message(
  chance: Chance,
  owner: DemoOwner,
  shelf: string,
  attachedOnceIn: number,
  receivedMs: number,
): DemoMessage {
  const mine = shelf === 'Sent' || shelf === 'Drafts';
  const other = chance.once(3)
    ? chance.pick(strangers)
    : mailboxOf(chance.pick(people.filter((each) => each !== owner)));
  const reply = chance.once(2);
  const topic = chance.pick(topics);
  const headers = [
    ...(shelf === 'Drafts'
      ? []
      : [`Received: from gull.${domain} by mail.${domain} with ESMTPS id ${id(chance)}; ${mailDate(receivedMs)}`]),
    `Date: ${mailDate(receivedMs - chance.between(1, 90) * 1000)}`,
    `From: ${mine ? mailboxOf(owner) : other}`,
    `To: ${mine ? other : mailboxOf(owner)}`,
    `Subject: ${encodedWords(`${reply ? 'Re: ' : ''}${topic}`)}`,
    `Message-ID: <${id(chance)}@${domain}>`,
    ...(reply ? [`In-Reply-To: <${id(chance)}@${domain}>`] : []),
    'MIME-Version: 1.0',
  ];
  const text = body(
    chance,
    mine ? owner.name : (other.split(' <')[0] as string).replaceAll('"', ''),
    reply,
    owner.role,
  );
  const content = chance.once(attachedOnceIn) ? withAttachment(chance, text) : textPart(text);
  return {
    bytes: Buffer.from(`${headers.join('\r\n')}\r\n${content}`, 'latin1'),
    flags: flagsFor(chance, shelf),
    receivedMs,
  };
}

function flagsFor(chance: Chance, shelf: string): readonly string[] {
  if (shelf === 'Drafts') return ['\\Draft', '\\Seen'];
  const flags = shelf === 'INBOX' && chance.once(6) ? [] : ['\\Seen'];
  if (chance.once(5)) flags.push('\\Answered');
  if (chance.once(12)) flags.push('\\Flagged');
  if (chance.once(15)) flags.push('$Forwarded');
  if (shelf === 'Projects' && chance.once(4)) flags.push('Urgent');
  return flags;
}

function body(chance: Chance, from: string, reply: boolean, role: string): string {
  const paragraphs = Array.from({ length: chance.between(1, 5) }, () =>
    Array.from({ length: chance.between(1, 4) }, () => chance.pick(sentences)).join('\r\n'),
  );
  const quoted = reply ? `\r\n\r\nYou wrote:\r\n> ${chance.pick(sentences)}\r\n> ${chance.pick(sentences)}` : '';
  return `Hello,\r\n\r\n${paragraphs.join('\r\n\r\n')}${quoted}\r\n\r\n${from}\r\n-- \r\n${role}, Heron Bay\r\n`;
}

function textPart(text: string): string {
  return `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${octets(text)}`;
}

function withAttachment(chance: Chance, text: string): string {
  const kind = chance.pick(attachments);
  const boundary = `=_${id(chance)}`;
  const name = kind.name.replace('{}', String(chance.between(1, 400)));
  // What it says nobody reads; that it cannot be compressed makes it weigh what such files weigh.
  const size = chance.between(kind.smallest, kind.largest);
  const data = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) data.writeUInt32LE(chance.bits(), at);
  data.write(kind.head, 'latin1');
  const lines = data.toString('base64').replace(/.{76}/g, '$&\r\n');
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    textPart(text),
    `--${boundary}`,
    `Content-Type: ${kind.type}; name="${encodedWords(name)}"`,
    `Content-Disposition: attachment; filename="${encodedWords(name)}"`,
    'Content-Transfer-Encoding: base64',
    '',
    lines,
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

function mailboxOf(person: { readonly name: string; readonly user: string }): string {
  return `${encodedWords(person.name)} <${person.user}@${domain}>`;
}

/** RFC 2047 §2 for what is not ASCII. */
function encodedWords(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
}

/** UTF-8 octets one by one, so that the whole message can be put together as latin1. */
function octets(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function id(chance: Chance): string {
  return `${chance.bits().toString(36)}.${chance.bits().toString(36)}`;
}

/** RFC 5322 §3.3. */
function mailDate(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}
