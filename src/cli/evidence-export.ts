/** `godwit evidence export`: the bundle of one organisation. */

import { grades } from '#domain/grade.ts';
import { openEvidenceFor } from './certificate-work.ts';
import type { ExportFlags } from './evidence-flags.ts';
import type { Session } from './session.ts';
import { count, counted, shown, table } from './shown.ts';
import { Problems, usageError } from './usage.ts';

export async function exportBundle(this: Session, flags: ExportFlags): Promise<void> {
  const problems = new Problems();
  if (flags.organisation === undefined)
    problems.add('--organisation is missing: the code of the one whose evidence is wanted.');
  if (flags.out === undefined) problems.add('--out is missing: the folder in which the bundle is written.');
  problems.settle();
  const [organisation, folder] = [flags.organisation as string, flags.out as string];
  await using work = await openEvidenceFor(this, flags);
  const order = { organisation, folder, withDigestKeys: flags.withDigestKeys === true };
  const found = await work.export(order, this.world.interruption);
  if ('kind' in found) {
    const meant = found.nearest === null ? '.' : `; did you mean ${shown(found.nearest)}?`;
    throw usageError(`There is no organisation ${shown(organisation)}${meant}`);
  }
  const rows = grades.filter((grade) => found.grades[grade] > 0).map((grade) => [count(found.grades[grade]), grade]);
  this.conclude({ organisation, folder, ...found }, () => [
    `Wrote the evidence of ${counted(found.mailboxes, 'mailbox', 'mailboxes')} to ${shown(folder)}; README.txt there says how to check it.`,
    ...table(rows, new Set([0])).map((line) => `  ${line}`),
    ...(found.mailboxes === 0
      ? ['None of them has a certificate that a root covers: godwit certificate make --wave.']
      : []),
    ...(order.withDigestKeys
      ? ['It holds digest keys: give it to those who check these mailboxes, and nobody else.']
      : []),
  ]);
}
