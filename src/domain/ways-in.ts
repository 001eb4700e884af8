/**
 * By which ways mail and people come to a mailbox on the side that it leaves, and which of them we can hold while it changes sides:
 * mail by the MX, people through a proxy, people at the server itself. What is held is seen and never claimed: a way counts as held
 * only while the door that holds it is heard of. For the others a person has to say that they will do.
 */

export const waysIn = ['mx', 'proxy', 'direct'] as const;
export type WayIn = (typeof waysIn)[number];

/** Which ways there are, as the operator knows them. */
export interface WaysInSettings {
  readonly usual: readonly WayIn[];
  /** By the code of an organisation, where it is otherwise: for it and all that are below it. */
  readonly elsewhere: Readonly<Record<string, readonly WayIn[]>>;
}

/** Where doors are told of and ways are not: all of them. */
export const usualWaysIn: WaysInSettings = { usual: waysIn, elsewhere: {} };

/** What the settings say of ways in. */
export interface WaysPromised {
  /** Null: neither doors nor ways are told of. */
  readonly ways: WaysInSettings | null;
  /** Whether the operator of the source lets us end people's sessions there. */
  readonly endsSessions: boolean;
}

/** What the database knows of a door. */
export interface WaysDoor {
  readonly host: string;
  readonly serves: readonly string[];
  readonly isAlive: boolean;
}

/** One organisation of a wave, as it is known. */
export interface WaysMember {
  readonly organisation: string;
  /** Mailboxes of it that have still to switch in this wave. */
  readonly mailboxes: number;
  /** Its code and those of who is above it, itself first. */
  readonly line: readonly string[];
  readonly accepted: Readonly<Partial<Record<WayIn, WayAccepted>>>;
}

/** A person's word for one way of one organisation, for one wave. */
export interface WayAccepted {
  readonly who: string;
  readonly why: string;
  /** In ISO 8601. */
  readonly at: string;
}

export interface WayStanding {
  readonly way: WayIn;
  /** By what, in words for people; null: by nothing. */
  readonly heldBy: string | null;
  /** What would make it held; null where it is. */
  readonly remedy: string | null;
  readonly accepted: WayAccepted | null;
}

export interface OrganisationWays {
  readonly organisation: string;
  readonly mailboxes: number;
  readonly ways: readonly WayStanding[];
}

export interface WaveWays {
  /** False: there are neither doors nor settings of ways, so that nothing is promised, and nobody is asked for their word. */
  readonly isPromised: boolean;
  readonly organisations: readonly OrganisationWays[];
  /** Codes that the settings name and the estate does not have: what is written of them means nobody. */
  readonly unknown: readonly string[];
}

/** What became of a person's word. */
export type WaysAccepted =
  | {
      readonly kind: 'accepted';
      readonly organisations: readonly { readonly organisation: string; readonly ways: readonly WayIn[] }[];
    }
  /** All ways are held, or were accepted before, or nothing is promised. */
  | { readonly kind: 'nothing'; readonly isPromised: boolean }
  | { readonly kind: 'unknown'; readonly nearest: string | null }
  /** It is over. */
  | { readonly kind: 'refused'; readonly state: string };

/** What each organisation's ways are held by. `unknown` is for who knows which organisations there are. */
export function waysOf(
  promised: WaysPromised,
  doors: readonly WaysDoor[],
  members: readonly WaysMember[],
): Omit<WaveWays, 'unknown'> {
  const settings = settingsBy(promised, doors);
  if (settings === null) return { isPromised: false, organisations: [] };
  // The same for all organisations, of which there may be thousands.
  const standing = new Map(
    waysIn.map((way) => {
      const heldBy = holderOf(way, promised, doors);
      return [way, { way, heldBy, remedy: heldBy === null ? remedyFor(way, promised, doors) : null }] as const;
    }),
  );
  const organisations = members.map(({ organisation, mailboxes, line, accepted }) => ({
    organisation,
    mailboxes,
    ways: waysAlong(settings, line).map((way) => ({
      ...(standing.get(way) as Omit<WayStanding, 'accepted'>),
      accepted: accepted[way] ?? null,
    })),
  }));
  return { isPromised: true, organisations };
}

/** Whether anybody is asked for their word: there are doors, or settings of ways. */
export function isPromisedBy(promised: WaysPromised, doors: readonly WaysDoor[]): boolean {
  return settingsBy(promised, doors) !== null;
}

/** Those for which somebody's word is wanted. */
export function lackingOf({ ways }: Pick<OrganisationWays, 'ways'>): readonly WayIn[] {
  return ways.filter(({ heldBy, accepted }) => heldBy === null && accepted === null).map(({ way }) => way);
}

/** Whether there is nobody whose word could be wanted, whoever is concerned. */
export function isAllHeld(promised: WaysPromised, doors: readonly WaysDoor[]): boolean {
  if (settingsBy(promised, doors) === null) return true;
  return waysIn.every((way) => holderOf(way, promised, doors) !== null);
}

/** Doors may be on machines whose godwit.yaml the control plane does not know: who has any means all ways, unless it is said. */
function settingsBy({ ways }: WaysPromised, doors: readonly WaysDoor[]): WaysInSettings | null {
  return ways ?? (doors.length > 0 ? usualWaysIn : null);
}

/** What is said of the nearest: of itself, else of who is above it. */
function waysAlong({ usual, elsewhere }: WaysInSettings, line: readonly string[]): readonly WayIn[] {
  const nearest = line.find((code) => Object.hasOwn(elsewhere, code));
  const ways = nearest === undefined ? usual : (elsewhere[nearest] as readonly WayIn[]);
  return waysIn.filter((way) => ways.includes(way));
}

/** What has to be open for it, as doors name themselves (`Door.serves`): mail waits at the one, new sign-ins at the others. */
const servedFor: Readonly<Record<'mx' | 'proxy', readonly string[]>> = {
  mx: ['deliveries'],
  proxy: ['nginx', 'Dovecot'],
};

function holderOf(way: WayIn, { endsSessions }: WaysPromised, doors: readonly WaysDoor[]): string | null {
  const alive = doors.filter(({ isAlive }) => isAlive);
  // Where there is no door nobody is held, and so no session is ended either.
  if (way === 'direct') return endsSessions && alive.length > 0 ? 'sessions are ended at the source' : null;
  // A door has new sign-ins wait. Who came through the proxy before goes on working at the source until their session is ended there.
  if (way === 'proxy' && !endsSessions) return null;
  const of = alive.filter(({ serves }) => serves.some((each) => servedFor[way].includes(each)));
  return of.length === 0 ? null : `${of.length === 1 ? 'the door' : 'doors'} on ${hosts(of)}`;
}

function remedyFor(way: WayIn, { endsSessions }: WaysPromised, doors: readonly WaysDoor[]): string {
  const leaveOut = (when: string): string => `or leave ${way} out of ways-in where ${when}`;
  if (way === 'direct' && endsSessions) return 'Open the doors (godwit coexist): with none, nobody is held.';
  if (way === 'direct')
    return `Let Godwit end sessions there (sessions, under source), ${leaveOut('nobody can get past the proxies')}.`;
  const lost = doors.filter((door) => !door.isAlive && door.serves.some((each) => servedFor[way].includes(each)));
  if (lost.length > 0) return `Start its door on ${hosts(lost)} again: it is not heard of (godwit coexist doors).`;
  const isOpen = doors.some((door) => door.isAlive && door.serves.some((each) => servedFor[way].includes(each)));
  if (way === 'proxy' && isOpen)
    return `Let Godwit end sessions at the source (sessions, under source): its door has new sign-ins wait, and who is signed in goes on.`;
  return way === 'mx'
    ? `Open a door for deliveries (doors.deliveries, docs/coexistence.md), ${leaveOut('no mail comes to it')}.`
    : `Open a door for its proxy (doors.nginx or doors.dovecot, docs/coexistence.md), ${leaveOut('nobody comes through one')}.`;
}

function hosts(doors: readonly WaysDoor[]): string {
  return [...new Set(doors.map(({ host }) => host))].toSorted().join(', ');
}
