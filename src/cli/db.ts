/** `godwit db`: what the database of the estate is, what it lacks, and how it gets it. */

import { existsSync } from 'node:fs';
import type { DatabaseCare, DatabaseInfo, MigrationState } from '#domain/database-state.ts';
import type { DbFlags } from './flags.ts';
import type { Session } from './session.ts';
import { bytes, count, shown, table } from './shown.ts';

/** The others are small. */
const tablesShownMax = 12;

export async function info(this: Session, flags: DbFlags): Promise<void> {
  await using care = await open(this, flags);
  const found = await care.info();
  this.conclude(found, () => infoLines(found));
}

export async function plan(this: Session, flags: DbFlags): Promise<void> {
  await using care = await open(this, flags);
  const steps = await care.plan();
  this.conclude({ steps }, () =>
    steps.length === 0
      ? ['-- Nothing to run: everything of this version is there.']
      : steps.flatMap(({ name, sql }) => [`-- ${name}`, sql.trim(), '']),
  );
}

export async function migrate(this: Session, flags: DbFlags): Promise<void> {
  await using care = await open(this, flags);
  const ran = await care.migrate();
  this.conclude({ ran }, () => {
    if (flags.quiet) return [];
    return ran.length === 0 ? ['Nothing to run: everything of this version is there.'] : [`Ran ${ran.join(', ')}.`];
  });
}

/** As the settings of the programme say, where there are any. */
async function open(session: Session, flags: DbFlags): Promise<DatabaseCare> {
  const { world } = session;
  const { stateDir, config } = world.settings();
  const file = flags.config ?? config;
  const settings = flags.config !== undefined || existsSync(file) ? await world.readEstate(file) : null;
  return world.openDatabase({
    database: settings?.database ?? 'embedded',
    stateDir: flags.state ?? stateDir,
    log: session.log(flags),
    signal: world.interruption,
  });
}

function infoLines(found: DatabaseInfo): readonly string[] {
  const { queue, tables } = found;
  const facts = [
    ['database', `${shown(found.name)}${found.isEmbedded ? ', which Godwit runs itself' : ''}`],
    ['protection', found.isInTheClear ? 'none: what is said to it can be read along on the way' : ''],
    ['PostgreSQL', shown(found.version, 60)],
    ['size', bytes(found.bytes)],
    ['queue', queueText(queue)],
  ];
  const largest = tables.slice(0, tablesShownMax);
  return [
    ...table(
      facts.filter(([, value]) => value !== ''),
      new Set(),
    ),
    '',
    'Migrations',
    ...indented(table(found.migrations.map(migrationCells), new Set())),
    ...(largest.length === 0 ? [] : ['', tables.length > largest.length ? 'Largest tables' : 'Tables']),
    ...indented(
      table(
        largest.map((each) => [each.name, bytes(each.bytes), rowsText(each.rows)]),
        new Set([1, 2]),
      ),
    ),
  ];
}

const stateTexts: Readonly<Record<Exclude<MigrationState['state'], 'ran'>, string>> = {
  missing: 'not run yet',
  edited: 'EDITED after it had been run',
  unknown: 'of a NEWER Godwit',
};

function migrationCells({ name, state, ranAt, checksum }: MigrationState): readonly string[] {
  const when = ranAt === null ? '' : `run ${ranAt.toISOString().slice(0, 16)}Z`;
  const said = state === 'ran' ? when : [when, stateTexts[state]].filter(Boolean).join(', ');
  return [shown(name, 60), said, `sha256 ${shown(checksum.slice(0, 16), 16)}`];
}

function queueText({ here, wanted }: DatabaseInfo['queue']): string {
  if (here === wanted) return `version ${here}`;
  return here === null ? 'not installed yet' : `version ${here}; this Godwit wants ${wanted}`;
}

function rowsText(rows: number | null): string {
  return rows === null ? '' : `about ${count(rows)} rows`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
