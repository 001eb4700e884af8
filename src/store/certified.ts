/** The latest certificate of a mailbox, as SQL. */

import { type RawBuilder, sql } from 'kysely';
import type { Grade } from '#domain/grade.ts';

export interface CertifiedRow {
  readonly made_at: Date | null;
  readonly grade: Grade;
  readonly wave_certificate: string | null;
  readonly text: string;
}

/** Of a mailbox `m`, for `lateral`: by two indexes, one for that which waits for a root, one for those that a root covers. */
export const latestCertificate: RawBuilder<CertifiedRow> = sql`(
  (select made_at, grade, wave_certificate, text from certificate where mailbox = m.id and wave_certificate is null)
   union all
  (select made_at, grade, wave_certificate, text from certificate
    where mailbox = m.id and wave_certificate is not null order by made_at desc limit 1)
   order by made_at desc limit 1)`;
