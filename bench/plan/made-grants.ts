/**
 * Who may do what with whose mailbox in an estate to plan: a team with its desk, a secretary with her consultants, colleagues with each
 * other's folders; between organisations the shared-care teams of a region, practices with their trust, pharmacies and care homes
 * with their practices; and the hubs, to which half an organisation has access or which have access to all of it.
 */

import type { Chance } from '#lib/chance.ts';
import type { GrantKind } from '#domain/estate.ts';
import { largestOf, type MadeOrganisation } from './made-organisations.ts';
import { type MadePeople, roughly, type Team, teamsInDepartment } from './made-people.ts';

export const kindWords = ['full-access', 'send-as', 'send-on-behalf', 'folder'] as const satisfies readonly GrantKind[];
const fullAccess = 0;
const sendAs = 1;
const sendOnBehalf = 2;
const folder = 3;

/** In columns. A grantee below 0 has left: nobody in the estate. */
export interface MadeGrants {
  readonly count: number;
  readonly mailbox: Int32Array;
  readonly grantee: Int32Array;
  readonly kind: Uint8Array;
}

export function makeGrants(
  organisations: readonly MadeOrganisation[],
  people: MadePeople,
  wanted: number,
  chance: Chance,
): MadeGrants {
  const grants = new Drafts(wanted);
  const town: Town = { organisations, people, regions: regionsAmong(organisations), grants, chance };
  for (const { teams } of people.staff) {
    for (const [i, team] of teams.entries()) {
      deskOf(town, team);
      secretariesOf(town, teams, i);
      neighboursOf(town, teams, i);
    }
  }
  for (const organisation of organisations.keys()) {
    roomsOf(town, organisation);
    applicationsOf(town, organisation);
  }
  for (const region of town.regions) sharedCare(town, region);
  for (const region of town.regions) referrals(town, region);
  for (const region of town.regions) twoJobs(town, region);
  strangers(town);
  hubs(town);
  leavers(town, wanted);
  foldersAmongColleagues(town, wanted);
  return grants;
}

interface Region {
  /** Numbers of organisations. */
  readonly bodies: readonly number[];
  readonly trusts: readonly number[];
  readonly practices: readonly number[];
  readonly careHomes: readonly number[];
  readonly pharmacies: readonly number[];
  readonly mailboxes: number;
}

interface Town {
  readonly organisations: readonly MadeOrganisation[];
  readonly people: MadePeople;
  readonly regions: readonly Region[];
  readonly grants: Drafts;
  readonly chance: Chance;
}

/** Most of a team may read what comes to its desk, and most of those may answer in its name. */
function deskOf({ grants, chance }: Town, { desks, members }: Team): void {
  for (const desk of desks) giveDesk(grants, chance, desk, members);
}

function giveDesk(grants: Drafts, chance: Chance, desk: number, members: readonly number[]): void {
  for (const member of members) {
    if (chance.below(100) >= 78) continue;
    grants.add(desk, member, fullAccess);
    if (chance.below(100) < 70) grants.add(desk, member, sendAs);
  }
}

/** One or two secretaries look after some of their team, and after somebody of the team next door. */
function secretariesOf({ grants, chance }: Town, teams: readonly Team[], i: number): void {
  const { members } = teams[i] as Team;
  if (members.length < 6) return;
  for (let secretaries = chance.between(0, 2); secretaries > 0; secretaries--) {
    const secretary = chance.pick(members);
    for (let consultants = chance.between(2, 4); consultants > 0; consultants--) {
      const from = chance.below(100) < 80 ? (teams[i] as Team) : nearTeam(teams, i, chance);
      if (from.members.length === 0) continue;
      const consultant = chance.pick(from.members);
      grants.add(consultant, secretary, fullAccess);
      grants.add(consultant, secretary, sendOnBehalf);
    }
  }
}

/** Who works with another team, mostly one of the same department. */
function neighboursOf({ grants, chance }: Town, teams: readonly Team[], i: number): void {
  const { members } = teams[i] as Team;
  if (teams.length < 2 || members.length === 0) return;
  for (let times = roughly(members.length * 0.1, chance); times > 0; times--) {
    const other = chance.below(100) < 70 ? nearTeam(teams, i, chance) : chance.pick(teams);
    if (other.members.length === 0) continue;
    const desk = other.desks[0];
    if (desk !== undefined && chance.below(100) < 60) grants.add(desk, chance.pick(members), fullAccess);
    else grants.add(chance.pick(other.members), chance.pick(members), folder);
  }
}

function nearTeam(teams: readonly Team[], i: number, chance: Chance): Team {
  const from = i - (i % teamsInDepartment);
  return teams[chance.between(from, Math.min(teams.length, from + teamsInDepartment) - 1)] as Team;
}

function roomsOf({ people, grants, chance }: Town, organisation: number): void {
  const { rooms, teams } = people.staff[organisation] as MadePeople['staff'][number];
  if (teams.length === 0) return;
  for (const room of rooms) {
    if (chance.below(100) < 40) continue;
    const team = chance.pick(teams);
    for (let bookers = chance.between(1, 3); bookers > 0 && team.members.length > 0; bookers--)
      grants.add(room, chance.pick(team.members), chance.below(2) === 0 ? fullAccess : folder);
  }
}

/** Some send in somebody's name, most read a few desks and people of their own organisation, now and then of another. */
function applicationsOf(town: Town, organisation: number): void {
  const { people, grants, chance } = town;
  const { applications, teams } = people.staff[organisation] as MadePeople['staff'][number];
  if (teams.length === 0) return;
  for (const application of applications) {
    if (chance.below(100) < 30) continue;
    const elsewhere = chance.below(100) < 8 ? someTeam(town, regionOf(town, organisation)) : null;
    const home = chance.below(teams.length);
    const kind = chance.below(100) < 60 ? fullAccess : sendAs;
    for (let many = Math.round(8 ** (chance.below(1_000) / 1_000)); many > 0; many--) {
      const team = elsewhere ?? (chance.below(100) < 50 ? (teams[home] as Team) : chance.pick(teams));
      const desk = team.desks[0];
      if (desk !== undefined && chance.below(100) < 50) grants.add(desk, application, kind);
      else if (team.members.length > 0) grants.add(chance.pick(team.members), application, kind);
    }
  }
}

/** Teams of people from several organisations of a region around a desk that one of them keeps. */
function sharedCare(town: Town, region: Region): void {
  const { grants, chance } = town;
  for (let times = roughly(region.mailboxes / 180, chance); times > 0; times--) {
    const teams = Array.from({ length: chance.between(2, 6) }, () => someTeam(town, region));
    const host = teams.find(({ desks }) => desks.length > 0);
    if (!host) continue;
    const size = chance.between(8, 40);
    const members = teams.flatMap(({ members }) =>
      Array.from({ length: members.length > 0 ? Math.ceil(size / teams.length) : 0 }, () => chance.pick(members)),
    );
    giveDesk(grants, chance, host.desks.at(-1) as number, members);
  }
}

/** A practice sends to two trusts, a pharmacy and a care home hear from the practices around them. */
function referrals(town: Town, { trusts, practices, careHomes, pharmacies }: Region): void {
  const { grants, chance } = town;
  const meet = (one: number, others: readonly number[], times: number): void => {
    if (others.length === 0) return;
    const near = Array.from({ length: 2 }, () => chance.pick(others));
    for (; times > 0; times--) {
      const here = teamOf(town, one);
      const there = teamOf(town, chance.pick(near));
      const [giver, taker] = chance.below(2) === 0 ? [here, there] : [there, here];
      if (giver.members.length === 0 || taker.members.length === 0) continue;
      const desk = giver.desks[0];
      const isDesk = desk !== undefined && chance.below(100) < 75;
      const owner = isDesk ? desk : chance.pick(giver.members);
      const who = chance.pick(taker.members);
      grants.add(owner, who, isDesk ? fullAccess : folder);
      if (isDesk && chance.below(2) === 0) grants.add(owner, who, sendAs);
    }
  };
  for (const practice of practices) meet(practice, trusts, chance.between(8, 32));
  for (const pharmacy of pharmacies) meet(pharmacy, practices, chance.between(3, 9));
  for (const careHome of careHomes) meet(careHome, practices, chance.between(2, 10));
}

/** People of one trust with a secretary, a clinic or a colleague's folders in another organisation of the region. */
function twoJobs(town: Town, region: Region): void {
  const { grants, chance } = town;
  for (let times = roughly(region.mailboxes * 0.06, chance); times > 0; times--) {
    const here = someTeam(town, region);
    const there = someTeam(town, region, here.organisation);
    if (here.members.length === 0 || there.members.length === 0) continue;
    const owner = chance.pick(here.members);
    const grantee = chance.pick(there.members);
    const draw = chance.below(100);
    grants.add(owner, grantee, draw < 50 ? folder : fullAccess);
    if (draw >= 75) grants.add(owner, grantee, sendOnBehalf);
  }
}

/** A few know somebody at the other end of the country. */
function strangers(town: Town): void {
  const { people, regions, grants, chance } = town;
  // In a small estate too each region has a few, or the estate would fall into pieces.
  for (let times = Math.max(6 * regions.length, roughly(people.kind.length * 0.004, chance)); times > 0; times--) {
    const here = someTeam(town, chance.pick(regions));
    const there = someTeam(town, chance.pick(regions));
    if (here.members.length > 0 && there.members.length > 0)
      grants.add(
        here.desks[0] ?? chance.pick(here.members),
        chance.pick(there.members),
        chance.below(2) === 0 ? folder : fullAccess,
      );
  }
}

/**
 * Shared mailboxes with up to 3,000 members and service accounts with access to up to 20,000 mailboxes, one grant for each
 * pair; fewer in a smaller estate. Most keep to one organisation, every fourth serves a region.
 */
function hubs(town: Town): void {
  const { organisations, people, grants, chance } = town;
  const share = largestOf(people.kind.length) / largestOf(2_100_000);
  const large = [...organisations.keys()].sort((a, b) => sizeOf(town, b) - sizeOf(town, a));
  const among = (organisation: number, rank: number) => (): Team =>
    rank % 4 === 3 ? someTeam(town, regionOf(town, organisation)) : teamOf(town, organisation);
  for (let rank = 0; rank < Math.max(4, 120 * Math.sqrt(share)); rank++) {
    const organisation = large[rank % Math.ceil(large.length / 20)] as number;
    const desk = teamOf(town, organisation).desks[0];
    if (desk === undefined) continue;
    const pick = among(organisation, rank);
    const most = Math.min((3_000 * share) / (rank + 1) ** 0.5, sizeOf(town, organisation) / 2);
    for (let i = 0; i < most; i++) {
      const { members } = pick();
      if (members.length > 0) grants.add(desk, chance.pick(members), fullAccess);
    }
  }
  for (let rank = 0; rank < Math.max(2, 8 * Math.sqrt(share)); rank++) {
    const organisation = large[rank] as number;
    const account = people.staff[organisation]?.applications[0];
    if (account === undefined) continue;
    const most = Math.min((20_000 * share) / (rank + 1) ** 1.3, sizeOf(town, organisation) * 0.84);
    const pick = among(organisation, rank);
    const first = organisations[organisation]?.first ?? 0;
    // Of its own organisation the service has almost everybody, of a region whoever asked for it.
    for (let i = 0; i < most; i++) {
      if (rank % 4 !== 3) grants.add(first + Math.floor((i * sizeOf(town, organisation)) / most), account, fullAccess);
      else {
        const { members } = pick();
        if (members.length > 0) grants.add(chance.pick(members), account, fullAccess);
      }
    }
  }
}

/** Those whom access was given to and who are not there any more. */
function leavers({ people, grants, chance }: Town, wanted: number): void {
  for (let left = Math.round(wanted * 0.003); left > 0; left--) {
    const { teams } = chance.pick(people.staff);
    const team = teams.length > 0 ? chance.pick(teams) : null;
    const owner = team?.desks[0] ?? team?.members[0];
    if (owner !== undefined) grants.add(owner, -left, fullAccess);
  }
}

/** What is still wanting: calendars and folders that colleagues show each other. */
function foldersAmongColleagues({ people, grants, chance }: Town, wanted: number): void {
  const teams = people.staff.flatMap((staff) => staff.teams).filter(({ members }) => members.length > 2);
  if (teams.length === 0) return;
  // In a tiny estate everybody may have been shown everything.
  for (let tries = 0; grants.count < wanted && tries < wanted * 20; tries++) {
    const { members } = chance.pick(teams);
    // Who has many colleagues works with a few of them.
    const i = chance.below(members.length);
    const step = 1 + chance.below(Math.min(members.length - 1, 6));
    grants.add(members[i] as number, members[(i + step) % members.length] as number, folder);
  }
}

function regionsAmong(organisations: readonly MadeOrganisation[]): readonly Region[] {
  const regions: { -readonly [Key in keyof Region]: Key extends 'mailboxes' ? number : number[] }[] = [];
  const lists = {
    region: 'bodies',
    trust: 'trusts',
    practice: 'practices',
    'care home': 'careHomes',
    pharmacy: 'pharmacies',
  } as const;
  for (const [number, { sort, region, mailboxes }] of organisations.entries()) {
    while (regions.length <= region)
      regions.push({ bodies: [], trusts: [], practices: [], careHomes: [], pharmacies: [], mailboxes: 0 });
    const found = regions[region];
    if (!found) continue;
    found[lists[sort]].push(number);
    found.mailboxes += mailboxes;
  }
  return regions;
}

function regionOf({ organisations, regions }: Town, organisation: number): Region {
  return regions[organisations[organisation]?.region ?? 0] as Region;
}

/** A team of a region: mostly of a trust, often of a practice, else of its body; where there are others, not of `but`. */
function someTeam(town: Town, { trusts, practices, careHomes, bodies }: Region, but = -1): Team {
  const { chance } = town;
  for (let tries = 0; ; tries++) {
    const draw = chance.below(100);
    const among = draw < 62 ? trusts : draw < 88 ? practices : draw < 94 ? careHomes : bodies;
    const organisation = chance.pick(among.length > 0 ? among : bodies);
    if (organisation !== but || tries === 3) return teamOf(town, organisation);
  }
}

const nobody: Team = { organisation: -1, desks: [], members: [] };

function teamOf({ people, chance }: Town, organisation: number): Team {
  const { teams } = people.staff[organisation] as MadePeople['staff'][number];
  return teams.length > 0 ? chance.pick(teams) : nobody;
}

function sizeOf({ organisations }: Town, organisation: number): number {
  return organisations[organisation]?.mailboxes ?? 0;
}

/** No two the same and none to oneself, as in any export; what is more than wanted is left out. */
class Drafts implements MadeGrants {
  count = 0;
  readonly mailbox: Int32Array;
  readonly grantee: Int32Array;
  readonly kind: Uint8Array;
  /** Open addressing: the number of a grant, plus one. */
  readonly #places: Int32Array;

  constructor(most: number) {
    this.mailbox = new Int32Array(most);
    this.grantee = new Int32Array(most);
    this.kind = new Uint8Array(most);
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(most * 2 + 2)));
  }

  add(mailbox: number, grantee: number, kind: number): void {
    if (mailbox === grantee || this.count === this.mailbox.length) return;
    const mask = this.#places.length - 1;
    let place = Math.imul(mailbox, 0x9e3779b1) ^ Math.imul(grantee, 0x85ebca6b) ^ Math.imul(kind + 1, 0xc2b2ae35);
    for (place ^= place >>> 15; ; place++) {
      const taken = (this.#places[place & mask] as number) - 1;
      if (taken < 0) break;
      if (this.mailbox[taken] === mailbox && this.grantee[taken] === grantee && this.kind[taken] === kind) return;
    }
    this.mailbox[this.count] = mailbox;
    this.grantee[this.count] = grantee;
    this.kind[this.count] = kind;
    this.#places[place & mask] = ++this.count;
  }
}
