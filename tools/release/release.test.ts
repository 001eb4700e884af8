import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../project.ts';
import { readLock, shippedPackages } from '../shipped-packages.ts';
import { readAudit } from './audit.ts';
import { type Bill, billOfMaterials } from './bill.ts';
import { isAllowed, licenceList, unknownLicences } from './licences.ts';

const run = promisify(execFile);
const packages = shippedPackages();
const order = {
  home: root,
  version: '1.2.3',
  date: new Date('2026-12-01T00:00:00Z'),
  packages,
  direct: ['fastify', 'pg'],
};

describe('the bill of materials', () => {
  let bill: Bill;
  beforeAll(async () => {
    bill = await billOfMaterials(order);
  });

  test('names every package that the lock does not mark as development, with its version and its hash, and none that it does', () => {
    const { packages: locked } = readLock();
    const shipped = Object.entries(locked).filter(([path, { dev }]) => path !== '' && dev !== true);
    const named = bill.components.map((each) => [each.properties?.[0]?.value, each.version, each.hashes?.[0]?.content]);
    const hex = (integrity = '') => Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
    expect(named).toEqual(
      shipped
        .map(([path, each]) => [path, each.version, hex(each.integrity)])
        .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
    expect(named.length).toBeGreaterThan(80);
    expect(bill.components.some(({ name }) => name === 'vitest')).toBe(false);
  });

  test('says what needs what, and knows everything that it speaks of', () => {
    const refs = bill.components.map((each) => each['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    const known = new Set([...refs, bill.metadata.component['bom-ref']]);
    for (const { ref, dependsOn } of bill.dependencies)
      expect([ref, ...dependsOn].filter((each) => !known.has(each))).toEqual([]);
    expect(bill.dependencies.find(({ ref }) => ref.startsWith('pkg:npm/pg@'))?.dependsOn).toContainEqual(
      expect.stringMatching(/^pkg:npm\/pg-protocol@/),
    );
    // One that lies within another is found before the one beside it.
    const compiler = bill.dependencies.find(({ ref }) => ref.startsWith('pkg:npm/%40fastify/ajv-compiler@'));
    expect(compiler?.dependsOn).toContainEqual(expect.stringContaining('#node_modules/@fastify/ajv-compiler/'));
  });

  test('tells of the libraries within Node and PostgreSQL, of an old OpenSSL too', () => {
    const within = (name: string) => bill.components.find((each) => each.purl?.includes(name))?.components ?? [];
    expect(within(`node-linux-${process.arch}`).find(({ name }) => name === 'openssl')?.version).toBe(
      process.versions.openssl,
    );
    const postgres = within(`%40embedded-postgres/linux-${process.arch}`).map(
      ({ name, version }) => `${name} ${version}`,
    );
    expect(postgres).toContainEqual(expect.stringMatching(/^postgresql 18\./));
    expect(postgres).toContainEqual(expect.stringMatching(/^openssl 1\.1\.1/));
  });

  test('is the same when it is made again, and another where something else is shipped', async () => {
    expect(await billOfMaterials(order)).toEqual(bill);
    const fewer = await billOfMaterials({ ...order, packages: packages.slice(1) });
    expect(fewer.serialNumber).not.toBe(bill.serialNumber);
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('licences', () => {
  test('of everything that is shipped were looked at', () => {
    expect(unknownLicences(packages)).toEqual([]);
  });

  test.each([
    ['MIT', true],
    ['(MIT OR CC0-1.0)', true],
    ['GPL-3.0-only OR MIT', true],
    ['MIT AND GPL-3.0-only', false],
    ['(GPL-2.0-only OR MIT) AND ISC', true],
    ['GPL-3.0-only', false],
    ['GPL-2.0-only WITH Classpath-exception-2.0', false],
    ['SEE LICENSE IN LICENSE.txt', false],
    ['UNLICENSED', false],
    ['(MIT', false],
    ['MIT MIT', false],
    ['', false],
  ])('%j: %s', (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed);
  });

  test('one that is missing or unknown is named', () => {
    const [first] = packages;
    const odd = [
      { ...first, name: 'odd', licence: null },
      { ...first, name: 'strange', licence: 'Commons-Clause' },
    ] as typeof packages;
    expect(unknownLicences(odd).map(({ name }) => name)).toEqual(['odd', 'strange']);
    expect(licenceList(odd)).toMatch(/^odd\t\S+\tunknown\nstrange\t/);
  });
});

describe('npm audit', () => {
  test('is believed where the registry answered', () => {
    const report = JSON.stringify({ metadata: { vulnerabilities: { total: 2 } } });
    expect(readAudit(report, '')).toEqual({ kind: 'told', vulnerabilities: 2, report });
  });

  test('is no clean bill where it did not', () => {
    expect(readAudit('{"message":"405 Method Not Allowed"}', '')).toEqual({
      kind: 'not-offered',
      why: '405 Method Not Allowed',
    });
    expect(readAudit('', 'npm was not found\nat all')).toEqual({ kind: 'not-offered', why: 'npm was not found' });
    expect(readAudit('[]', '')).toMatchObject({ kind: 'not-offered' });
  });
});

describe('a release', () => {
  let out = '';
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'godwit-release-'));
  });
  afterAll(() => rm(out, { recursive: true, force: true }));

  test('has a bill, licences and sums that sha256sum agrees with, and says where it could not be audited', async () => {
    const { release } = await import('../release.ts');
    const said: string[] = [];
    await release({ out, withPackages: false, says: (line) => said.push(line) });
    const names = (await readdir(out)).map((name) => name.replace(/-\d+\.\d+\.\d+\S*?(?=\.[a-z])/, ''));
    expect(names).toEqual(expect.arrayContaining(['SHA256SUMS', 'godwit.cdx.json', 'godwit.licences.txt']));
    expect(said.join('\n')).toMatch(/npm audit: nothing is known|NOT AUDITED: /);
    await run('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: out });
    expect((await readFile(join(out, 'SHA256SUMS'), 'utf8')).split('\n')).toHaveLength(names.length);
  });
});
