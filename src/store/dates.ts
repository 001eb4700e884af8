/** Days that people ask for, in all of the estate or in a part: who lies outside of it is as unknown as who does not exist. */

import type { Within } from '#domain/rights.ts';
import type { Dates } from '#ports/dates.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';
import { defer } from './deferring.ts';
import { askForDays, decline, wishes, withdraw } from './wishes.ts';

export function openDates(db: Database, within: Within = null): Dates {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    defer: (whom, until, who, why) => ask(defer(db.sql, whom, until, who, why, within)),
    ask: (whom, days, who, why) => ask(askForDays(db.sql, whom, days, who, why, within)),
    withdraw: (whom, who, why) => ask(withdraw(db.sql, whom, who, why, within)),
    decline: (address, who, why) => ask(decline(db.sql, address, who, why, within)),
    wishes: (order) => ask(wishes(db.sql, order, within)),
  };
}
