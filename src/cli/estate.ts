/** `godwit estate import`: tries what files say of an estate, or does it. Every mistake in them is told, or all that changes. */

import { existsSync, statSync } from 'node:fs';
import { estateFileKinds } from '#domain/estate-columns.ts';
import { serverOf } from './by-server.ts';
import { exitCodes } from './exit-code.ts';
import type { EstateImportFlags } from './flags.ts';
import { ImportInJson } from './import-document.ts';
import { ImportProgress } from './import-progress.ts';
import { type FilePaths, ImportInWords, type ImportTeller } from './import-text.ts';
import type { Session } from './session.ts';
import { usageError } from './usage.ts';
import type { Importer, ImporterOrder } from './world.ts';

export async function importFiles(this: Session, flags: EstateImportFlags): Promise<void> {
  const { world } = this;
  const paths = pathsIn(flags);
  await using importer = await open(this, flags);
  const teller: ImportTeller = this.json
    ? new ImportInJson(this.longDocument(), paths)
    : new ImportInWords(this, paths, flags.quiet === true);
  using progress = new ImportProgress(this.screen, sized(paths), () => world.now());
  const watcher: ImporterOrder['watcher'] = {
    sending: (kind, octets) => progress.sending(kind, octets),
    reading: (kind, rows, octets) => progress.reading(kind, rows, octets),
    begins: (step) => progress.begins(step),
    found: (findings) => teller.found(findings),
  };
  world.onEmergency(() => teller.stopped());
  const names = this.json ? 'all' : 'first';
  const order = { files: paths, dryRun: flags.yes !== true, watcher, names } as const;
  const report = await importer.import(order, world.interruption);
  progress[Symbol.dispose]();
  teller.ended(report, progress.milliseconds);
  if (report.problems > 0) this.exitCode = exitCodes.wrongUsage;
}

function pathsIn(flags: EstateImportFlags): FilePaths {
  const given = estateFileKinds.flatMap((kind) => (flags[kind] === undefined ? [] : [[kind, flags[kind]] as const]));
  if (given.length === 0)
    throw usageError('There is nothing to import: give --organisations, --mailboxes or --grants, or all of them.');
  return Object.fromEntries(given);
}

/** The database is where the settings of the programme say, where there are any. */
async function open(session: Session, flags: EstateImportFlags): Promise<Importer> {
  const { world } = session;
  const server = await serverOf(session, flags);
  if (server !== null) return (await world.openDesksThere(server)).importer();
  const { stateDir, config } = world.settings();
  const file = flags.config ?? config;
  const settings = flags.config !== undefined || existsSync(file) ? await world.readEstate(file) : null;
  return await world.openImporter({
    database: settings?.database ?? 'embedded',
    stateDir: flags.state ?? stateDir,
    log: session.log(flags),
    signal: world.interruption,
    users: { source: settings?.source.user ?? null, target: settings?.target.user ?? null },
  });
}

/** With the octets of those that are plain files. */
function sized(paths: FilePaths): ConstructorParameters<typeof ImportProgress>[1] {
  return Object.fromEntries(
    Object.entries(paths).map(([kind, path]) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return [kind, { path, octets: found?.isFile() ? found.size : null }];
    }),
  );
}
