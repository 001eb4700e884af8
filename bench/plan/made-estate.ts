/**
 * An estate to plan, as large as a national health service or the same in small: organisations of every size in regions, teams inside
 * them, grants that hold nearly everybody together in one piece, people with dates of their own, and organisations that are frozen
 * for weeks. It is hard in the ways that a real one is, and the same on every machine for the same seed.
 */

import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Chance } from '#lib/chance.ts';
import { calendarText, dayAfter, type Freeze, freezesOf } from './made-calendar.ts';
import { kindWords as grantWords, type MadeGrants, makeGrants } from './made-grants.ts';
import { type MadeOrganisation, makeOrganisations, nationalMailboxes } from './made-organisations.ts';
import { kindWords, type MadePeople, makePeople, person } from './made-people.ts';

export interface MadeEstate {
  readonly organisations: readonly MadeOrganisation[];
  readonly people: MadePeople;
  readonly grants: MadeGrants;
  readonly freezes: readonly Freeze[];
  readonly seed: number;
}

export function makeEstate(mailboxes: number, seed: number): MadeEstate {
  const chance = new Chance(seed);
  const organisations = makeOrganisations(mailboxes, chance.fork());
  const people = makePeople(organisations, chance.fork());
  const grants = makeGrants(
    organisations,
    people,
    Math.round((5_000_000 * mailboxes) / nationalMailboxes),
    chance.fork(),
  );
  return { organisations, people, grants, freezes: freezesOf(organisations, chance.fork()), seed };
}

/** Writes `organisations.csv`, `mailboxes.csv`, `grants.csv` and `calendar.yaml` into `folder`. */
export async function writeMadeEstate(estate: MadeEstate, folder: string): Promise<void> {
  const { organisations, people, grants, freezes } = estate;
  await mkdir(folder, { recursive: true });
  const addresses: string[] = [];
  await write(
    join(folder, 'organisations.csv'),
    'code,name,parent',
    organisations.values().map(({ code, name, parent }) => `${code},${name},${parent ?? ''}`),
  );
  await write(
    join(folder, 'mailboxes.csv'),
    'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint',
    mailboxLines(estate, addresses),
  );
  await write(join(folder, 'grants.csv'), 'mailbox,grantee,kind', grantLines(grants, addresses));
  await writeFile(join(folder, 'calendar.yaml'), calendarText(people.kind.length, freezes));
}

const firstNames =
  'ann bob carla dai eve femi gwen hari ines jack kofi lena mira nils olu priya quinn rhys sana tom uma vera wojtek yusuf zoe'.split(
    ' ',
  );
const lastNames =
  'adeyemi barnes chowdhury davies evans fletcher green hughes iqbal jones khan lewis murphy nowak okafor patel quigley roberts singh taylor underwood vaughan williams young zielinska'.split(
    ' ',
  );
const desks = 'reception ward clinic theatre results referrals rota estates payroll bookings'.split(' ');

/** What a person's dates are, so many of ten thousand each. */
const lateOf10k = 150;
const earlyOf10k = 60;
const pinnedOf10k = 30;

function* mailboxLines({ organisations, people, freezes, seed }: MadeEstate, addresses: string[]): Generator<string> {
  const chance = new Chance(seed ^ 0x5eed);
  const frozen = new Set(freezes.map(({ organisation }) => organisation));
  for (const { code, first, mailboxes } of organisations) {
    const awayUntil = chance.between(21, 130);
    const pins = frozen.has(code) ? [] : pinDays(awayUntil);
    const domain = `${code.toLowerCase()}.example`;
    for (let mailbox = first; mailbox < first + mailboxes; mailbox++) {
      const kind = people.kind[mailbox] as number;
      const name =
        kind === person
          ? `${chance.pick(firstNames)}.${chance.pick(lastNames)}`
          : `${chance.pick(desks)}.${kindWords[kind]}`;
      const address = `${name}${mailbox - first}@${domain}`;
      addresses.push(address);
      const sizeBytes = Math.min(100e9, Math.round(1.1e9 * Math.exp(bell(chance) * 1.3 - 0.845)));
      const [notBefore, notAfter] = kind === person ? datesOf(awayUntil, pins, chance) : none;
      const hint = chance.below(1_000);
      const wave =
        hint < 2 ? 'pilot' : hint === 2 ? `evening-${dayAfter(7 * chance.between(2, 12) + chance.below(4))}` : '';
      yield `${address},${kindWords[kind]},${code},${sizeBytes},${Math.round(sizeBytes / 75_000)},${notBefore},${notAfter},${wave}`;
    }
  }
}

const none = ['', ''] as const;

/**
 * On call, away or in exams until some day; gone, or away, from some day on; or the one evening on which somebody of the supplier is
 * there. Nobody's first day lies so late that their organisation's applications would find no window after it.
 */
function datesOf(awayUntil: number, pins: readonly string[], chance: Chance): readonly [string, string] {
  const draw = chance.below(10_000);
  if (draw < lateOf10k) {
    // Most are back soon.
    const from = 7 + Math.round((awayUntil - 7) * squared(chance));
    return [dayAfter(from), chance.below(100) < 8 ? dayAfter(from + chance.between(14, 60)) : ''];
  }
  if (draw < lateOf10k + earlyOf10k) return ['', dayAfter(150 - Math.round(132 * squared(chance)))];
  if (draw < lateOf10k + earlyOf10k + pinnedOf10k && pins.length > 0) {
    const day = chance.pick(pins);
    return [day, day];
  }
  return none;
}

/** In [0, 1), rather small than large. */
function squared(chance: Chance): number {
  return (chance.below(10_000) / 10_000) ** 2;
}

/** Days on which a window opens, from the second week on. */
function pinDays(until: number): readonly string[] {
  const days: string[] = [];
  for (let day = 7; day <= until; day++)
    // Day 0 is a Monday. The weekend before the bank holiday would touch it.
    if (day % 7 < 5 && day !== 25 && day !== 28) days.push(dayAfter(day));
  return days;
}

function* grantLines({ count, mailbox, grantee, kind }: MadeGrants, addresses: readonly string[]): Generator<string> {
  for (let i = 0; i < count; i++) {
    const owner = addresses[mailbox[i] as number] as string;
    const to = grantee[i] as number;
    const who = to < 0 ? `left${-to}${owner.slice(owner.indexOf('@'))}` : (addresses[to] as string);
    yield `${owner},${who},${grantWords[kind[i] as number]}`;
  }
}

/** Around 0 with a deviation of 1: the sum of twelve draws, two to a number of 32 bits. */
function bell(chance: Chance): number {
  let sum = -6;
  for (let i = 0; i < 6; i++) {
    const bits = chance.bits();
    sum += ((bits >>> 16) + (bits & 0xffff)) / 0x1_0000;
  }
  return sum;
}

/** Lines are handed on by so many characters. */
const blockCharacters = 262_144;

async function write(file: string, header: string, lines: Iterable<string>): Promise<void> {
  function* blocks(): Generator<string> {
    let block = `${header}\n`;
    for (const line of lines) {
      block += `${line}\n`;
      if (block.length < blockCharacters) continue;
      yield block;
      block = '';
    }
    yield block;
  }
  await pipeline(Readable.from(blocks()), createWriteStream(file));
}
