/** What was recorded in an estate, in the order in which the audit log was chained: every record is in exactly one of its links. */

import type { ChangesSince, Visible } from '#domain/change.ts';
import type { Within } from '#domain/rights.ts';

export interface Changes {
  /** The number of the last link; 0 where there is none. */
  latest(): Promise<number>;
  /**
   * What the links behind `seq` have, at most a second's worth of them; null where they are more than anybody would want to be told
   * one by one, or there is no such link (the database was restored): whoever asks begins anew from `latest`.
   */
  since(seq: number): Promise<ChangesSince | null>;
  /** What somebody sees who sees this part. */
  visible(within: NonNullable<Within>): Promise<Visible>;
}
