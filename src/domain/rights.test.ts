import { describe, expect, test } from 'vitest';
import {
  type Act,
  acts,
  boundedActs,
  dangerousActs,
  type HeldRole,
  type Holder,
  isDangerous,
  isWithin,
  may,
  mayGive,
  reachOf,
  type Role,
  roles,
  wholeActs,
} from './rights.ts';

const nobody: Holder = { who: 'ann', person: 'ann', roles: [], scopes: null };
const having = (...held: readonly HeldRole[]): Holder => ({ ...nobody, roles: held });
const over = (role: Role, organisation: string | null = null): HeldRole => ({ role, organisation });

/** Acts that change nothing anywhere. */
const onlyLooking: readonly Act[] = ['see', 'see-tail', 'see-works', 'see-audit', 'export-evidence'];

describe('roles over the whole estate', () => {
  test.each(acts)('the owner may %s everywhere', (act) => {
    expect(reachOf(having(over('owner')), act)).toBeNull();
  });

  test.each(acts)('nobody without a role may %s', (act) => {
    expect(reachOf(nobody, act)).toEqual([]);
    expect(may(nobody, act)).toBe(false);
  });

  test('an auditor changes nothing', () => {
    const theirs: readonly Act[] = [...onlyLooking, 'take-digest-keys'];
    expect(acts.filter((act) => may(having(over('auditor')), act)).toSorted()).toEqual(theirs.toSorted());
  });

  test('nobody but the owner says who may do what', () => {
    expect(roles.filter((role) => may(having(over(role)), 'manage-access'))).toEqual(['owner']);
  });

  test('a planner does nothing dangerous', () => {
    expect(dangerousActs.filter((act) => may(having(over('planner')), act))).toEqual([]);
  });

  test('whoever plans, and whoever works, can stop all switching; to let it go on is dangerous', () => {
    expect(roles.filter((role) => may(having(over(role)), 'brake-on'))).toEqual(['owner', 'planner', 'operator']);
    expect(isDangerous('brake-on')).toBe(false);
    expect(isDangerous('brake-off')).toBe(true);
  });

  test('a service desk sees people, holds them, asks for their dates and tries again, and no more', () => {
    const desk = having(over('service-desk'));
    expect(acts.filter((act) => may(desk, act))).toEqual([
      'see',
      'see-tail',
      'hold-mailbox',
      'ask-date',
      'retry-mailbox',
    ]);
  });
});

describe('roles over a part of the estate', () => {
  test.each(wholeActs)('no role over a part may %s, not even the owner of it', (act) => {
    expect(roles.filter((role) => may(having(over(role, 'RXY')), act))).toEqual([]);
  });

  test.each(boundedActs)('who may %s over a part may do it there and nowhere else', (act) => {
    expect(reachOf(having(over('owner', 'RXY')), act)).toEqual(['RXY']);
  });

  test('a local administrator sees, holds, defers, retries, asks for dates and takes their proof with them, of their own', () => {
    const local = having(over('local-administrator', 'RXY'));
    const theirs: readonly Act[] = [
      'see',
      'see-tail',
      'export-evidence',
      'take-digest-keys',
      'hold-mailbox',
      'defer-mailbox',
      'ask-date',
      'retry-mailbox',
    ];
    expect(acts.filter((act) => may(local, act))).toEqual(theirs);
    for (const act of theirs) expect(reachOf(local, act)).toEqual(['RXY']);
  });

  test.each(acts)('a local administrator of no organisation may %s nowhere', (act) => {
    expect(reachOf(having(over('local-administrator')), act)).toEqual([]);
  });

  test('several parts are added up, each once, and the whole swallows them', () => {
    const both = [over('local-administrator', 'RXY'), over('service-desk', 'ABC'), over('operator', 'RXY')];
    expect(reachOf(having(...both), 'hold-mailbox')).toEqual(['ABC', 'RXY']);
    expect(reachOf(having(...both), 'exclude-mailbox')).toEqual(['RXY']);
    expect(reachOf(having(...both, over('service-desk')), 'hold-mailbox')).toBeNull();
    // Over the whole a service desk excludes nobody: that stays with the part.
    expect(reachOf(having(...both, over('service-desk')), 'exclude-mailbox')).toEqual(['RXY']);
  });
});

describe('what a token was limited to', () => {
  test('it may do nothing else, whatever its role', () => {
    const token: Holder = { ...having(over('owner')), scopes: ['see', 'start-wave'] };
    expect(acts.filter((act) => may(token, act)).toSorted()).toEqual(['see', 'start-wave']);
  });

  test('it adds nothing to its role', () => {
    const token: Holder = { ...having(over('auditor')), scopes: ['see', 'start-wave'] };
    expect(acts.filter((act) => may(token, act))).toEqual(['see']);
  });

  test('limited to nothing, it may do nothing', () => {
    const token: Holder = { ...having(over('owner')), scopes: [] };
    expect(acts.filter((act) => may(token, act))).toEqual([]);
  });
});

describe('what somebody may give to others', () => {
  const owner = having(over('owner'));

  test('an owner gives everything', () => {
    for (const role of roles) expect(mayGive(owner, having(over(role)))).toBe(true);
  });

  test('nobody gives what they may not do, there where they may not do it', () => {
    const some: Holder = { ...owner, scopes: ['manage-access', 'see'] };
    expect(mayGive(some, having(over('auditor')))).toBe(false);
    expect(mayGive(some, { ...having(over('auditor')), scopes: ['see'] })).toBe(true);
    expect(mayGive(having(over('owner', 'RXY')), having(over('auditor', 'RXY')))).toBe(true);
    expect(mayGive(having(over('owner', 'RXY')), having(over('service-desk', 'ABC')))).toBe(false);
    expect(mayGive(having(over('owner', 'RXY')), having(over('service-desk')))).toBe(false);
  });
});

describe('what lies within', () => {
  test('all lies within the whole, and nothing within nothing', () => {
    expect(isWithin(null, ['RXY'])).toBe(true);
    expect(isWithin([], ['RXY'])).toBe(false);
  });

  test('an organisation lies within itself and within all above it, and not within those below it', () => {
    const ward = ['WARD', 'RXY', 'NORTH'];
    expect(isWithin(['WARD'], ward)).toBe(true);
    expect(isWithin(['OTHER', 'NORTH'], ward)).toBe(true);
    expect(isWithin(['WARD'], ['RXY', 'NORTH'])).toBe(false);
  });
});

test('every act is named once', () => {
  expect(new Set(acts).size).toBe(acts.length);
});
