/** What can happen to those who take part in a switch while it is under way, each as an operator would meet it. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { killAt, pointFiles } from '../../labs/switch-weather-switch.ts';
import { type SwitchPoint, switchPoints } from '#cutover/switch.ts';
import type { WeatherLandscape } from './weather-landscape.ts';

export interface Strike {
  readonly name: string;
  /**
   * Called before the mailboxes of `wave` are sent over; resolves when everything is there again. `crossed` resolves once all of them
   * are on the other side.
   */
  strike(land: WeatherLandscape, wave: string, crossed: Promise<void>): Promise<void>;
  /** Where one of the doors is cut off for a while: of that while, for who is not about to move. */
  readonly cutOff?: { began: number; ended: number };
}

/** Godwit dies when the `nth` mailbox comes to this point, and is started again. */
export function killedAt(point: SwitchPoint, nth = 2): Strike {
  return {
    name: `killed at ${point}`,
    async strike({ folder, serve }) {
      killAt(folder, point, nth);
      await serve.end(null);
      await sleep(downMs);
      await serve.start();
    },
  };
}

/** The target is stopped when one of them is in the middle of its switch. */
export function targetStopped(forMs: number): Strike {
  return {
    name: `target stopped for ${forMs / 1000} s`,
    async strike(land) {
      await reaches(land, 'held');
      await land.sides.target.stop();
      await sleep(forMs);
      await land.sides.target.start();
    },
  };
}

export function databaseFrozen(forMs: number): Strike {
  return {
    name: `PostgreSQL frozen for ${forMs / 1000} s`,
    async strike(land) {
      await reaches(land, 'carried');
      await land.database.freeze(forMs);
    },
  };
}

export function databaseStopped(forMs: number): Strike {
  return {
    name: `PostgreSQL stopped for ${forMs / 1000} s`,
    async strike(land) {
      await reaches(land, 'held');
      await land.database.stop(forMs);
    },
  };
}

export function restarted(which: 'nginx' | 'proxy' | 'mx' | 'newSide', name: string): Strike {
  return {
    name: `${name} restarted`,
    async strike(land) {
      await reaches(land, 'held');
      await land[which].stop();
      await land[which].start();
    },
  };
}

/**
 * The doors of `coexist` lose the database just before anybody is held, all the way through the switch and for a while after; with
 * `isRestarted` they are killed meanwhile and come back without it.
 */
export function doorCutOff(isRestarted: boolean): Strike {
  const cutOff = { began: 0, ended: 0 };
  return {
    name: isRestarted ? 'a door cut off, and killed meanwhile' : 'a door cut off',
    cutOff,
    async strike(land, wave, crossed) {
      const { coexist, database } = land;
      await isAboutToBeHeld(land, wave);
      database.lines.doors.cut('silence');
      if (isRestarted) {
        await coexist.end('SIGKILL');
        await sleep(downMs);
        await coexist.start();
      }
      cutOff.began = Date.now();
      await crossed;
      await sleep(afterwardsMs);
      cutOff.ended = Date.now();
      database.lines.doors.mend();
    },
  };
}

/** All of them; those that go over are struck on the way there and on the way back. */
export function allStrikes(): readonly Strike[] {
  return [
    ...switchPoints.map((point) => killedAt(point)),
    targetStopped(5_000),
    targetStopped(30_000),
    databaseFrozen(16_000),
    databaseStopped(8_000),
    restarted('nginx', 'nginx'),
    restarted('proxy', 'the Dovecot proxy'),
    restarted('mx', 'the MX'),
    restarted('newSide', "the new side's Postfix"),
    doorCutOff(false),
    doorCutOff(true),
  ];
}

const downMs = 500;
const afterwardsMs = 4_000;
const reachMaxMs = 120_000;

/** The next time that anybody comes to this point. */
async function reaches({ folder }: WeatherLandscape, point: SwitchPoint): Promise<void> {
  const { reached } = pointFiles(folder);
  const count = (): number =>
    readFileSync(reached, 'utf8')
      .split('\n')
      .filter((each) => each === point).length;
  const before = count();
  for (const since = Date.now(); count() === before; await sleep(5))
    if (Date.now() - since > reachMaxMs) throw new Error(`no switch has come to ${point}`);
}

/** Until the doors of `coexist` know of all of the wave that they are about to move, and the first of them begins to. */
async function isAboutToBeHeld({ database, coexist }: WeatherLandscape, wave: string): Promise<void> {
  for (const since = Date.now(); ; await sleep(10)) {
    const { rows } = await sql<{ isSo: boolean }>`
      select bool_or(m.stage in ('switching', 'returning')) and bool_and(exists (
               select from door d
                where d.pid = ${coexist.pid} and r.standing <> 'open' and d.revision >= r.announced)) as "isSo"
        from mailbox m join wave w on w.id = m.wave left join route r on r.mailbox = m.id
       where w.name = ${wave}`.execute(database.db.sql);
    if (rows[0]?.isSo === true) return;
    if (Date.now() - since > reachMaxMs) throw new Error('the doors were not told who is about to move');
  }
}
