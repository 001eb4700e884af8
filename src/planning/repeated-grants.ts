/** Grants that stand in a list more than once, of which the first counts: found among millions without a set of them. */

/** The two ends and the kind of each, by numbers. */
export interface GrantColumns {
  readonly mailbox: Int32Array<ArrayBuffer>;
  readonly grantee: Int32Array<ArrayBuffer>;
  readonly kind: Uint8Array<ArrayBuffer>;
}

/**
 * `grants` in their order, each once; the same columns where none is repeated. They are looked at mailbox by mailbox, so that of each
 * grantee nothing is kept but by which mailbox it was met last, and with which kinds, of which there are eight at most.
 */
export function unrepeated(grants: GrantColumns, mailboxes: number): GrantColumns {
  const order = areTogether(grants.mailbox, mailboxes) ? null : byMailbox(grants.mailbox, mailboxes);
  const metBy = new Int32Array(mailboxes).fill(-1);
  const kindsMet = new Uint8Array(mailboxes);
  const isRepeated = new Uint8Array(grants.kind.length);
  let repeated = 0;
  for (let i = 0; i < isRepeated.length; i++) {
    const grant = order === null ? i : (order[i] as number);
    const mailbox = grants.mailbox[grant] as number;
    const grantee = grants.grantee[grant] as number;
    const kind = 1 << (grants.kind[grant] as number);
    const met = metBy[grantee] === mailbox ? (kindsMet[grantee] as number) : 0;
    if ((met & kind) !== 0) {
      isRepeated[grant] = 1;
      repeated++;
    }
    metBy[grantee] = mailbox;
    kindsMet[grantee] = met | kind;
  }
  return repeated === 0 ? grants : without(grants, isRepeated);
}

/** Whether the grants of each mailbox stand together, as exports mostly have them. */
function areTogether(mailbox: Int32Array, mailboxes: number): boolean {
  const isBegun = new Uint8Array(mailboxes);
  for (let i = 0; i < mailbox.length; i++) {
    const number = mailbox[i] as number;
    if (i > 0 && number === mailbox[i - 1]) continue;
    if (isBegun[number] === 1) return false;
    isBegun[number] = 1;
  }
  return true;
}

/** The numbers of the grants, those of one mailbox together and in their order. */
function byMailbox(mailbox: Int32Array, mailboxes: number): Int32Array {
  const next = new Int32Array(mailboxes + 1);
  for (const number of mailbox) next[number + 1] = (next[number + 1] as number) + 1;
  for (let i = 0; i < mailboxes; i++) next[i + 1] = (next[i + 1] as number) + (next[i] as number);
  const order = new Int32Array(mailbox.length);
  for (let grant = 0; grant < mailbox.length; grant++) {
    const number = mailbox[grant] as number;
    const place = next[number] as number;
    order[place] = grant;
    next[number] = place + 1;
  }
  return order;
}

function without(grants: GrantColumns, left: Uint8Array): GrantColumns {
  const stays = (_: number, grant: number): boolean => left[grant] === 0;
  return {
    mailbox: grants.mailbox.filter(stays),
    grantee: grants.grantee.filter(stays),
    kind: grants.kind.filter(stays),
  };
}
