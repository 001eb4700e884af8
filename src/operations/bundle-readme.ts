/** What stands in README.txt of a bundle of evidence: what each file is, and how somebody checks them who trusts nobody. */

import { type GradeCounts, grades, gradeRules } from '#domain/grade.ts';
import type { KnownKey } from '#domain/signing-key.ts';
import { cleanText } from '#lib/clean-text.ts';

export interface BundleFacts {
  readonly organisation: string;
  readonly mailboxes: number;
  readonly grades: GradeCounts;
  readonly before: number;
  readonly waves: readonly string[];
  readonly keys: readonly KnownKey[];
}

export function bundleReadme({ organisation, mailboxes, grades: counts, before, waves, keys }: BundleFacts): string {
  const lines = [
    `Evidence of the organisation ${cleanText(organisation, 100)} and all below it`,
    '',
    `${mailboxes} mailboxes, of the waves ${waves.map((wave) => cleanText(wave, 60)).join(', ') || '(none)'}:`,
    ...grades.map(
      (grade) => `  ${String(counts[grade]).padStart(6)}  ${grade.padEnd(12)} ${gradeRules.mailbox[grade]}`,
    ),
    ...(before > 0
      ? [`  ${String(before).padStart(6)}  have changed sides since, and are told as they stood before (mailboxes.csv)`]
      : []),
    '',
    'What is here',
    '  ADDRESS.json          the certificate of one mailbox: what was there, what arrived, what did not and who accepted it',
    '  ADDRESS.proof.json    the proof that the certificate of its wave covers it',
    '  ADDRESS.digest-key    only where it was asked for: the key with which contents are checked. Keep it to yourself',
    '  wave-….json           the certificate of a wave, with the root over all certificates of its mailboxes',
    '  mailboxes.csv         all of them in one table',
    '  exceptions.csv        every message that did not arrive as it was, and who accepted it why',
    '  godwit-bundle.sha256  the list of all these files, which sha256sum -c reads',
    '  public-keys.json      the keys that signed. Ask for them by another way, too, and compare:',
    ...keys.map(({ id }) => `                          ${id}`),
    '',
    'How to check',
    '  With Godwit (no database, no estate):',
    '    godwit certificate check ADDRESS.json --public-key public-keys.json --wave-file wave-….json --proof ADDRESS.proof.json',
    '  Without it, with Node 20 or newer and the script check-certificate.mjs of its documentation:',
    '    node check-certificate.mjs ADDRESS.json --public-key public-keys.json --wave wave-….json --proof ADDRESS.proof.json',
    '  Against the mailbox as it is now: --against imaps://… and --digest-key, as docs/evidence.md says.',
    '  The format is described in docs/evidence-format.md, for those who write a checker of their own.',
  ];
  return `${lines.join('\n')}\n`;
}
