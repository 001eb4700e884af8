/** `godwit db restored`: what a database lacks that was restored, whom that concerns, and that work may go on by it. */

import { existsSync } from 'node:fs';
import type { Doubted, RestoredReport } from '#domain/restored.ts';
import { exitCodes } from './exit-code.ts';
import type { DbRestoredFlags } from './flags.ts';
import { names } from './names.ts';
import type { Session } from './session.ts';
import { count, counted, shown, table } from './shown.ts';
import { usageError } from './usage.ts';

/** Exit code 3 where somebody has to be looked at. */
export async function restored(this: Session, flags: DbRestoredFlags): Promise<void> {
  const { world } = this;
  const why = flags.why?.trim() ?? '';
  if (flags.yes && why === '') throw usageError('Why was it restored? --why is recorded.');
  const { stateDir, config, keys } = world.settings();
  const file = flags.config ?? config;
  const settings = flags.config !== undefined || existsSync(file) ? await world.readEstate(file) : null;
  await using care = await world.openDatabase({
    database: settings?.database ?? 'embedded',
    stateDir: flags.state ?? stateDir,
    log: this.log(flags),
    signal: world.interruption,
  });
  const report = await care.restored({
    routes: flags.routes ?? [],
    why: flags.yes ? why : null,
    platforms: settings,
    keys,
    version: world.version,
  });
  if (report.doubted.length > 0) this.exitCode = exitCodes.withExceptions;
  this.conclude(report, () => (flags.quiet ? [] : lines(report)));
}

function lines(report: RestoredReport): readonly string[] {
  const { doubted, ended, isDone } = report;
  return [
    ...facts(report),
    '',
    ...doubtedLines(doubted, isDone),
    ...(ended.tokens + ended.sessions === 0
      ? []
      : [
          `${isDone ? 'Ended' : 'To be ended'}: ${counted(ended.tokens, 'token')} and ${counted(ended.sessions, 'session')}. What was revoked since would be in force again.`,
        ]),
    ...(isDone
      ? [
          'Confirmed, and the brake is on: mailboxes are carried again, and nobody changes sides.',
          'Let those go that are held (`godwit mailbox release ADDRESS`), then `godwit brake off --why …`.',
        ]
      : ['Nothing was changed. `godwit db restored --yes --why …` confirms it.']),
  ];
}

function facts({ noticed, audit, knowsUntil, witnesses }: RestoredReport): readonly string[] {
  const kept = audit.kept === null ? 'no head of it is kept here' : `link ${count(audit.kept)} was there`;
  const cells = [
    ['restored', noticed === null ? 'nobody has noticed anything' : shown(noticed, 400)],
    ['knows until', knowsUntil === null ? 'it has no record' : knowsUntil.toISOString()],
    ['audit log', `ends with link ${count(audit.here)}; ${kept}`],
    ...witnesses.map(({ path, revision, why }) => [
      'door',
      `${shown(path, 200)}: ${why === null ? `knows the routes up to change ${count(revision ?? 0)}` : shown(why, 200)}`,
    ]),
  ];
  return table(cells, new Set());
}

function doubtedLines(doubted: readonly Doubted[], isDone: boolean): readonly string[] {
  if (doubted.length === 0) return ['All mailboxes are where the database has them, as far as anybody knows.'];
  const [elsewhere, unclear] = [
    doubted.filter(({ seen }) => seen !== null),
    doubted.filter(({ seen }) => seen === null),
  ];
  const held = isDone ? 'Held' : 'To be held';
  return [
    ...(elsewhere.length === 0
      ? []
      : [
          `${held}: ${counted(elsewhere.length, 'mailbox', 'mailboxes')} that changed sides after the dump. They stay where they are:`,
          ...names(elsewhere, ({ address, stage, seen, becomes, why }) => [
            address,
            `on the ${seen}`,
            stage === becomes ? stage : `${stage}, now ${becomes}`,
            why ?? '',
          ]),
        ]),
    ...(unclear.length === 0
      ? []
      : [
          `${held}: ${counted(unclear.length, 'mailbox', 'mailboxes')} that may have changed sides since, and nobody here knows:`,
          ...names(unclear, ({ address, stage, here }) => [address, stage, `on the ${here} when the dump was taken`]),
        ]),
  ];
}
