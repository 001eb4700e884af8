/** Where the head of the audit log is sent, so that somebody else can tell whether its end was cut off. */

export type HeadPlace =
  /** A file that only grows; a line for each head. */
  | { readonly kind: 'file'; readonly path: string }
  /** By the mail server of `notices`. */
  | { readonly kind: 'mail'; readonly address: string }
  /** It is posted there; nothing is sent on to where an answer points. */
  | { readonly kind: 'https'; readonly url: string };

export interface AuditSettings {
  readonly sendHead: readonly HeadPlace[];
  readonly everySeconds: number;
}

/** Reads `file:PATH`, `mailto:ADDRESS` or `https://…`; null for anything else. */
export function readHeadPlace(text: string): HeadPlace | { readonly problem: string } | null {
  if (text.startsWith('file:') && text.length > 'file:'.length)
    return { kind: 'file', path: text.slice('file:'.length) };
  const address = /^mailto:([^\s@<>,;?]+@[^\s@<>,;?]+)$/i.exec(text)?.[1];
  if (address !== undefined) return { kind: 'mail', address };
  const url = /^https:/i.test(text) ? URL.parse(text) : null;
  if (!url) return null;
  if (url.username !== '' || url.password !== '') return { problem: 'no user and no password may stand in this URL.' };
  return { kind: 'https', url: url.href };
}

/** As it is called in logs: of a URL no more than its host, since the rest may be what lets one in. */
export function headPlaceName(place: HeadPlace): string {
  switch (place.kind) {
    case 'file':
      return `file:${place.path}`;
    case 'mail':
      return `mailto:${place.address}`;
    case 'https':
      return `https://${new URL(place.url).host}`;
  }
}
