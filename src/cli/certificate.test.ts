/** What `godwit certificate` says, and what it refuses, in a made-up world. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { type KnownKey, readPublicKeys, signingKey } from '#domain/signing-key.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { EvidenceWork } from './world.ts';

const old = { ...signingKey(Buffer.alloc(32, 1)), madeAt: new Date(0), retiredAt: new Date(86_400_000) };
const current = { ...signingKey(Buffer.alloc(32, 2)), madeAt: new Date(86_400_000), retiredAt: null };

function withKeys(keys: readonly KnownKey[]): MadeUp {
  const work: Partial<EvidenceWork> = {
    keys: { list: async () => keys, rotate: async () => 'the-next' },
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    readEstate: async () => ({ database: 'embedded' }) as unknown as EstateSettings,
    openEvidence: async () => work as EvidenceWork,
  };
}

test('who signs and who did is told, and that nothing was signed yet', async () => {
  const { stdout } = await play(['certificate', 'key', 'list'], withKeys([old, current]));
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    `${old.id}  made 1970-01-01T00:00:00.000Z  until 1970-01-02T00:00:00.000Z`,
    `${current.id}  made 1970-01-02T00:00:00.000Z  signs`,
  ]);
  expect((await play(['certificate', 'key', 'list'], withKeys([]))).stdout).toContain('Nothing has been signed yet');
});

test('the public halves of all keys are written for who checks, and nothing private', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-keys-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const out = join(folder, 'keys.json');
  const { code } = await play(['certificate', 'key', 'export', '--out', out], withKeys([old, current]));
  expect(code).toBe(0);
  const text = await readFile(out, 'utf8');
  expect(readPublicKeys(text)?.map(({ id }) => id)).toEqual([old.id, current.id]);
  expect(text).not.toMatch(/"d"/);
  const printed = await play(['certificate', 'key', 'export', '-o', 'json'], withKeys([current]));
  expect(readPublicKeys(printed.stdout)).toHaveLength(1);
});

test('a file that cannot be written, and keys that are not there, are told as wrong usage', async () => {
  const nowhere = ['certificate', 'key', 'export', '--out', '/nowhere/at/all.json'];
  expect(await play(nowhere, withKeys([current]))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('/nowhere/at/all.json cannot be written'),
  });
  expect((await play(['certificate', 'key', 'export'], withKeys([]))).code).toBe(2);
});

test('whoever has another key sign is told what to do next', async () => {
  const { stdout } = await play(['certificate', 'key', 'rotate'], withKeys([current]));
  expect(stdout).toContain('the-next');
  expect(stdout).toContain('godwit certificate key export');
});
