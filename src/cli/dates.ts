/** `godwit mailbox defer`, `ask` and `answer`, and `godwit get wishes`: days that people ask for. */

import { type DateWish, dayOfMs, readDeferral, readWishedDays } from '#domain/dates.ts';
import type { Day } from '#domain/estate.ts';
import type { Whom } from '#domain/estate-state.ts';
import type { AnswerFlags, AskFlags, DeferFlags, ListFlags, MailboxFlags } from './flags.ts';
import { list } from './get.ts';
import { wishColumns } from './get-columns.ts';
import { tellOrdered, whomOf } from './mailbox-orders.ts';
import { openProgrammeFor, settingsOf } from './programme.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { Problems, usageError } from './usage.ts';

export async function deferMailboxes(this: Session, flags: DeferFlags, ...addresses: string[]): Promise<void> {
  const whom = whomOf(flags, addresses);
  const problems = new Problems();
  const why = whyIn(flags, problems);
  const until = readDeferral(flags.until ?? '', await todayFor(this, flags));
  if ('problem' in until) problems.add(`--until: ${until.problem}`);
  problems.settle();
  if ('problem' in until) return;
  await using programme = await openProgrammeFor(this, flags);
  const deferred = await programme.dates.defer(whom, until.value, programme.who, why);
  tellOrdered(this, 'defer', deferred, ({ windowless = 0 }) => [
    `They go on by themselves on ${until.value}.`,
    ...(windowless > 0
      ? [
          `The window of ${counted(windowless, 'mailbox', 'mailboxes')} is over by then: give the wave another (godwit wave reschedule), or plan anew.`,
        ]
      : []),
  ]);
}

export async function askForDates(this: Session, flags: AskFlags, ...addresses: string[]): Promise<void> {
  const whom = whomOf(flags, addresses);
  const problems = new Problems();
  const why = whyIn(flags, problems);
  if (flags.withdraw === true) return withdrawn(this, flags, whom, why, problems);
  const days = readWishedDays(flags.notBefore ?? '', flags.notAfter ?? null, await todayFor(this, flags));
  if ('problem' in days) problems.add(`--not-before, --not-after: ${days.problem}`);
  problems.settle();
  if ('problem' in days) return;
  await using programme = await openProgrammeFor(this, flags);
  tellOrdered(this, 'ask', await programme.dates.ask(whom, days.value, programme.who, why), () => [
    'Whoever plans next hears of it; what becomes of it: godwit get wishes',
  ]);
}

async function withdrawn(
  session: Session,
  flags: AskFlags,
  whom: Whom,
  why: string,
  problems: Problems,
): Promise<void> {
  if (flags.notBefore !== undefined || flags.notAfter !== undefined)
    problems.add('--withdraw asks for no days: leave --not-before and --not-after out, or ask for others without it.');
  problems.settle();
  await using programme = await openProgrammeFor(session, flags);
  tellOrdered(session, 'ask --withdraw', await programme.dates.withdraw(whom, programme.who, why), () => [
    'Nothing is asked for them any more; what a plan has given them already stays.',
  ]);
}

export async function answerWish(this: Session, flags: AnswerFlags, address: string): Promise<void> {
  const problems = new Problems();
  const why = whyIn(flags, problems);
  if (flags.decline !== true) problems.add('Say --decline; a wish is granted by a plan that is applied.');
  problems.settle();
  await using programme = await openProgrammeFor(this, flags);
  const declined = await programme.dates.decline(address, programme.who, why);
  if (declined.kind === 'unknown-mailbox') throw usageError(`There is no mailbox ${shown(address)} in this estate.`);
  if (declined.kind === 'not-open')
    throw usageError(`Nothing is asked for ${shown(address)} that is still open (godwit get wishes).`);
  this.conclude({ address, ...declined }, () => [`${shown(address)}: declined.`]);
}

export async function getWishes(this: Session, flags: ListFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  await list<DateWish>(this, flags, {
    key: 'wishes',
    columns: wishColumns,
    name: ({ address }) => address,
    page: (after, max) => programme.dates.wishes({ after, max }),
    total: async () => null,
    none: flags.after === undefined ? 'Nobody has asked for dates: godwit mailbox ask --help' : 'No more.',
  });
}

/**
 * The day that it is where the estate is: by `timezone` in its settings, in UTC where there are none. Of an estate behind a server it is the
 * earliest that it is anywhere, since the server judges by its own.
 */
async function todayFor(session: Session, flags: MailboxFlags): Promise<Day> {
  const { world } = session;
  const server = flags.server ?? world.settings().server;
  const timezone = server === null ? ((await settingsOf(session, flags))?.timezone ?? 'UTC') : 'Etc/GMT+12';
  return dayOfMs(world.now(), timezone);
}

function whyIn({ why = '' }: MailboxFlags, problems: Problems): string {
  const said = why.trim();
  if (said === '') problems.add('--why is missing: whoever plans should know.');
  return said;
}
