/** `godwit secret erase`: at the end of a programme nothing that signs in is left, and anybody can see what there was. */

import type { Erasable, Erasure } from '#domain/erasure.ts';
import type { SecretEraseFlags } from './flags.ts';
import { openSealed } from './secrets.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { usageError } from './usage.ts';

export async function erase(this: Session, flags: SecretEraseFlags, prefix = ''): Promise<void> {
  if ((prefix === '') !== (flags.all === true))
    throw usageError('Which? --all, or a PREFIX such as source/ with which their names begin.');
  const why = flags.why?.trim() ?? '';
  if (flags.yes && why === '') throw usageError('--why is wanted: it stands in the audit log, beside what was erased.');
  const order = { prefix: prefix.toLowerCase(), withOwn: flags.own === true };
  if (order.withOwn && !flags.all) throw usageError("--own goes with --all: Godwit's own keys have no PREFIX.");
  await using desk = await openSealed(this, flags, false);
  if (!flags.yes) {
    const found = await desk.erasable(order);
    this.conclude({ isDryRun: true, ...found }, () => [
      `${counted(found.secrets, 'secret')} would be erased for good.`,
      ...(found.underWay > 0 ? [`${underWayText(found)} It is refused unless --under-way says so.`] : []),
      ...leftLines(found),
      'Nothing was done. With --why TEXT and --yes it is.',
    ]);
    return;
  }
  const erasure = await desk.erase({ ...order, despiteMoves: flags.underWay === true }, why);
  if (erasure.kind === 'under-way')
    throw usageError(
      `${underWayText(erasure)} Nothing was erased. Release them or call them back first; --under-way erases nevertheless.`,
    );
  this.conclude(erasure, () => erasedLines(erasure));
}

function erasedLines(erasure: Erasure & { readonly kind: 'erased' }): readonly string[] {
  const { secrets, digest, head, keyIds } = erasure;
  if (secrets === 0) return ['There was nothing to erase.', ...leftLines(erasure)];
  return [
    `${counted(secrets, 'secret')} erased, each with its fingerprint in the audit log.`,
    `  digest of all of them    ${digest}`,
    ...(head ? [`  link ${head.seq} of the audit log  ${head.hash}`] : []),
    ...leftLines(erasure),
    'Workers forget what they had within half a minute.',
    `Backups of the database still hold them, sealed under ${keyIds.map((id) => `the key ${shown(id)}`).join(' and ')}: destroy ${
      keyIds.length === 1 ? 'it' : 'these'
    }, and nobody opens them any more (docs/secrets.md).`,
  ];
}

function leftLines({ kept, keptOwn }: Erasable): readonly string[] {
  const others = kept - keptOwn;
  return [
    ...(others > 0 ? [`${counted(others, 'other')} not meant by it and kept.`] : []),
    ...(keptOwn > 0
      ? [
          `${counted(keptOwn, 'key')} of Godwit's own kept: the digests in certificates are checked with it. --own erases it too, and no process of this estate begins after that.`,
        ]
      : []),
  ];
}

function underWayText({ underWay }: Erasable): string {
  return `${counted(underWay, 'mailbox is', 'mailboxes are')} on the way, or may still be called back, and nobody could sign in for them any more.`;
}
