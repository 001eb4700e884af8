import { describe, expect, test } from 'vitest';
import type { PlatformSignIn } from '#domain/platform.ts';
import { shownReference } from '#domain/secret-reference.ts';
import { silent } from '#lib/log.ts';
import type { Secrets } from '#ports/secrets.ts';
import { platformCredentials } from './platform-credentials.ts';

const ann = { address: 'ann@corp.example', sourceUser: 'alee', targetUser: null };
const secret = { kind: 'env', name: 'ADMIN' } as const;
const { signal } = new AbortController();

function credentials(signIn: PlatformSignIn, user: string | null = null) {
  const forgotten: string[] = [];
  const secrets: Secrets = {
    resolve: async (reference) => `what is in ${shownReference(reference)}`,
    ofMailbox: async (_, address) => `what is ${address}'s`,
    forget: (reference) => forgotten.push(shownReference(reference)),
    lacking: async () => [],
  };
  const oauthFiles = () => Promise.reject(new Error('no OAuth in this test'));
  return { forgotten, ...platformCredentials('source', { user, signIn }, ann, { secrets, oauthFiles, log: silent }) };
}

describe('who signs in to a platform', () => {
  test.each(['authzid', 'user*master'] as const)('an administrator, on behalf of the mailbox (%s)', async (style) => {
    const { current, refused, forgotten } = credentials({ kind: 'admin', admin: 'mover', style, secret }, '{local}');
    const password = 'what is in env:ADMIN';
    const onBehalfOf = { mailbox: 'ann', style };
    expect(await current(signal)).toEqual({ kind: 'password', user: 'mover', password, onBehalfOf });
    refused?.();
    expect(forgotten).toEqual(['env:ADMIN']);
  });

  test('the mailbox itself, with the secret of all', async () => {
    const { current } = credentials({ kind: 'shared', secret });
    expect(await current(signal)).toMatchObject({ user: 'alee', password: 'what is in env:ADMIN', onBehalfOf: null });
  });

  test('the mailbox itself, with its own secret, which goes by its address', async () => {
    const { current } = credentials({ kind: 'each', secrets: { kind: 'sealed', prefix: 'source/' } });
    expect(await current(signal)).toMatchObject({ user: 'alee', password: "what is ann@corp.example's" });
  });

  test('with OAuth: nothing is loaded before it is asked for', async () => {
    const { current } = credentials({ kind: 'oauth', file: '/o.json' });
    await expect(current(signal)).rejects.toThrow('no OAuth in this test');
  });
});
