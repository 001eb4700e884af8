/**
 * Two doors that disagree while mailboxes change sides. First in the way in which it can happen: the doors of the new side stand still
 * from before the hold until well after the turn, so that the switch goes on without them. Then in one in which it should not: for as
 * long again each side's Postfix is told that these mailboxes are on the other side, whatever the doors say.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Landscape, Running } from './landscape.ts';
import { type Injected, inject } from './mail.ts';
import type { RoutesSeen } from './routes-seen.ts';
import { type Findings, judge, readAll, readHops, readLogs } from './verdict.ts';

export interface Doubt {
  readonly injected: number;
  readonly findings: Findings;
  readonly bounced: number;
  /** How many servers the message passed that passed most. */
  readonly hopsMost: number;
  /** Answers to a Postfix that were not so. */
  readonly lies: number;
  readonly isTurned: boolean;
}

export interface DoubtParts {
  readonly land: Landscape;
  /** The doors of the new side. */
  readonly doors: Running;
  readonly routes: RoutesSeen;
  readonly addresses: readonly string[];
  readonly seeded: ReadonlyMap<string, number>;
  readonly perSecond: number;
  readonly announceAheadMs: number;
  /** So long they disagree, each time. */
  readonly disagreeMs: number;
  /** Opens the window of these mailboxes. */
  open(): Promise<void>;
  untilDelivered(): Promise<void>;
}

/** An announcement is told at once, and is acknowledged within this. */
const toldWithinMs = 1_000;
const turnMostMs = 120_000;
const settleMs = 12_000;

export async function doubt(parts: DoubtParts): Promise<Doubt> {
  const { land, doors, routes, addresses, perSecond, announceAheadMs, disagreeMs } = parts;
  const { mx, oldSide, newSide, hearsay } = land;
  const postfixes = [mx, oldSide, newSide];
  const bouncedBefore = readLogs(postfixes).bounced.length;
  const mail = inject(postfixes, addresses, perSecond, 'doubt');
  let isTurned = false;
  try {
    await parts.open();
    const isAnnounced = addresses.map((address) =>
      routes.until(address, ({ announcedForMs }) => (announcedForMs ?? 0) > toldWithinMs, deadline()),
    );
    await Promise.all(isAnnounced);
    // As late as it can be: what a Postfix was told before the announcement is forgotten by then.
    await sleep(Math.max(0, announceAheadMs - 2 * toldWithinMs));
    doors.freeze(true);
    try {
      const turned = addresses.map((address) => routes.until(address, ({ side }) => side === 'target', deadline()));
      isTurned = (await Promise.all(turned)).every(Boolean);
      await sleep(disagreeMs);
    } finally {
      doors.freeze(false);
    }
    for (const { of, across } of [hearsay.old, hearsay.new]) of.say({ addresses, transport: across });
    await sleep(disagreeMs);
  } finally {
    for (const { of } of [hearsay.old, hearsay.new]) of.say(null);
    await mail.stop();
  }
  await parts.untilDelivered();
  // What came to the side that was left is looked for every ten seconds.
  await sleep(settleMs);
  const held = await readAll(land.target, addresses);
  const accepted: readonly Injected[] = mail.accepted;
  return {
    injected: accepted.length,
    findings: judge(held, accepted, [], { stored: [], seeded: parts.seeded }),
    bounced: readLogs(postfixes).bounced.length - bouncedBefore,
    hopsMost: await readHops(land.target, addresses, new Set(accepted.map(({ id }) => id))),
    lies: hearsay.old.of.told() + hearsay.new.of.told(),
    isTurned,
  };
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(turnMostMs);
}
