/**
 * What a release is made of, as CycloneDX 1.6 (ECMA-424): every package that it ships with its hash, and what is known to lie within the two that
 * are programs, Node and PostgreSQL, so that whoever looks for a vulnerable OpenSSL finds it.
 */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNode, isPostgres, type ShippedPackage } from '../shipped-packages.ts';

export interface Component {
  readonly type: 'library' | 'platform' | 'application';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly scope?: 'required' | 'optional';
  readonly purl?: string;
  readonly cpe?: string;
  readonly licenses?: readonly ({ readonly expression: string } | { readonly license: { readonly id: string } })[];
  readonly hashes?: readonly { readonly alg: 'SHA-512'; readonly content: string }[];
  readonly components?: readonly Component[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

export interface Bill {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

export interface BillOrder {
  readonly home: string;
  readonly version: string;
  readonly date: Date;
  readonly packages: readonly ShippedPackage[];
  /** The names that our own package.json depends on. */
  readonly direct: readonly string[];
}

/** The same order gives the same bill, its serial number included. */
export async function billOfMaterials({ home, version, date, packages, direct }: BillOrder): Promise<Bill> {
  const components: Component[] = [];
  for (const each of packages) components.push(componentOf(each, await within(home, each)));
  const ref = `pkg:generic/godwit@${version}`;
  const terms = [{ license: { id: 'Apache-2.0' } }];
  const godwit: Component = {
    type: 'application',
    'bom-ref': ref,
    name: 'godwit',
    version,
    purl: ref,
    licenses: terms,
  };
  const at = new Map(packages.map((each) => [each.path, each]));
  const refsOf = (from: string, names: readonly string[]): readonly string[] =>
    names
      .flatMap((name) => found(at, from, name) ?? [])
      .map(refOf)
      .toSorted();
  const dependencies = [
    { ref, dependsOn: refsOf('', direct) },
    ...packages.map((each) => ({ ref: refOf(each), dependsOn: refsOf(each.path, each.needs) })),
  ];
  const digest = createHash('sha256')
    .update(JSON.stringify([version, components, dependencies]))
    .digest('hex');
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: { timestamp: date.toISOString(), component: godwit },
    components,
    dependencies,
  };
}

/** Two of the same name and version that lie in different places are two. */
function refOf({ path, name, version }: ShippedPackage): string {
  const purl = purlOf(name, version);
  return path === `node_modules/${name}` ? purl : `${purl}#${path}`;
}

/** As purl-spec has it for npm: `@` of a scope is encoded. */
function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function componentOf(each: ShippedPackage, components: readonly Component[]): Component {
  const { name, version, licence, integrity, path } = each;
  const [group, short] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const [, sha512 = null] = /^sha512-(\S+)$/.exec(integrity ?? '') ?? [];
  return {
    type: isNode(each) ? 'platform' : 'library',
    'bom-ref': refOf(each),
    ...(group === undefined ? {} : { group }),
    name: short,
    version,
    scope: each.isElsewhere ? 'optional' : 'required',
    purl: purlOf(name, version),
    ...(isNode(each) ? { cpe: cpe('nodejs', 'node.js', version) } : {}),
    ...(licence === null ? {} : { licenses: [termsOf(licence)] }),
    ...(sha512 === null
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }),
    ...(components.length === 0 ? {} : { components }),
    properties: [{ name: 'cdx:npm:package:path', value: path }],
  };
}

function termsOf(licence: string): { readonly expression: string } | { readonly license: { readonly id: string } } {
  return /^[\w.+-]+$/.test(licence) ? { license: { id: licence } } : { expression: licence };
}

/** What Node says it is built of, and what the libraries beside PostgreSQL say of themselves. */
async function within(home: string, each: ShippedPackage): Promise<readonly Component[]> {
  if (each.isElsewhere) return [];
  const inside = (name: string, version: string, by?: string): Component => ({
    type: 'library',
    'bom-ref': `${refOf(each)}/${name}`,
    name,
    version,
    purl: `pkg:generic/${name}@${version}`,
    ...(by === undefined ? {} : { cpe: cpe(by, name, version) }),
  });
  // A release is made by the Node that it ships (tools/release.ts sees to that).
  if (isNode(each))
    return [
      'openssl',
      'v8',
      'uv',
      'zlib',
      'brotli',
      'ares',
      'llhttp',
      'nghttp2',
      'sqlite',
      'undici',
      'icu',
      'zstd',
    ].flatMap((name) => {
      const version = process.versions[name];
      return version === undefined ? [] : [inside(name, version, name === 'openssl' ? 'openssl' : undefined)];
    });
  if (!isPostgres(each)) return [];
  const said = async (file: string, form: RegExp): Promise<string> => {
    const text = await readFile(join(home, each.path, 'native', file), 'latin1');
    const [, version] = form.exec(text) ?? [];
    if (version === undefined) throw new Error(`${file} of ${each.name} does not say which version it is`);
    return version;
  };
  return [
    inside('postgresql', await said('bin/postgres', /postgres \(PostgreSQL\) (\d+\.\d+)/), 'postgresql'),
    inside('openssl', await said('lib/libcrypto.so.1.1', /OpenSSL (1\.1\.1[a-z]?) /), 'openssl'),
    inside('zlib', await said('lib/libz.so.1', /deflate (\d+\.\d+\.\d+) /)),
    inside('icu', await said('pg-symlinks.json', /libicuuc\.so\.(\d+\.\d+)/)),
  ];
}

/** CPE 2.3, by which vulnerabilities are listed. */
function cpe(vendor: string, product: string, version: string): string {
  return `cpe:2.3:a:${vendor}:${product}:${version}:*:*:*:*:*:*:*`;
}

/** Where Node would find `name` from a package that lies at `from`: within it, or next to one of those around it. */
function found(at: ReadonlyMap<string, ShippedPackage>, from: string, name: string): ShippedPackage | null {
  for (let folder = from; ; ) {
    const here = at.get(`${folder === '' ? '' : `${folder}/`}node_modules/${name}`);
    if (here !== undefined) return here;
    if (folder === '') return null;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
  }
}

/** A UUID of version 8 (RFC 9562 §5.8), whose bits are a digest. */
function uuidOf(hex: string): string {
  const variant = ((Number.parseInt(hex[16] as string, 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
