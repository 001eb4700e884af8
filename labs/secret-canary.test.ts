/**
 * A secret that was sealed is nowhere to be read: not in what the commands say at their most talkative, not in what they say
 * when something is wrong, and not in any file of the database, its log of changes included.
 */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshState, type Ran, startGodwit } from './godwit.ts';

const canary = 'canary-c41d-of-the-admin';
/** As it is, and as it would look in any dump; base64 in the three ways in which it can be cut. */
const disguises = [
  canary,
  Buffer.from(canary).toString('hex'),
  ...[0, 1, 2].map((shift) => Buffer.from(canary.slice(shift)).toString('base64').slice(0, 28)),
];

function expectNoCanary(text: string): void {
  for (const disguise of disguises) expect(text.includes(disguise)).toBe(false);
}

/** Everything below `folder`, file by file. */
async function* contentsOf(folder: string): AsyncGenerator<string> {
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (file.isFile()) yield await readFile(join(file.parentPath, file.name), 'latin1');
}

test('a sealed secret is in no output, no log, no error, and nowhere in the database in clear', async () => {
  await using state = await freshState();
  const config = join(state.path, 'godwit.yaml');
  const [first, second] = ['first.key', 'second.key'].map((name) => join(state.path, name)) as [string, string];
  const kept = join(state.path, 'kept');
  await writeFile(
    config,
    'source: { url: imaps://a.example, admin: root, secret: sealed:admin }\ntarget: { url: imaps://b.example, secret: env:B }\n',
  );
  const said: string[] = [];
  const secret = async (argv: readonly string[], environment: Record<string, string> = {}): Promise<Ran> => {
    const talkative = ['--config', config, '--state', kept, '--log-level', 'trace', '--log-format', 'json'];
    const piped = ['sh', '-c', 'printf "%s\\n" "$CANARY" | "$0" "$@"'];
    const given = { CANARY: canary, GODWIT_KEY: `file:${first}`, ...environment };
    const ran = await startGodwit(['secret', ...argv, ...(argv[0] === 'key' ? [] : talkative)], given, 100_000, piped)
      .ended;
    said.push(ran.stdout, ran.stderr);
    return ran;
  };

  for (const out of [first, second]) expect((await secret(['key', '--out', out])).code).toBe(0);
  expect(await secret(['set', 'admin'])).toMatchObject({ code: 0, stdout: 'sealed:admin is set.\n' });
  expect((await secret(['list', '-o', 'json'])).stdout).toContain('"admin"');
  expect((await secret(['rotate'], { GODWIT_KEY: `file:${second},file:${first}` })).stdout).toContain(
    '1 secret brought under',
  );
  // What is wrong with a key, a name or a list is said without what was to be sealed.
  expect((await secret(['rotate'])).code).toBe(3);
  expect((await secret(['set', 'admin'], { GODWIT_KEY: 'file:/dev/null' })).code).toBe(2);
  expect((await secret(['set', 'admin'], { GODWIT_KEY: canary })).code).toBe(2);
  expect((await secret(['set', 'x/', '--from', config])).code).toBe(2);
  expectNoCanary(said.join('\n'));

  let files = 0;
  for await (const content of contentsOf(kept)) {
    files++;
    expectNoCanary(content);
  }
  // A whole server was looked through, not an empty folder.
  expect(files).toBeGreaterThan(500);
});
