/** What can be wrong with a file that is sent to the HTTP API; part of the catalogue (`fault.ts`). */

import { sizeText } from '#lib/size-text.ts';
import { entry } from './fault-entry.ts';

type Bound = { readonly octets: number };

export const fileFaults = {
  'api.file.not-octets': entry<object>(
    'estate',
    'operator',
    () => 'A file is sent as its octets and nothing else.',
    'Send it with `Content-Type: application/octet-stream`, and as no form and no JSON: docs/api.md shows how.',
  ),
  'api.file.too-large': entry<Bound>(
    'estate',
    'operator',
    ({ octets }) => `The file is larger than the ${sized(octets)} that are taken in.`,
    'Send it in several, where what it is for can be done in several, or have `api.files.largest` raised in godwit.yaml.',
  ),
  'api.files.full': entry<Bound>(
    'estate',
    'paced',
    ({ octets }) =>
      `${sized(octets)} of files that were sent and have not been used may lie there, half of them of one sender, and there is no room for more.`,
    'Try again later: each goes when it has been used, or a day after. An operator can raise `api.files.together` in godwit.yaml.',
  ),
  'api.files.busy': entry<{ readonly seconds: number }>(
    'estate',
    'paced',
    () => 'So many files are being sent already that no other is taken in.',
    'Send it again in a while.',
  ),
  'api.file.other': entry<object>(
    'estate',
    'soon',
    () => 'What came is not what was meant: the digest that was sent with it (Content-Digest) is of other octets.',
    'Send it again. If it happens again, the file changes while it is read, or something in between changes what is sent.',
  ),
  'api.file.slow': entry<{ readonly seconds: number }>(
    'estate',
    'soon',
    ({ seconds }) => `The file came more slowly than anything that gets here: less than 64 kB in ${seconds} seconds.`,
    'Send it again, over a better line.',
  ),
  'api.file.broke-off': entry<object>(
    'estate',
    'soon',
    () => 'The connection ended before the whole file had come. Nothing of it was kept.',
    'Send it again.',
  ),
  'api.file.gone': entry<{ readonly file: string }>(
    'estate',
    'soon',
    ({ file }) => `The file ${file} was forgotten while it was read.`,
    'Send it again, and order the same again.',
  ),
} as const;

/** The page of all faults is made with names in the place of numbers. */
function sized(octets: number): string {
  return Number.isFinite(octets) ? sizeText(octets) : String(octets);
}
