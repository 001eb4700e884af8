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

/** Acts on mailboxes, which may be bounded to those of an organisation, with what they are. */
const bounded = {
  see: 'lists, counts, descriptions, waves and reports, each as far as it is about their own',
  'see-tail': 'who signs in, and by what; what is planned for programs that do',
  'export-evidence': 'take certificates away',
  'take-digest-keys': 'take the keys away with which contents are checked, and guesses at messages can be tried',
  'hold-mailbox': 'let one wait where it is, such as those of a ward on call, and go on again',
  'defer-mailbox': 'take one that has not begun to switch out of its window, until a day',
  'ask-date': 'ask for the days between which one is to move',
  'retry-mailbox': 'try again what it was blocked for',
  'exclude-mailbox': 'let its journey rest, and go on again',
  'settle-account': 'say whether an account under another name is the same one',
  'go-back': 'bring one home',
  'accept-loss': 'take it upon oneself that messages did not arrive as they were',
  'plan-tail': 'write down who answers for a program, and what becomes of it',
} as const;

/** Acts that are about everybody: who has their role over a part of the estate may do none of them. */
const whole = {
  'see-works': 'platforms, workers, doors, forecasts, the brake, and what godwit doctor finds',
  'see-audit': 'read the audit log, and verify it',
  'import-estate': 'say who is to move',
  plan: 'plan, rehearse a plan, and apply it; say no to days that are asked for',
  'make-wave': 'make a wave',
  'check-wave': 'look at its mailboxes on both platforms: readiness and comparison',
  'certify-wave': 'read both sides of its mailboxes in full, and sign what was found',
  'start-wave': 'have it copied from now on, and switched in its window',
  'pause-wave': 'switch nobody more',
  'resume-wave': 'go on after a pause',
  'reschedule-wave': 'give it another window',
  'cancel-wave': 'give it up',
  'accept-ways-in': 'let it switch though nobody holds some of the ways in',
  'go-back-wave': 'bring home all who have settled in it',
  'release-wave': 'end their way back',
  'brake-on': 'stop all switching',
  'brake-off': 'let it go on',
  'send-notices': 'write to people',
  'read-logs': 'read log files of sign-ins',
  'steer-works': 'drain a worker, wait no more for a door that is lost',
  'manage-secrets':
    'set, rotate, remove and erase sealed secrets, which nobody reads; have another key sign certificates',
  'manage-access': 'make and revoke tokens, end sessions',
} as const;

export type Act = keyof typeof bounded | keyof typeof whole;

/** What each act is, for people. */
export const actWords: Readonly<Record<Act, string>> = { ...bounded, ...whole };

export const boundedActs = Object.keys(bounded) as readonly (keyof typeof bounded)[];
export const wholeActs = Object.keys(whole) as readonly (keyof typeof whole)[];
export const acts: readonly Act[] = [...boundedActs, ...wholeActs];

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
    'ask-date',
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
    'certify-wave',
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
    'ask-date',
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
  auditor: [...looking, 'take-digest-keys', 'see-works', 'see-audit'],
  'service-desk': ['see', 'see-tail', 'hold-mailbox', 'ask-date', 'retry-mailbox'],
  'local-administrator': [...looking, 'take-digest-keys', 'hold-mailbox', 'defer-mailbox', 'ask-date', 'retry-mailbox'],
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

/** Whether `given` may do nothing that `giver` may not do. */
export function mayGive(giver: Holder, given: Holder): boolean {
  return acts.every((act) => {
    const [reach, wanted] = [reachOf(giver, act), reachOf(given, act)];
    if (reach === null || wanted?.length === 0) return true;
    return wanted !== null && wanted.every((code) => reach.includes(code));
  });
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
  return act in bounded;
}
