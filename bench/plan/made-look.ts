/** What an estate to plan has come to: its kinds and sizes, and how much of it hangs together in one piece. */

import { componentsOf } from './components.ts';
import type { MadeEstate } from './made-estate.ts';
import { kindWords as grantWords } from './made-grants.ts';
import { kindWords } from './made-people.ts';

export interface MadeLook {
  readonly mailboxes: Readonly<Record<string, number>>;
  readonly organisations: Readonly<Record<string, number>>;
  readonly largestOrganisation: number;
  readonly grants: Readonly<Record<string, number>>;
  /** Shares of all grants. */
  readonly acrossOrganisations: number;
  readonly acrossRegions: number;
  readonly ofApplications: number;
  /** Shares of all mailboxes. */
  readonly largestComponent: number;
  readonly withoutGrants: number;
  readonly mostGrants: number;
  readonly freezes: number;
  readonly frozenMailboxes: number;
}

export function lookAt({ organisations, people, grants, freezes }: MadeEstate): MadeLook {
  const size = people.kind.length;
  const organisationOf = new Int32Array(size);
  for (const [number, { first, mailboxes }] of organisations.entries())
    organisationOf.fill(number, first, first + mailboxes);
  const degree = new Int32Array(size);
  const counted = { acrossOrganisations: 0, acrossRegions: 0, ofApplications: 0 };
  const grantKinds = new Int32Array(grantWords.length);
  for (let i = 0; i < grants.count; i++) {
    const a = grants.mailbox[i] as number;
    const b = grants.grantee[i] as number;
    grantKinds[grants.kind[i] as number]!++;
    degree[a]!++;
    if (b < 0) continue;
    degree[b]!++;
    const [one, other] = [organisations[organisationOf[a] as number], organisations[organisationOf[b] as number]];
    if (one !== other) counted.acrossOrganisations++;
    if (one?.region !== other?.region) counted.acrossRegions++;
    if (people.kind[b] === 3) counted.ofApplications++;
  }
  const members = new Int32Array(size);
  for (const component of componentsOf(size, grants)) members[component]!++;
  const share = (count: number, of: number): number => Math.round((1000 * count) / Math.max(1, of)) / 1000;
  return {
    mailboxes: tally([...people.kind].map((kind) => kindWords[kind] as string)),
    organisations: tally(organisations.map(({ sort }) => sort)),
    largestOrganisation: Math.max(...organisations.map(({ mailboxes }) => mailboxes)),
    grants: Object.fromEntries(grantWords.map((word, kind) => [word, grantKinds[kind] as number])),
    acrossOrganisations: share(counted.acrossOrganisations, grants.count),
    acrossRegions: share(counted.acrossRegions, grants.count),
    ofApplications: share(counted.ofApplications, grants.count),
    largestComponent: share(
      members.reduce((most, count) => Math.max(most, count), 0),
      size,
    ),
    withoutGrants: share(
      degree.reduce((count, grantsOf) => count + (grantsOf === 0 ? 1 : 0), 0),
      size,
    ),
    mostGrants: degree.reduce((most, count) => Math.max(most, count), 0),
    freezes: freezes.length,
    frozenMailboxes: organisations
      .filter(({ code }) => freezes.some(({ organisation }) => organisation === code))
      .reduce((sum, { mailboxes }) => sum + mailboxes, 0),
  };
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
