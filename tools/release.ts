/**
 * Makes a release out of a clean clone in which `npm ci` was run: the packages of Debian, a bill of materials (CycloneDX 1.6), the licences of what is
 * shipped, what the registry knows of vulnerabilities, and sums of it all. It stops at a licence that nobody looked at, at a vulnerability,
 * and at a clone that is not as it was committed.
 *
 *     npm run release                       into release/
 *     node tools/release.ts --no-packages   all but the packages, in seconds
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs, promisify } from 'node:util';
import { dateOf, packageDeb, versionOf } from './package-deb.ts';
import { isMain, root } from './project.ts';
import { audit } from './release/audit.ts';
import { billOfMaterials } from './release/bill.ts';
import { licenceList, unknownLicences } from './release/licences.ts';
import { installedPackages, isNode, shippedPackages } from './shipped-packages.ts';

const run = promisify(execFile);

export interface ReleaseOrder {
  readonly out: string;
  readonly withPackages: boolean;
  readonly says: (line: string) => void;
}

/** Throws what keeps it from being one. */
export async function release({ out, withPackages, says }: ReleaseOrder): Promise<void> {
  const packages = shippedPackages();
  const strange = unknownLicences(packages).map(({ name, licence }) => `${name} (${licence ?? 'none'})`);
  if (strange.length > 0)
    throw new Error(`licences that nobody looked at (tools/release/licences.ts): ${strange.join(', ')}`);
  const node = installedPackages().find(isNode);
  if (node?.version !== process.versions.node)
    throw new Error(
      `the Node that is shipped is ${node?.version}, and this is ${process.versions.node}: use npm run release`,
    );

  const [version, date] = [await versionOf(), await dateOf()];
  await mkdir(out, { recursive: true });
  await writeFile(join(out, `godwit-${version}.licences.txt`), licenceList(packages));
  says(`licences: ${packages.length} packages, all of them known`);
  const bill = await billOfMaterials({ home: root, version, date, packages, direct: await directNames() });
  await writeFile(join(out, `godwit-${version}.cdx.json`), `${JSON.stringify(bill, null, 2)}\n`);
  says(`bill of materials: ${bill.components.length} components`);

  const audited = await audit(root);
  if (audited.kind === 'told') {
    await writeFile(join(out, `godwit-${version}.audit.json`), audited.report);
    if (audited.vulnerabilities > 0) throw new Error(`npm audit knows of ${audited.vulnerabilities} vulnerabilities`);
    says('npm audit: nothing is known');
  } else says(`NOT AUDITED: the registry does not answer npm audit (${audited.why})`);

  if (withPackages) for (const file of await packageDeb({ out, compress: 'xz' })) says(`made ${file}`);
  await writeFile(join(out, 'SHA256SUMS'), await sums(out));
  says(`sums: ${join(out, 'SHA256SUMS')}`);
}

/** What our own package.json names for running. */
async function directNames(): Promise<readonly string[]> {
  const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Readonly<
    Partial<Record<'dependencies' | 'optionalDependencies', Readonly<Record<string, string>>>>
  >;
  return Object.keys({ ...own.dependencies, ...own.optionalDependencies });
}

/** As `sha256sum --check` reads them. */
async function sums(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name !== 'SHA256SUMS').toSorted();
  const lines: string[] = [];
  for (const name of names) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, name)), hash);
    lines.push(`${hash.digest('hex')}  ${name}\n`);
  }
  return lines.join('');
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join(root, 'release') },
      packages: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  const { stdout } = await run('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: root });
  if (stdout !== '') throw new Error(`the clone is not as it was committed:\n${stdout}`);
  await release({ out: values.out, withPackages: values.packages, says: (line) => console.log(line) });
}
