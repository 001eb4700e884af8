/** `godwit mailbox hold`, `release`, `retry`, `exclude`, `go-back` and the like: of one mailbox, of several, or of all that are selected. */

import type { MailboxesOrdered, MailboxOrder, Whom } from '#domain/estate-state.ts';
import { readSelector } from '#domain/selector.ts';
import { exitCodes } from './exit-code.ts';
import type { MailboxOrderFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import { unknownText } from './selection-text.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { usageError } from './usage.ts';
import { lateLines } from './way-home-text.ts';

/** So many who do not obey are named on a terminal; `-o json` names all. */
const namedMax = 20;

/** Exit code 3 where some of several do not obey. */
export async function orderMailboxes(
  session: Session,
  flags: MailboxOrderFlags,
  addresses: readonly string[],
  order: MailboxOrder,
): Promise<void> {
  const whom = whomOf(flags, addresses);
  await using programme = await openProgrammeFor(session, flags);
  tellOrdered(session, order, await programme.mailboxes.order(whom, order, programme.who, flags.why ?? null));
}

/** What became of an order; `besides`: what is to be known besides. Exit code 3 where some do not obey. */
export function tellOrdered(
  session: Session,
  order: string,
  given: MailboxesOrdered,
  besides: (ordered: Extract<MailboxesOrdered, { kind: 'ordered' }>) => readonly string[] = () => [],
): void {
  const ordered = known(given);
  const { kind: _, ...document } = ordered;
  const { done, refused, home } = document;
  if (done.length === 0 && refused.length === 0) throw usageError('Nobody is meant (godwit get mailboxes --select …).');
  const problems = refused.slice(0, namedMax).map(({ address, why }) => `${shown(address)} ${why}.`);
  const more = refused.length - problems.length;
  if (done.length === 0) throw usageError([...problems, ...(more > 0 ? [`And ${more} more.`] : [])].join('\n'));
  if (refused.length > 0) session.exitCode = exitCodes.withExceptions;
  session.conclude({ order, ...document }, () => [
    done.length === 1
      ? `${shown(done[0] as string)}: ${order}.`
      : `${counted(done.length, 'mailbox', 'mailboxes')}: ${order}.`,
    ...(home ? lateLines(home, false) : []),
    ...besides(ordered),
    ...problems,
    ...(more > 0 ? [`And ${more} more (-o json names them).`] : []),
  ]);
}

export function whomOf({ select }: MailboxOrderFlags, addresses: readonly string[]): Whom {
  if (select === undefined) {
    if (addresses.length === 0) throw usageError('Whose mailbox? Give one or several addresses, or --select.');
    return { kind: 'addresses', addresses };
  }
  if (addresses.length > 0) throw usageError('Give addresses or --select, and not both.');
  const selector = readSelector(select);
  if ('problem' in selector) throw usageError(selector.problem);
  // Everybody would be meant, which nobody means.
  if (Object.keys(selector).length === 0) throw usageError("--select wants to know whom: 'wave=pilot mark=blocked'.");
  return { kind: 'selector', selector };
}

function known(ordered: MailboxesOrdered): Extract<MailboxesOrdered, { kind: 'ordered' }> {
  if (ordered.kind === 'unknown') throw usageError(unknownText(ordered));
  if (ordered.kind === 'ordered') return ordered;
  const [first = '', ...others] = ordered.addresses;
  const more =
    others.length === 0
      ? ''
      : `, nor ${others.length === 1 ? shown(others[0] as string) : `${others.length} others that were given`}`;
  throw usageError(`There is no mailbox ${shown(first)} in this estate${more}. Nothing was done.`);
}
