import { expect, test } from 'vitest';
import { personOf, rolesNow, type SignInSettings } from './sign-in.ts';

const settings: SignInSettings = {
  issuer: 'https://id.corp.example',
  clientId: 'godwit',
  clientSecret: null,
  origin: 'https://godwit.corp.example',
  scopes: ['openid'],
  whoClaim: 'email',
  groupsClaim: 'groups',
  lastsSeconds: 3_600,
  idleSeconds: 1_800,
  roles: [
    { group: 'mail-operators', role: 'operator', organisation: null },
    { group: 'rxy-it', role: 'local-administrator', organisation: 'RXY' },
    { group: 'rxy-desk', role: 'local-administrator', organisation: 'RXY' },
  ],
};
const ann = { sub: '4711', email: 'ann@corp.example' } as const;

test('whoever is in a group has its role, each once', () => {
  expect(personOf({ ...ann, groups: ['rxy-it', 'rxy-desk', 'staff'] }, settings)).toEqual({
    kind: 'person',
    who: 'ann@corp.example',
    groups: ['rxy-it', 'rxy-desk', 'staff'],
    roles: [{ role: 'local-administrator', organisation: 'RXY' }],
  });
  expect(personOf({ ...ann, groups: 'mail-operators' }, settings)).toMatchObject({ roles: [{ role: 'operator' }] });
});

test.each([
  [undefined],
  [[]],
  [['Mail-Operators']],
  [['mail-operators ']],
  [{ 'mail-operators': true }],
  [[['mail-operators']]],
])('groups of %j give nothing', (groups) => {
  expect(personOf({ ...ann, groups }, settings)).toEqual({ kind: 'without-role', who: 'ann@corp.example' });
});

test('whoever is signed in may do what the settings give their groups now, at the provider that they name', () => {
  const held = [{ role: 'operator', organisation: null }] as const;
  const kept = { issuer: settings.issuer, groups: ['rxy-it', 'staff'], roles: held };
  expect(rolesNow(kept, settings)).toEqual([{ role: 'local-administrator', organisation: 'RXY' }]);
  expect(rolesNow(kept, { ...settings, roles: [] })).toEqual([]);
  expect(rolesNow(kept, { ...settings, issuer: 'https://other.example' })).toEqual([]);
  expect(rolesNow(kept, null)).toEqual([]);
  expect(rolesNow({ ...kept, groups: null }, settings)).toEqual(held);
  expect(rolesNow({ ...kept, groups: null, roles: [{ role: 'owner', organisation: null }] }, settings)).toEqual([]);
});

test('whom the provider does not name, or not for certain, is nobody', () => {
  const groups = ['mail-operators'];
  for (const email of [undefined, '', '  ', 7, ['ann@corp.example']])
    expect(personOf({ sub: '4711', email, groups }, settings)).toEqual({ kind: 'nameless', claim: 'email' });
  for (const email_verified of [false, 'false'])
    expect(personOf({ ...ann, email_verified, groups }, settings)).toEqual({ kind: 'nameless', claim: 'email' });
  expect(
    personOf({ ...ann, email_verified: false, sub: '4711', groups }, { ...settings, whoClaim: 'sub' }),
  ).toMatchObject({
    who: '4711',
  });
});

test.each(['operator bob', 'token 7 (nightly report)', ' Token 7 (x)', 'worker', 'the leader', 'Godwit'])(
  'whom the provider calls %j is not taken for one of us',
  (email) => {
    const found = personOf({ ...ann, email, groups: ['mail-operators'] }, settings);
    expect(found).toEqual({ kind: 'nameless', claim: 'email' });
  },
);

test('a name cannot move a cursor', () => {
  const found = personOf({ ...ann, email: 'ann\u001b[2J@corp.example', groups: ['mail-operators'] }, settings);
  expect(JSON.stringify(found)).not.toContain('\\u001b');
});
