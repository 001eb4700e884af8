import { describe, expect, test } from 'vitest';
import { sealedNameOf, userOn, userTemplateProblem } from './platform.ts';
import { readSecretReference, sealedName, shownReference } from './secret-reference.ts';

const ann = { address: 'Ann.Lee@Corp.example', sourceUser: null, targetUser: 'alee' };

describe('who a mailbox is to a platform', () => {
  test('is the user that its list names, else its address', () => {
    expect(userOn('source', { user: null }, ann)).toBe('Ann.Lee@Corp.example');
    expect(userOn('target', { user: null }, ann)).toBe('alee');
  });

  test.each([
    ['{local}', 'Ann.Lee'],
    ['{local}@{domain}', 'Ann.Lee@Corp.example'],
    ['CORP\\{target_user}', 'CORP\\alee'],
    ['{source_user}', 'Ann.Lee@Corp.example'],
    ['shared/{address}', 'shared/Ann.Lee@Corp.example'],
  ])('%s', (user, expected) => {
    expect(userTemplateProblem(user)).toBeNull();
    expect(userOn('source', { user }, ann)).toBe(expected);
  });

  test('what a name holds is not taken for a template', () => {
    const odd = { address: '{domain}@x.example', sourceUser: null, targetUser: null };
    expect(userOn('source', { user: '{local}' }, odd)).toBe('{domain}');
  });

  test.each([
    ['{adress}', 'did you mean {address}?'],
    ['{nobody}', 'There are {address}, {local}'],
    ['{local', 'a brace'],
    ['local}', 'a brace'],
    ['mover', 'every mailbox would have the same user'],
    ['', 'empty'],
    ['{local}\n', 'control character'],
  ])('the template %j is refused', (template, says) => {
    expect(userTemplateProblem(template)).toContain(says);
  });
});

describe('a reference to a secret', () => {
  test.each(['env:OLD_ADMIN', 'file:/etc/godwit/old.pw', 'sealed:source/ann@corp.example'])('%s', (text) => {
    const reference = readSecretReference(text);
    if (!('kind' in reference)) throw new Error(reference.problem);
    expect(shownReference(reference)).toBe(text);
  });

  test.each(['hunter2', 'env:', 'env:A B', 'env:hunter2!', 'file:', 'sealed:', 'sealed:hunter 2', ''])(
    '%j is none, and is not repeated',
    (text) => {
      const read = readSecretReference(text);
      expect(read).toHaveProperty('problem');
      expect(JSON.stringify(read)).not.toContain('hunter');
    },
  );

  test('names of sealed secrets know no case, as addresses do not', () => {
    expect(readSecretReference('sealed:Source-Admin')).toEqual({ kind: 'sealed', name: 'source-admin' });
    expect(sealedNameOf('source/', ' Ann@Corp.example')).toBe('source/ann@corp.example');
  });

  test('a name has a bound and nothing in it that cannot be seen', () => {
    expect(sealedName('x'.repeat(400))).not.toBeNull();
    for (const name of ['x'.repeat(401), 'a b', 'a\tb', 'a\u202eb', 'a\ud800']) expect(sealedName(name)).toBeNull();
  });
});
