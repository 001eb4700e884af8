/** Joins `godwit tail` to the database of the estate. */

import type { BlockList } from 'node:net';
import { userInfo } from 'node:os';
import type { TailDesk, TailDeskOptions, TailReadOrder } from '#cli/world.ts';
import { networksOf } from '#operations/log-networks.ts';
import { followAccessLog, readAccessLog } from '#operations/read-access-log.ts';
import { openTailIntake, openTailView } from '#store/tail.ts';
import { openEstateDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openTail(options: TailDeskOptions, environment: Environment): Promise<TailDesk> {
  const { database, stateDir, log, signal, users } = options;
  const settings = { stateDir, environment, connectionsMax: 4, applicationName: 'godwit tail', log };
  const db = await openEstateDatabase(database, settings, signal);
  const intake = openTailIntake(db, users);
  const view = openTailView(db);
  const who = `operator ${userInfo().username}`;
  const whole = (order: TailReadOrder) => ({
    ...order,
    // Whoever ordered it has seen that they are some.
    notFrom: networksOf(order.notFrom) as BlockList,
    timezone: order.timezone ?? options.timezone,
    intake,
    now: Date.now,
  });
  return {
    read: (order, stop) => readAccessLog(whole(order), stop),
    follow: (order, stop) => followAccessLog(whole(order), stop),
    knowAgain: () => intake.knowAgain(),
    list: (order) => view.list(order),
    burnDown: (order) => view.burnDown(order),
    applications: (order) => view.applications(order),
    organisation: (code) => view.organisation(code),
    assign: (order) => view.assign(order, who),
    unassign: (name) => view.unassign(name, who),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
