/** What people are told of ways home that are not kept up. */

import type { WaysHomeLate } from '#domain/way-home-kept.ts';
import { remedyOf } from './fault-text.ts';
import { count, counted, shown } from './shown.ts';

/** One line of what there is, and two for each reason; nothing where all is well. */
export function waysHomeLines(late: readonly WaysHomeLate[]): readonly string[] {
  if (late.length === 0) return [];
  const all = late.reduce((sum, { mailboxes }) => sum + mailboxes, 0);
  return [
    '',
    `The way home of ${counted(all, 'mailbox', 'mailboxes')} is not kept up: what people have changed since is not on the side that they left.`,
    ...late.flatMap(({ code, mailboxes, since, example }) => [
      `  ${count(mailboxes)} for ${shown(code, 60)}, since ${since.toISOString().slice(0, 16)}Z, among them ${shown(example, 80)}`,
      `    What to do: ${remedyOf(code)}`,
    ]),
    "  All of them: godwit get mailboxes --select 'way-home=late'",
  ];
}

/** What whoever goes back, or ends the way back, should know. `isLast`: nothing is carried home after this. */
export function lateLines(
  { late, notTaken }: { readonly late: number; readonly notTaken: number },
  isLast: boolean,
): readonly string[] {
  const then = isLast
    ? 'What people have changed there since is on the target only.'
    : 'They arrive at home when that takes mail again; until then they stay on the target.';
  const whose = late === 1 ? 'The way home of 1 of them was' : `The ways home of ${count(late)} of them were`;
  return [
    ...(late === 0 ? [] : [`${whose} not kept up. ${then}`]),
    ...(notTaken === 0
      ? []
      : [
          `${counted(notTaken, 'message was', 'messages were')} not taken at home at the last look, and ${notTaken === 1 ? 'is' : 'are'} on the target only.`,
        ]),
  ];
}
