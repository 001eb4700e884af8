/**
 * An invented estate of any size: organisations from pharmacies to trusts, their mailboxes, and the grants between them,
 * with teams that share a desk, assistants, and a few hubs that half the country gave access to. The shape is that of a
 * national health service. Every row is a function of the seed and its number, so an estate of millions streams through
 * no memory at all, and is the same on every machine.
 */

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { firstName, lastName } from './made-names.ts';
import type { Day, GrantKind, GrantRow, MailboxKind, MailboxRow, OrganisationRow } from '#domain/estate.ts';

export interface EstateShape {
  readonly organisations: number;
  readonly mailboxes: number;
  readonly grants: number;
  readonly seed: number;
}

/** As large as the one that moved in 2020-21. */
export const nationalEstate: EstateShape = { organisations: 22_000, mailboxes: 2_100_000, grants: 5_000_000, seed: 1 };

/** The same in small, the organisations in proportion. */
export function estateOf(mailboxes: number, grants: number, seed = 1): EstateShape {
  const share = mailboxes / nationalEstate.mailboxes;
  return { organisations: Math.max(1, Math.round(nationalEstate.organisations * share)), mailboxes, grants, seed };
}

export interface MadeOrganisation extends OrganisationRow {
  readonly number: number;
  /** Its mailboxes are those with the numbers from `first` on. */
  readonly first: number;
  readonly mailboxes: number;
}

interface Sort {
  readonly name: string;
  readonly code: string;
  readonly share: number;
  /** Mailboxes of the smallest and of the largest, the rest spread evenly on a logarithmic scale between them. */
  readonly from: number;
  readonly to: number;
}

/** The parents of all others. */
const region: Sort = { name: 'Region', code: 'Q', share: 0.002, from: 200, to: 2_000 };
const sorts: readonly Sort[] = [
  region,
  { name: 'Hospitals', code: 'R', share: 0.0105, from: 900, to: 25_000 },
  { name: 'Practice', code: 'P', share: 0.32, from: 15, to: 150 },
  { name: 'Care home', code: 'V', share: 0.1475, from: 4, to: 60 },
  { name: 'Pharmacy', code: 'F', share: 0.52, from: 2, to: 8 },
];

const desks = 'reception wards pharmacy theatre results referrals rota estates payroll bookings'.split(' ');

export class MadeEstate {
  readonly shape: EstateShape;
  readonly organisations: readonly MadeOrganisation[];

  constructor(shape: EstateShape) {
    this.shape = shape;
    this.organisations = makeOrganisations(shape);
  }

  *mailboxes(): Generator<MailboxRow> {
    for (const organisation of this.organisations)
      for (let i = 0; i < organisation.mailboxes; i++) yield this.#mailbox(organisation, i);
  }

  /** As many as were asked for, no two the same, none to oneself; fewer only where so few people cannot have so many. */
  *grants(): Generator<GrantRow> {
    const { grants, mailboxes } = this.shape;
    let weights = 0;
    for (let number = 0; number < mailboxes; number++) weights += this.#weight(number);
    let weight = 0;
    let given = 0;
    for (const organisation of this.organisations) {
      for (let i = 0; i < organisation.mailboxes; i++) {
        weight += this.#weight(organisation.first + i);
        const wanted = Math.round((grants * weight) / weights) - given;
        for (const grant of this.#grantsOf(organisation, i, wanted)) {
          given++;
          yield grant;
        }
      }
    }
  }

  #mailbox(organisation: MadeOrganisation, i: number): MailboxRow {
    const number = organisation.first + i;
    const kind = this.#kind(number);
    const [first, last] = this.#names(number);
    const sizeBytes = Math.round(Math.exp(this.#bell(number, 3) * 1.4 + 19.9));
    const day = (this.#draw(number, 5) % 28) + 1;
    return {
      address: this.#address(organisation, i),
      kind,
      organisation: organisation.code,
      sizeBytes,
      items: Math.round(sizeBytes / 75_000),
      notBefore: this.#once(number, 6, 100) ? (`2027-01-${String(day).padStart(2, '0')}` as Day) : null,
      notAfter: this.#once(number, 7, 200) ? (`2027-06-${String(day).padStart(2, '0')}` as Day) : null,
      waveHint: this.#once(number, 8, 40) ? 'pilot' : null,
      sourceUser: null,
      targetUser: null,
      displayName: kind === 'person' ? `${capital(last)}, ${capital(first)}` : `${organisation.name} ${first}`,
      aliases: this.#once(number, 9, 10) ? [`${first}.${number}@old.example`] : [],
      timezone: null,
      language: null,
    };
  }

  *#grantsOf(organisation: MadeOrganisation, i: number, wanted: number): Generator<GrantRow> {
    const number = organisation.first + i;
    const kinds: readonly GrantKind[] = ['full-access', 'send-as', 'folder', 'send-on-behalf'];
    const both = this.#kind(number) === 'shared' ? 2 : 1;
    const owner = this.#address(organisation, i);
    let made = 0;
    for (let kind = 0; kind < kinds.length && made < wanted; kind += both) {
      // Whom one works with sits nearby; who works for many is a hub: one of the first mailboxes of a region.
      for (const grantee of this.#colleagues(organisation, i)) {
        for (let k = kind; k < kind + both && made < wanted; k++, made++)
          yield { mailbox: owner, grantee, kind: kinds[k] as GrantKind };
        if (made >= wanted) break;
      }
    }
  }

  /** Everyone once: hubs now and then, then the team, then the rest of the organisation, then strangers. */
  *#colleagues(organisation: MadeOrganisation, i: number): Generator<string> {
    const number = organisation.first + i;
    const hub = this.organisations[
      this.#draw(number, 10) % regionsAmong(this.organisations.length)
    ] as MadeOrganisation;
    if (hub !== organisation && this.#once(number, 11, 25))
      yield this.#address(hub, this.#draw(number, 12) % Math.min(3, hub.mailboxes));
    for (let step = 1; step < organisation.mailboxes; step++)
      yield this.#address(organisation, (i + step) % organisation.mailboxes);
    const next = this.organisations[organisation.number + 1];
    for (let far = 0; next && far < next.mailboxes; far++) yield this.#address(next, far);
  }

  /** How many grants a mailbox gives, beside others. */
  #weight(number: number): number {
    const many = { person: 1, room: 3, application: 0.5, shared: 14 }[this.#kind(number)];
    return many * (this.#draw(number, 13) % 8);
  }

  #kind(number: number): MailboxKind {
    const percent = this.#draw(number, 1) % 100;
    return percent < 82 ? 'person' : percent < 94 ? 'shared' : percent < 98 ? 'room' : 'application';
  }

  #address(organisation: MadeOrganisation, i: number): string {
    const number = organisation.first + i;
    const [first, last] = this.#names(number);
    return `${first}.${last}${i}@${organisation.code.toLowerCase()}.example`;
  }

  #names(number: number): readonly [string, string] {
    const kind = this.#kind(number);
    if (kind === 'person') return [firstName(this.#share(number, 14)), lastName(this.#share(number, 2))];
    return [desks[this.#draw(number, 2) % desks.length] as string, kind];
  }

  #once(number: number, salt: number, times: number): boolean {
    return this.#draw(number, salt) % times === 0;
  }

  /** From 0 to 1, any as likely as another. */
  #share(number: number, salt: number): number {
    return this.#draw(number, salt) / 0x1_0000_0000;
  }

  /** Around 0, mostly between -2 and 2: the sum of four draws. */
  #bell(number: number, salt: number): number {
    let sum = 0;
    for (let i = 0; i < 4; i++) sum += this.#share(number, salt * 16 + i);
    return (sum - 2) * Math.sqrt(3);
  }

  /** 32 bits that depend on nothing but seed, number and salt (murmur3's finalizer). */
  #draw(number: number, salt: number): number {
    let h = (Math.imul(number, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b) ^ Math.imul(this.shape.seed, 0xc2b2ae35)) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  }
}

/** The three files of an estate, as `godwit estate import` takes them. */
export interface EstateFiles {
  readonly organisations: string;
  readonly mailboxes: string;
  readonly grants: string;
}

export interface EstateRows {
  readonly organisations: readonly OrganisationRow[];
  mailboxes(): Iterable<MailboxRow>;
  grants(): Iterable<GrantRow>;
}

/** Writes them into `folder`. */
export async function writeEstate(estate: EstateRows, folder: string): Promise<EstateFiles> {
  const files = {
    organisations: join(folder, 'organisations.csv'),
    mailboxes: join(folder, 'mailboxes.csv'),
    grants: join(folder, 'grants.csv'),
  };
  await write(files.organisations, 'code,name,parent', estate.organisations, ({ code, name, parent }) => [
    code,
    name,
    parent,
  ]);
  await write(
    files.mailboxes,
    'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,display_name,aliases',
    estate.mailboxes(),
    (row) => [
      row.address,
      row.kind,
      row.organisation,
      row.sizeBytes,
      row.items,
      row.notBefore,
      row.notAfter,
      row.waveHint,
      row.displayName,
      row.aliases.join(' '),
    ],
  );
  await write(files.grants, 'mailbox,grantee,kind', estate.grants(), ({ mailbox, grantee, kind }) => [
    mailbox,
    grantee,
    kind,
  ]);
  return files;
}

/** Lines are handed on by so many characters. */
const blockCharacters = 65_536;

async function write<Row>(
  file: string,
  header: string,
  rows: Iterable<Row>,
  cells: (row: Row) => readonly (string | number | null)[],
): Promise<void> {
  function* blocks(): Generator<string> {
    let block = `${header}\n`;
    for (const row of rows) {
      block += `${cells(row).map(quoted).join(',')}\n`;
      if (block.length < blockCharacters) continue;
      yield block;
      block = '';
    }
    yield block;
  }
  await pipeline(Readable.from(blocks()), createWriteStream(file));
}

function quoted(value: string | number | null): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function makeOrganisations({ organisations, mailboxes }: EstateShape): readonly MadeOrganisation[] {
  const sized = sizedOrganisations(organisations);
  const regions = regionsAmong(organisations);
  const factor = Math.max(0, mailboxes - sized.length) / sized.reduce((sum, { size }) => sum + size, 0);
  let sum = 0;
  let first = 0;
  return sized.map(({ sort, i, size }, number) => {
    sum += size * factor + 1;
    const count = Math.max(1, Math.round(sum) - first);
    const made = {
      number,
      code: codeOf(sort, i),
      name: `${sort.name} ${i + 1}`,
      parent: sort === region ? null : codeOf(region, i % regions),
      first,
      mailboxes: count,
    };
    first += count;
    return made;
  });
}

/** Regions first, then each sort from its smallest to its largest. */
function sizedOrganisations(
  organisations: number,
): readonly { readonly sort: Sort; readonly i: number; readonly size: number }[] {
  const regions = regionsAmong(organisations);
  let share = 0;
  return sorts.flatMap((sort) => {
    const before = sort === region ? 0 : Math.max(regions, Math.round(organisations * share));
    share += sort.share;
    const count = Math.max(0, (sort === region ? regions : Math.round(organisations * share)) - before);
    return Array.from({ length: count }, (_, i) => {
      const size = sort.from * (sort.to / sort.from) ** ((i + 0.5) / count);
      return { sort, i, size };
    });
  });
}

function regionsAmong(organisations: number): number {
  return Math.max(1, Math.round(organisations * region.share));
}

function codeOf(sort: Sort, i: number): string {
  return `${sort.code}${i.toString(36).toUpperCase().padStart(3, '0')}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
