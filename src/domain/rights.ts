/**
 * Who may do what. A holder (a person who signed in, or a token of a machine) has roles, each over the whole estate or over one
 * organisation and all below it; a role is a row of the table here. Every door asks `reachOf` and hands on what it answers:
 * nobody decides this anywhere else.
 */

export const roles = [
  'owner',
  'planner',
  'operator',
  'auditor',
  'service-desk',
  // Of one organisation and all below it, never of the whole estate.
  'local-administrator',
] as const;
export type Role = (typeof roles)[number];

/** Acts on mailboxes, which may be bounded to those of an organisation. */
export const boundedActs = [
  // Lists, counts, descriptions, waves and reports, each as far as it is about their own.
  'see',
  // Who signs in, and by what; and what is planned for programs that do.
  'see-tail',
  'export-evidence',
  'hold-mailbox',
  // To ask for another date.
  'defer-mailbox',
  'retry-mailbox',
  'exclude-mailbox',
  // To say whether an account under another name is the same one.
  'settle-account',
  // To bring one mailbox home.
  'go-back',
  // To take it upon oneself that messages did not arrive as they were.
  'accept-loss',
  'plan-tail',
] as const;

/** Acts that are about everybody: who has their role over a part of the estate may do none of them. */
export const wholeActs = [
  // Platforms, workers, doors and the state of the database.
  'see-works',
  'see-audit',
  'import-estate',
  // To plan, to rehearse a plan, and to apply it.
  'plan',
  'make-wave',
  // To look at its mailboxes on both platforms: readiness and comparison.
  'check-wave',
  'start-wave',
  'pause-wave',
  'resume-wave',
  'reschedule-wave',
  'cancel-wave',
  // To let it switch though nobody holds some of the ways in.
  'accept-ways-in',
  // To bring home all who have settled in it.
  'go-back-wave',
  // To end their way back.
  'release-wave',
  'brake-on',
  'brake-off',
  'send-notices',
  // To read log files of sign-ins.
  'read-logs',
  // To drain a worker, and to wait no more for a door that is lost.
  'steer-works',
  'manage-secrets',
  // Tokens and sessions.
  'manage-access',
] as const;

export const acts = [...boundedActs, ...wholeActs] as const;
export type Act = (typeof acts)[number];

/** These ask for a reason and, where the settings say so, for a second person. */
export const dangerousActs = [
  'start-wave',
  'release-wave',
  'accept-loss',
  'go-back',
  'go-back-wave',
  'brake-off',
] as const satisfies readonly Act[];
export type DangerousAct = (typeof dangerousActs)[number];

const looking = ['see', 'see-tail', 'export-evidence'] as const;

/** What each role may do. */
export const rights = {
  owner: acts,
  planner: [
    ...looking,
    'see-works',
    'import-estate',
    'plan',
    'make-wave',
    'reschedule-wave',
    'hold-mailbox',
    'defer-mailbox',
    'exclude-mailbox',
    'plan-tail',
    'send-notices',
    'brake-on',
  ],
  operator: [
    ...looking,
    'see-works',
    'see-audit',
    'import-estate',
    'make-wave',
    'check-wave',
    'start-wave',
    'pause-wave',
    'resume-wave',
    'reschedule-wave',
    'cancel-wave',
    'accept-ways-in',
    'go-back-wave',
    'release-wave',
    'brake-on',
    'brake-off',
    'hold-mailbox',
    'defer-mailbox',
    'retry-mailbox',
    'exclude-mailbox',
    'settle-account',
    'go-back',
    'accept-loss',
    'plan-tail',
    'send-notices',
    'read-logs',
    'steer-works',
    'manage-secrets',
  ],
  auditor: [...looking, 'see-works', 'see-audit'],
  'service-desk': ['see', 'see-tail', 'hold-mailbox', 'retry-mailbox'],
  'local-administrator': [...looking, 'hold-mailbox', 'defer-mailbox', 'retry-mailbox'],
} as const satisfies Record<Role, readonly Act[]>;

/** A role over one organisation and all below it, by its code; null: over the whole estate. */
export interface HeldRole {
  readonly role: Role;
  readonly organisation: string | null;
}

export interface Holder {
  /** As the audit log names them: `ann@corp.example`, `token 7 (nightly report)`. */
  readonly who: string;
  /** The person who answers for it: themselves, or whoever a token was made by. Nobody approves what they asked for by another name. */
  readonly person: string;
  readonly roles: readonly HeldRole[];
  /** The acts that a token was limited to; null where it was not. */
  readonly scopes: readonly Act[] | null;
}

/**
 * Which part of an estate is meant: organisations by their codes, each with all below it. Null: all of it; empty: nothing. What is
 * not within is to be treated as if it did not exist.
 */
export type Within = readonly string[] | null;

/** Over which part `holder` may do `act`. */
export function reachOf(holder: Holder, act: Act): Within {
  if (holder.scopes !== null && !holder.scopes.includes(act)) return [];
  const held = holder.roles.filter(({ role }) => mayDo(role, act));
  // A local administrator of nothing in particular would be one of everything, which is another role.
  if (held.some(({ role, organisation }) => organisation === null && role !== 'local-administrator')) return null;
  if (!isBounded(act)) return [];
  return [...new Set(held.flatMap(({ organisation }) => organisation ?? []))].toSorted();
}

/** Whether there is anything that `holder` may do `act` to. */
export function may(holder: Holder, act: Act): boolean {
  const reach = reachOf(holder, act);
  return reach === null || reach.length > 0;
}

/** Whether something of an organisation lies within: `line` is its code and those of all above it, in any order. */
export function isWithin(within: Within, line: readonly string[]): boolean {
  return within === null || line.some((code) => within.includes(code));
}

export function isDangerous(act: Act): act is DangerousAct {
  return (dangerousActs as readonly Act[]).includes(act);
}

/** Whether a role may do an act somewhere: a square of the table. */
export function mayDo(role: Role, act: Act): boolean {
  return (rights[role] as readonly Act[]).includes(act);
}

/** Whether an act is on mailboxes, so that a role over a part of the estate is enough for that part. */
export function isBounded(act: Act): boolean {
  return (boundedActs as readonly Act[]).includes(act);
}
