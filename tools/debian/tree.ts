/** Lays out what the packages install, as it will lie below `/`. Copied from an installed clone: nothing is fetched. */

import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { completionScripts, type Shell, shells } from '#cli/completion-scripts.ts';
import { initText } from '#cli/init-text.ts';
import { bundled } from '../bundle.ts';
import { root } from '../project.ts';
import { installedPackages, isNode, isPostgres } from '../shipped-packages.ts';
import { copyrightText, licenceFiles } from './copyright.ts';
import { maintainer } from './maintainer.ts';
import { manPage } from './man-page.ts';

const run = promisify(execFile);

/** Where everything of ours lies. */
const ours = 'usr/lib/godwit';
/** Documentation that the settings and faults point at. Decisions and plans for development stay with the source. */
const pages = 'docs';

export interface Release {
  readonly version: string;
  /** Of everything that bears a time. */
  readonly date: Date;
}

/** The package `godwit` below `tree`, which is there and empty. */
export async function layGodwit(tree: string, release: Release): Promise<void> {
  const home = join(tree, ours);
  const packages = installedPackages().filter((each) => !isPostgres(each));
  const node = packages.find(isNode);
  if (node === undefined) throw new Error('there is no Node for this machine among the packages of npm');
  await put(join(root, node.path, 'bin/node'), join(home, 'bin/node'), 0o755);
  await put(join(root, 'deploy/debian/launcher'), join(home, 'bin/godwit'), 0o755);
  await mkdir(join(tree, 'usr/bin'), { recursive: true });
  await symlink('../lib/godwit/bin/godwit', join(tree, 'usr/bin/godwit'));

  await layProgram(home, release.version);
  for (const each of packages.filter((one) => !isNode(one)))
    await layPackage(join(root, each.path), join(home, each.path));

  for (const unit of await readdir(join(root, 'deploy/systemd')))
    await put(join(root, 'deploy/systemd', unit), join(tree, 'usr/lib/systemd/system', unit));
  await write(join(tree, 'etc/godwit/godwit.yaml'), settings());
  const man = gzipSync(await manPage(release.version, release.date), { level: 9 });
  await write(join(tree, 'usr/share/man/man1/godwit.1.gz'), man);

  for (const shell of shells) await write(join(tree, completionFiles[shell]), completionScripts[shell]);

  const doc = join(tree, 'usr/share/doc/godwit');
  await write(join(doc, 'copyright'), copyrightText(root, packages));
  await put(join(root, 'CHANGELOG.md'), join(doc, 'CHANGELOG.md'));
  await layPapers(tree, 'godwit', release);
  for (const page of (await readdir(join(root, pages))).filter((name) => /\.(?:md|json|mjs)$/.test(name)))
    await put(join(root, pages, page), join(doc, page));
  for (const folder of ['coexistence', 'prometheus', 'grafana'])
    await cp(join(root, 'deploy', folder), join(doc, 'examples', folder), { recursive: true });
}

/** Where each shell of Debian looks for completions by itself. */
const completionFiles: Readonly<Record<Shell, string>> = {
  bash: 'usr/share/bash-completion/completions/godwit',
  zsh: 'usr/share/zsh/vendor-completions/_godwit',
  fish: 'usr/share/fish/vendor_completions.d/godwit.fish',
};

/** The package `godwit-postgres`: the programs of PostgreSQL where Godwit looks for them. */
export async function layPostgres(tree: string, release: Release): Promise<void> {
  const packages = installedPackages().filter(isPostgres);
  const [postgres] = packages;
  if (postgres === undefined) throw new Error('there is no PostgreSQL for this machine among the packages of npm');
  const from = join(root, postgres.path);
  const to = join(tree, ours, postgres.path);
  // What only building against it takes stays behind.
  const filter = (path: string): boolean => !/\.(?:a|map|d\.ts)$|\/pgxs$/.test(path);
  for (const part of ['package.json', 'dist', 'native'])
    await cp(join(from, part), join(to, part), { recursive: true, verbatimSymlinks: true, filter });
  // Names that its programs look for, which npm cannot hold; made here, since nobody may write there later.
  const links = JSON.parse(await readFile(join(from, 'native/pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) await linked(join(to, target), basename(source));
  await write(join(tree, 'usr/share/doc/godwit-postgres/copyright'), copyrightText(root, packages));
  await layPapers(tree, 'godwit-postgres', release);
}

/** What Debian wants of every package: a changelog in its own form, and why lintian is contradicted where it is. */
async function layPapers(tree: string, name: string, { version, date }: Release): Promise<void> {
  const day = date.toUTCString().replace('GMT', '+0000');
  const log = `${name} (${version}) unstable; urgency=medium\n\n  * See /usr/share/doc/godwit/CHANGELOG.md.\n\n -- ${maintainer()}  ${day}\n`;
  await write(join(tree, 'usr/share/doc', name, 'changelog.gz'), gzipSync(log, { level: 9 }));
  await put(join(root, `deploy/debian/${name}.lintian-overrides`), join(tree, 'usr/share/lintian/overrides', name));
}

/** The bundle, and what it reads as files. */
async function layProgram(home: string, version: string): Promise<void> {
  const { name } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly name: string };
  await write(join(home, 'package.json'), `${JSON.stringify({ name, version, type: 'module', private: true })}\n`);
  const main = 'dist/app/main.js';
  for (const { file, text } of await bundled(root, dirname(main))) await write(join(home, dirname(main), file), text);
  await write(join(home, 'dist/app.json'), `${JSON.stringify({ main, files: [], installed: true })}\n`);
  await put(join(root, 'src/app/start.ts'), join(home, 'src/app/start.ts'));
  const migrations = 'src/store/migrations';
  for (const file of (await readdir(join(root, migrations))).filter((name) => name.endsWith('.sql')))
    await put(join(root, migrations, file), join(home, migrations, file));
  await cp(join(root, 'notices'), join(home, 'notices'), { recursive: true });
  await put(join(root, 'docs/godwit.schema.json'), join(home, 'docs/godwit.schema.json'));
}

/** What of a package of npm is ever read: programs and data, without types, maps, pages and tests; and its terms. */
async function layPackage(from: string, to: string): Promise<void> {
  const terms = new Set(licenceFiles(from).map((name) => join(from, name)));
  const { stdout } = await run('find', [from, '-name', 'node_modules', '-prune', '-o', '-type', 'f', '-print']);
  for (const path of stdout.split('\n').filter((line) => line !== '')) {
    const within = path.slice(from.length + 1);
    if (/^(?:tests?|examples?|benchmarks?|docs?|integration)\/|(?:^|\/)\./.test(within)) continue;
    if (/\.test\.\w+$/.test(within)) continue;
    if (terms.has(path) || /\.(?:js|mjs|cjs|json|node|sql)$/.test(within)) await put(path, join(to, within));
  }
}

/** godwit.yaml as `godwit init` writes it, but for a machine whose services have a PostgreSQL of the operator's own. */
function settings(): string {
  const text = initText({
    schema: '/usr/lib/godwit/docs/godwit.schema.json',
    timezone: 'Europe/London',
    source: { url: 'imaps://mail.old.example', admin: null },
    target: { url: 'imaps://mail.new.example', admin: null },
  });
  const chosen = text.replace('database: embedded\n# database: env:DATABASE_URL\n', 'database: env:DATABASE_URL\n');
  if (chosen === text) throw new Error('godwit init writes another word on the database than it did');
  return chosen.replaceAll('docs/', '/usr/share/doc/godwit/');
}

async function put(from: string, to: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await chmod(to, mode);
}

async function write(path: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o644 });
}

/** What npm's own script has made already is as good. */
async function linked(path: string, to: string): Promise<void> {
  await symlink(to, path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}
