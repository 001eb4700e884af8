/**
 * Makes the packages of Debian, out of a clone in which `npm ci` was run: `godwit` with its own Node, and `godwit-postgres`, the
 * PostgreSQL for a trial. Nothing is fetched. The same clone gives the same octets: everything bears the time of SOURCE_DATE_EPOCH, or
 * of the last commit; and the maintainer is DEBFULLNAME <DEBEMAIL>.
 *
 *     npm run package                               into release/
 *     node tools/package-deb.ts --out DIR --compress none       quickly, for tests
 */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { architecture, describe, type Described } from './debian/control.ts';
import { layGodwit, layPostgres, type Release } from './debian/tree.ts';
import { isMain, root } from './project.ts';

const run = promisify(execFile);

export interface PackageOrder {
  /** The folder that they go to. */
  readonly out: string;
  /** As dpkg-deb -Z names it. xz takes two minutes of CPU and makes it a quarter. */
  readonly compress: 'xz' | 'none';
  /** Which; both unless said. */
  readonly only?: 'godwit' | 'godwit-postgres';
}

const summaries: Readonly<Record<'godwit' | 'godwit-postgres', Omit<Described, 'version' | 'name'>>> = {
  godwit: {
    section: 'mail',
    summary: 'moves the mail of whole organisations between platforms',
    description: [
      'Godwit moves mailboxes from one mail server to another while their owners go\non working, and proves what it did: every message is served by the target or\nlisted by name, and nothing arrives twice.',
      'godwit copy moves single accounts. An estate of up to millions of mailboxes\nmoves in waves by godwit serve, for which there are units of systemd. It needs\na PostgreSQL server of yours, 15 or newer.',
      'It brings its own Node.js, and fetches nothing when it runs.',
    ],
    // What the Node of npm is linked with, and what it says it was built against.
    relations: {
      Depends: 'libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8)',
      Recommends: 'ca-certificates',
      Suggests: 'postgresql, godwit-postgres, libnss-systemd',
    },
    scripts: ['postinst', 'prerm', 'postrm'],
  },
  'godwit-postgres': {
    section: 'database',
    summary: 'PostgreSQL for a trial of godwit',
    description: [
      'The programs with which godwit serve runs a PostgreSQL of its own, for a\ntrial or a small estate (database: embedded). They bring old libraries,\nOpenSSL 1.1.1 among them, and listen on a Unix socket or on loopback only.',
      'Use a PostgreSQL of your own for anything larger.',
    ],
    relations: { Depends: 'godwit, libc6 (>= 2.28)' },
    scripts: [],
  },
};

/** Makes them and answers with their files. */
export async function packageDeb({ out, compress, only }: PackageOrder): Promise<readonly string[]> {
  const release: Release = { version: await versionOf(), date: await dateOf() };
  await mkdir(out, { recursive: true });
  const made: string[] = [];
  for (const [name, lay] of Object.entries({ godwit: layGodwit, 'godwit-postgres': layPostgres } as const)) {
    if (only !== undefined && name !== only) continue;
    const scratch = await mkdtemp(join(tmpdir(), 'godwit-deb-'));
    try {
      const tree = join(scratch, 'tree');
      await mkdir(tree);
      await lay(tree, release);
      const { version } = release;
      await describe(tree, { name, version, ...summaries[name as keyof typeof summaries] }, release.date);
      const file = join(out, `${name}_${version}_${architecture()}.deb`);
      const env = { ...process.env, SOURCE_DATE_EPOCH: String(release.date.getTime() / 1000) };
      await run('dpkg-deb', ['--build', '--root-owner-group', `-Z${compress}`, tree, file], { env });
      made.push(file);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  return made;
}

/** Of package.json. A version before the release sorts before it: 1.0.0-rc.1 is 1.0.0~rc.1 in Debian. */
export async function versionOf(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  return version.replace('-', '~');
}

/** SOURCE_DATE_EPOCH, else when the last commit was made. */
export async function dateOf(): Promise<Date> {
  const told =
    process.env['SOURCE_DATE_EPOCH'] ?? (await run('git', ['log', '-1', '--format=%ct'], { cwd: root })).stdout;
  if (!/^\d+\s*$/.test(told)) throw new Error(`SOURCE_DATE_EPOCH is ${JSON.stringify(told)}, and has to be seconds`);
  return new Date(Number(told) * 1000);
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({
    options: { out: { type: 'string', default: join(root, 'release') }, compress: { type: 'string', default: 'xz' } },
  });
  if (values.compress !== 'xz' && values.compress !== 'none') throw new Error('--compress takes xz or none');
  for (const file of await packageDeb({ out: values.out, compress: values.compress })) console.log(file);
}
