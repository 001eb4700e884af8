/** A key that stays in Vault, against a double of its transit engine (vault-double.test-kit.ts says how far that goes). */

import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Fault } from '#domain/fault.ts';
import type { KeyService } from '#ports/key-service.ts';
import { vaultTransit } from './transit.ts';
import { startVaultDouble, type VaultDouble } from './vault-double.test-kit.ts';

function transitOf(vault: VaultDouble, more: Partial<Parameters<typeof vaultTransit>[0]> = {}): KeyService {
  const token = async (): Promise<string> => 'hvs.canary-token-0001';
  return vaultTransit({
    address: vault.address,
    mount: 'transit',
    key: 'godwit',
    namespace: null,
    ca: vault.ca,
    token,
    ...more,
  });
}

const bound = Buffer.from('estate, purpose and name');
const hide = async (service: KeyService, dataKey = randomBytes(32)) => {
  const [hidden] = await service.wrap([{ dataKey, bound }]);
  if (!hidden) throw new Error('nothing was hidden');
  return hidden;
};

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (!(thrown instanceof Fault)) throw new Error(`no fault: ${String(thrown)}`);
  return thrown;
}

describe('a data key that Vault hides', () => {
  test('opens with what it is bound to, and with nothing else', async () => {
    await using vault = await startVaultDouble();
    const service = transitOf(vault);
    const keys = [randomBytes(32), randomBytes(32)];
    const hidden = await service.wrap(keys.map((dataKey, i) => ({ dataKey, bound: Buffer.from(`bound ${i}`) })));
    const [one, two] = hidden.map(({ wrapped }) => wrapped) as [Uint8Array, Uint8Array];
    expect(hidden.map(({ keyId }) => keyId)).toEqual(['vault:transit/godwit/v1', 'vault:transit/godwit/v1']);
    expect(
      await service.unwrap([
        { wrapped: one, bound: Buffer.from('bound 0') },
        { wrapped: two, bound: Buffer.from('bound 0') },
        { wrapped: Buffer.from('vault:v1:AAAA'), bound },
        { wrapped: Buffer.from('no ciphertext'), bound },
        { wrapped: two, bound: Buffer.from('bound 1') },
      ]),
    ).toEqual([keys[0], null, null, null, keys[1]]);
    // All of a list that do not open are told one by one, too, and one alone.
    expect(await service.unwrap([{ wrapped: one, bound }])).toEqual([null]);
  });

  test('goes there many at a time, and none is asked for where there is none', async () => {
    await using vault = await startVaultDouble();
    const service = transitOf(vault);
    await service.keyId();
    const before = vault.asked.length;
    const keys = Array.from({ length: 1_100 }, () => ({ dataKey: randomBytes(32), bound }));
    const hidden = await service.wrap(keys);
    expect(vault.asked.slice(before).map(({ body }) => body.batch_input?.length)).toEqual([500, 500, 100]);
    const opened = await service.unwrap(hidden.map(({ wrapped }) => ({ wrapped, bound })));
    expect(opened).toEqual(keys.map(({ dataKey }) => dataKey));
    const soFar = vault.asked.length;
    expect(await service.wrap([])).toEqual([]);
    expect(await service.unwrap([])).toEqual([]);
    expect(vault.asked.length).toBe(soFar);
  });

  test('is under the version of the key that is new, once it was rotated there; the old one opens on', async () => {
    await using vault = await startVaultDouble();
    const service = transitOf(vault);
    const before = await hide(service);
    vault.rotate();
    expect(await service.keyId()).toBe('vault:transit/godwit/v2');
    expect((await hide(service)).keyId).toBe('vault:transit/godwit/v2');
    expect((await service.unwrap([{ wrapped: before.wrapped, bound }]))[0]).toHaveLength(32);
    expect(['vault:transit/godwit/v1', 'vault:transit/godwit/v2'].every((id) => service.opens(id))).toBe(true);
    for (const other of [
      'vault:transit/other/v1',
      'vault:transit/godwit/vx',
      'vault:transit/godwit/v',
      '0123456789abcdef',
    ])
      expect(service.opens(other)).toBe(false);
    vault.oldest = 2;
    const tooOld = await faultOf(service.unwrap([{ wrapped: before.wrapped, bound }]));
    expect(tooOld.code).toBe('secret.key.refused');
    expect(tooOld.message).toContain('disallowed by policy (too old)');
  });

  test('is found in its namespace, which is part of the name of the key', async () => {
    await using vault = await startVaultDouble();
    vault.namespace = 'migration/mail';
    const service = transitOf(vault, { namespace: 'migration/mail' });
    expect(await service.keyId()).toBe('vault:migration/mail/transit/godwit/v1');
    expect((await faultOf(transitOf(vault).keyId())).message).toContain('route entry not found');
  });
});

test('a Vault that does not bind what it hides is found out before anything is hidden with it', async () => {
  await using vault = await startVaultDouble();
  vault.isOld = true;
  const fault = await faultOf(transitOf(vault).wrap([{ dataKey: randomBytes(32), bound }]));
  expect(fault.code).toBe('secret.key.refused');
  expect(fault.message).toContain('does not heed associated_data');
  // Only what is no secret was sent.
  const sent = vault.asked.flatMap(({ body }) => body.batch_input ?? []).flatMap(({ plaintext }) => plaintext ?? []);
  expect(new Set(sent)).toEqual(new Set([Buffer.alloc(32).toString('base64')]));
});

describe('what is wrong is told apart', () => {
  test('sealed, overloaded or away: it may be back soon, and then goes on', async () => {
    await using vault = await startVaultDouble();
    const service = transitOf(vault);
    vault.isSealed = true;
    const sealed = await faultOf(hide(service));
    expect([sealed.code, sealed.retry]).toEqual(['secret.key.away', 'soon']);
    expect(sealed.message).toContain('Vault is sealed');
    vault.isSealed = false;
    for (const status of [429, 473, 500, 502]) {
      vault.instead = { status, body: '' };
      expect((await faultOf(hide(service))).code).toBe('secret.key.away');
    }
    vault.instead = null;
    expect((await hide(service)).keyId).toBe('vault:transit/godwit/v1');
    await vault[Symbol.asyncDispose]();
    expect((await faultOf(hide(service))).code).toBe('secret.key.away');
  });

  test.each([
    ['another token', { token: async () => 'hvs.wrong-token' }, 'permission denied'],
    ['a key that is not there', { key: 'other' }, 'permission denied'],
    ['a mount that is not there', { mount: 'elsewhere' }, 'route entry not found'],
    ['an authority nobody knows', { ca: null }, 'certificate'],
  ])('%s: it is for a person', async (_, more, says) => {
    await using vault = await startVaultDouble();
    const fault = await faultOf(hide(transitOf(vault, more)));
    expect([fault.code, fault.retry]).toEqual(['secret.key.refused', 'operator']);
    expect(fault.message).toContain(says);
  });

  test('a token is sent after no redirect', async () => {
    await using vault = await startVaultDouble();
    await using other = await startVaultDouble();
    vault.instead = { status: 307, body: '', location: new URL('/v1/transit/encrypt/godwit', other.address).href };
    const fault = await faultOf(hide(transitOf(vault, { ca: vault.ca + other.ca })));
    expect(fault.code).toBe('secret.key.refused');
    expect(fault.message).toContain('Name the active server');
    expect(other.asked).toEqual([]);
  });

  test.each([
    ['no JSON', 'welcome'],
    ['another form', '{"data":{}}'],
    ['too few answers', '{"data":{"batch_results":[]}}'],
    ['an answer without what was asked for', '{"data":{"batch_results":[{}]}}'],
    ['something hidden in no form of its own', '{"data":{"batch_results":[{"ciphertext":"rot13:abc"}]}}'],
    ['null', 'null'],
  ])('an answer that is %s is refused', async (_, body) => {
    await using vault = await startVaultDouble();
    vault.instead = { status: 200, body };
    expect((await faultOf(hide(transitOf(vault)))).code).toBe('secret.key.refused');
  });

  test('more than any answer of Vault has is not read to its end', async () => {
    await using vault = await startVaultDouble();
    vault.instead = { status: 200, body: 'x'.repeat(3_000_000) };
    expect((await faultOf(hide(transitOf(vault)))).message).toContain('too much');
  });

  test('whatever it repeats of token or key in its words is not shown, nor what would paint a terminal', async () => {
    await using vault = await startVaultDouble();
    const dataKey = randomBytes(32);
    const service = transitOf(vault);
    await service.keyId();
    for (const echo of ['hvs.canary-token-0001', dataKey.toString('base64')]) {
      vault.instead = { status: 400, body: JSON.stringify({ errors: [`what is ${echo}?`] }) };
      const { message } = await faultOf(hide(service, dataKey));
      expect(message).not.toContain(echo);
      expect(message).toContain('its words repeat what was asked');
    }
    vault.instead = { status: 400, body: JSON.stringify({ errors: ['\u001b[2Jgone'] }) };
    expect((await faultOf(hide(service))).message).not.toContain('\u001b');
  });
});
