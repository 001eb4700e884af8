/**
 * The two hundred mailboxes of the demo's estate: a small town, its organisations, who works in whose mailbox, and a little mail
 * for everybody. The same every time, written by us, about nobody.
 */

import { Chance } from '#lib/chance.ts';
import { type DemoFolder, type DemoOwner, domain, message } from './demo-mail.ts';

export interface Townsman extends DemoOwner {
  readonly organisation: string;
  readonly kind: 'person' | 'shared' | 'room';
}

const organisations = [
  { code: 'TOWN', name: 'Heron Bay', parent: '' },
  { code: 'HALL', name: 'Town hall', parent: 'TOWN' },
  { code: 'PORT', name: 'Port authority', parent: 'TOWN' },
  { code: 'CARE', name: 'Cottage hospital', parent: 'TOWN' },
  { code: 'WARD', name: 'Ward 3', parent: 'CARE' },
  { code: 'SCHOOL', name: 'School', parent: 'TOWN' },
] as const;

const firstNames =
  'ada ben cleo dan edith finn greta hugo iris jon kaya leo mona nils olive per quinn rosa sven tilda uma vera will yara zoe'.split(
    ' ',
  );
const lastNames = 'arnold brook castle dunmore ekdahl fisher grant holm'.split(' ');
const shared = [
  ['ward3.desk', 'WARD'],
  ['harbour.master', 'PORT'],
  ['reception', 'HALL'],
  ['head.office', 'SCHOOL'],
] as const;

/** Mailboxes of the town. */
export const townSize = 200;

/** Everybody: people by organisation, four shared mailboxes, and the meeting rooms. */
export function townsmen(): readonly Townsman[] {
  const desks = shared.map(([local, organisation]) => townsman(local, organisation, 'shared'));
  const rooms = [1, 2, 3, 4].map((n) => townsman(`room.${n}`, 'HALL', 'room'));
  const names = lastNames.flatMap((last) => firstNames.map((first) => `${first}.${last}`));
  const people = names
    .slice(0, townSize - desks.length - rooms.length)
    .map((local, i) => townsman(local, organisations[1 + (i % 5)]?.code ?? 'TOWN', 'person'));
  return [...people, ...desks, ...rooms];
}

function townsman(local: string, organisation: string, kind: Townsman['kind']): Townsman {
  const name = local
    .split('.')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
  const role = organisations.find(({ code }) => code === organisation)?.name ?? 'Heron Bay';
  return { user: `${local}@${domain}`, name, role, organisation, kind };
}

/** A year of somebody's mail, up to `nowMs`. */
export function mailOf(owner: Townsman, index: number, nowMs: number): readonly DemoFolder[] {
  const chance = new Chance(20_000 + index);
  const folder = (path: readonly string[], messages: number): DemoFolder => ({
    path,
    messages: Array.from({ length: messages }, (_, i) =>
      message(chance, owner, path[0] as string, 30, nowMs - (messages - i) * chance.between(3, 30) * 3_600_000),
    ),
  });
  return [
    folder(['INBOX'], chance.between(5, 12)),
    folder(['Sent'], chance.between(2, 6)),
    folder(['Projects', 'Räume & Schlüssel'], chance.between(1, 4)),
  ];
}

/** The files that `godwit estate import` reads. */
export function townFiles(
  town: readonly Townsman[],
): Readonly<Record<'organisations' | 'mailboxes' | 'grants', string>> {
  const desks = town.filter(({ kind }) => kind === 'shared');
  const colleagues = (desk: Townsman) =>
    town.filter(({ kind, organisation }) => kind === 'person' && organisation === desk.organisation).slice(0, 6);
  return {
    organisations: csv(
      'code,name,parent',
      organisations.map(({ code, name, parent }) => [code, name, parent]),
    ),
    mailboxes: csv(
      'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,display_name',
      town.map(({ user, kind, organisation, name }) => [user, kind, organisation, '', '', '', '', '', name]),
    ),
    grants: csv(
      'mailbox,grantee,kind',
      desks.flatMap((desk) => colleagues(desk).map(({ user }) => [desk.user, user, 'full-access'])),
    ),
  };
}

function csv(header: string, rows: readonly (readonly string[])[]): string {
  return [header, ...rows.map((row) => row.join(',')), ''].join('\n');
}
