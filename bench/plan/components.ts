/** Which mailboxes hang together by grants, however far round. */

export interface Pairs {
  readonly count: number;
  readonly mailbox: Int32Array;
  /** Below 0: nobody. */
  readonly grantee: Int32Array;
}

/** For each mailbox one that stands for its component, the same for all in it. */
export function componentsOf(mailboxes: number, { count, mailbox, grantee }: Pairs): Int32Array {
  const above = Int32Array.from({ length: mailboxes }, (_, i) => i);
  const find = (from: number): number => {
    let at = from;
    while (above[at] !== at) {
      above[at] = above[above[at] as number] as number;
      at = above[at] as number;
    }
    return at;
  };
  for (let i = 0; i < count; i++) {
    const other = grantee[i] as number;
    if (other >= 0) above[find(mailbox[i] as number)] = find(other);
  }
  for (let i = 0; i < mailboxes; i++) above[i] = find(i);
  return above;
}
