import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as imap from '#protocols/imap/index.ts';
import { type Mask, maskOf } from './masking.ts';

const mask = (secret: string): Mask => maskOf({ kind: 'password', user: 'ann', password: secret, onBehalfOf: null });
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

test('a password is masked in the spellings that a server may repeat', () => {
  const hide = mask('hunter"2\\ü');
  expect(hide('NO no such password: hunter"2\\ü')).toBe('NO no such password: ***');
  expect(hide('BAD in LOGIN "ann" "hunter\\"2\\\\ü"')).toBe('BAD in LOGIN "ann" "***"');
  expect(hide(`BAD in ${base64('hunter"2\\ü')}`)).toBe('BAD in ***');
});

test('a short password is masked where it stands alone, and leaves words as they are', () => {
  expect(mask('ab')('NO ab is no password, said Abel and ab.')).toBe('NO *** is no password, said Abel and ***.');
  expect(mask('')('words')).toBe('words');
});

test('a secret that was cut with the rest of the line is masked too', () => {
  expect(mask('hunter2hunter2')('NO no such password: hunter2hu…')).toBe('NO no such password: ***…');
  expect(mask('hunter2hunter2')('NO no such password: hun…')).toBe('NO no such password: hun…');
  expect(mask('two  blanks')('NO two blanks')).toBe('NO ***');
});

test('a token is masked as well', () => {
  const hide = maskOf({ kind: 'oauth', user: 'ann', token: 'eyJ0.abc-_x' });
  expect(hide('NO bad token eyJ0.abc-_x')).toBe('NO bad token ***');
});

test('whatever the user name, no sign-in that is repeated shows the secret', () => {
  const secret = 'canary-secret-5521';
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'ü', '@', '.', '密') }), (user) => {
      const said = [
        imap.sasl.plain({ user, password: secret }),
        imap.sasl.plain({ user, password: secret, authorizeAs: 'boss' }),
        imap.sasl.xoauth2({ user, token: secret, host: 'h', port: 1 }),
        imap.sasl.oauthbearer({ user, token: secret, host: 'h', port: 1 }),
      ];
      for (const mechanism of said) {
        const shown = mask(secret)(`BAD what is ${mechanism?.initialResponse}`);
        const runs = shown.split('***').flatMap((part) => part.match(/[A-Za-z0-9+/=]+/g) ?? []);
        expect(shown).toContain('***');
        for (const run of runs) expect(Buffer.from(run, 'base64').toString('latin1')).not.toContain('canary-secret');
      }
    }),
  );
});
