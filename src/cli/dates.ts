/** `godwit mailbox defer`, `ask` and `answer`, and `godwit get wishes`: days that people ask for. */

import { type DateWish, dayOfMs, readDeferral, readWishedDays } from '#domain/dates.ts';
import type { AnswerFlags, AskFlags, DeferFlags, ListFlags, MailboxFlags } from './flags.ts';
import { list } from './get.ts';
import { wishColumns } from './get-columns.ts';
import { tellOrdered, whomOf } from './mailbox-orders.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { Problems, usageError } from './usage.ts';

export async function deferMailboxes(this: Session, flags: DeferFlags, ...addresses: string[]): Promise<void> {
  const whom = whomOf(flags, addresses);
  const problems = new Problems();
  const why = whyIn(flags, problems);
  const until = readDeferral(flags.until ?? '', dayOfMs(this.world.now()));
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
  const days = readWishedDays(flags.notBefore ?? '', flags.notAfter ?? null, dayOfMs(this.world.now()));
  if ('problem' in days) problems.add(`--not-before, --not-after: ${days.problem}`);
  problems.settle();
  if ('problem' in days) return;
  await using programme = await openProgrammeFor(this, flags);
  tellOrdered(this, 'ask', await programme.dates.ask(whom, days.value, programme.who, why), () => [
    'Whoever plans next hears of it; what becomes of it: godwit get wishes',
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

function whyIn({ why = '' }: MailboxFlags, problems: Problems): string {
  const said = why.trim();
  if (said === '') problems.add('--why is missing: whoever plans should know.');
  return said;
}
