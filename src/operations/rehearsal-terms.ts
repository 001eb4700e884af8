/**
 * What a rehearsal rests on where nobody says otherwise: what the estate has measured of itself, and the budgets that its platforms
 * were agreed, as they stand in its database or in the settings.
 */

import type { EstateSettings } from '#domain/estate-settings.ts';
import { measuredRates } from '#domain/measured-rates.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import type { Rates } from '#domain/rates.ts';
import { statedRates } from '#domain/stated-rates.ts';
import type { EstateFacts } from '#ports/forecasting.ts';
import { type Habits, type PlayedPlatform, platformsFor, type RehearsalOrder } from '#rehearsal/order.ts';
import { lostShareOf } from './forecast.ts';

export type SettingsToRehearse = Pick<EstateSettings, 'timezone' | 'followEverySeconds' | 'errorBudget'> &
  Readonly<Record<SideName, Pick<EstateSettings[SideName], 'budget'>>>;

export interface WhatIsKnown {
  /** Rates that somebody gave; then they say also how many mailboxes are worked on at one time. */
  readonly given: Rates | null;
  /** What the database of the estate tells; null where it is files. */
  readonly facts: EstateFacts | null;
  readonly settings: SettingsToRehearse | null;
  /** Of the calendar, where nobody else says. */
  readonly timezone: string;
}

export interface RehearsalTerms extends Pick<RehearsalOrder, 'rates' | 'platforms' | 'hands'> {
  readonly habits: Partial<Habits>;
}

export function rehearsalTerms(known: WhatIsKnown): RehearsalTerms {
  const { given, facts, settings, timezone } = known;
  const measured = facts === null ? statedRates : measuredRates(facts.measured, lostShareOf(facts)).rates;
  const budgets = budgetsOf(known);
  const followEverySeconds = facts?.followEverySeconds ?? settings?.followEverySeconds ?? null;
  const habits = {
    ...(followEverySeconds === null ? {} : { followEveryMs: followEverySeconds * 1_000 }),
    ...(settings === null ? {} : { errorBudget: settings.errorBudget }),
  };
  if (given !== null) {
    const { atOnce } = given;
    const asSaid = ({ budget, timezone: its }: PlayedPlatform): PlayedPlatform => ({
      budget: { ...budget, connections: atOnce },
      timezone: its,
    });
    const platforms =
      budgets === null
        ? platformsFor(atOnce, timezone)
        : { source: asSaid(budgets.source), target: asSaid(budgets.target) };
    return { rates: given, platforms, hands: null, habits };
  }
  if (budgets === null)
    return { rates: measured, platforms: platformsFor(measured.atOnce, timezone), hands: null, habits };
  const hands = facts?.hands ?? null;
  const connections = Math.min(...sideNames.map((side) => budgets[side].budget.connections));
  const rates = { ...measured, atOnce: Math.min(connections, hands ?? connections) };
  return { rates, platforms: budgets, hands, habits };
}

/** Of the database, which has what workers keep to; else of the settings, by which they would. */
function budgetsOf({ facts, settings }: WhatIsKnown): RehearsalOrder['platforms'] | null {
  const [source, target] = sideNames.map((side) => facts?.platforms.find((platform) => platform.side === side));
  if (source && target) return { source, target };
  if (settings === null) return null;
  const { timezone } = settings;
  return {
    source: { budget: settings.source.budget, timezone },
    target: { budget: settings.target.budget, timezone },
  };
}
