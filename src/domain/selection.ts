/** Which folders and messages of a mailbox are to be moved, and where folders go: the choices of one run. */

import type { Instant } from './item.ts';

export interface Selection {
  /** Globs over the full path (`*` within a name, `**` across), or roles such as `\Trash`. Empty: everything. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Old path to new path, both joined with `/`; applies to the folder and everything below it. The longest match wins. */
  readonly map: readonly { readonly from: string; readonly to: string }[];
  /** Only messages whose INTERNALDATE is in [since, before). */
  readonly since: Instant | null;
  readonly before: Instant | null;
  readonly maxSizeBytes: number | null;
}

export const everything: Selection = {
  include: [],
  exclude: [],
  map: [],
  since: null,
  before: null,
  maxSizeBytes: null,
};
