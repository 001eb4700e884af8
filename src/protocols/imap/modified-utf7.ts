/**
 * Mailbox names as IMAP spells them where UTF8=ACCEPT is not on: modified UTF-7 (RFC 3501 §5.1.3, kept by RFC 9051
 * §A.1). Many servers hold names that some client encoded wrongly. Such a name comes back as it is, so that decoding
 * never makes two names of one, nor one of two well-spelt ones.
 */

/** The name in modified UTF-7: printable US-ASCII stands for itself, `&` is `&-`, all else is base64 of UTF-16. */
export function encodeMailboxName(name: string): string {
  if (plain.test(name)) return name;
  return name.replace(shifted, (run) => (run === '&' ? '&-' : `&${base64OfUtf16(run)}-`));
}

/** The name that modified UTF-7 stands for; the very same text where it stands for none (`isWellEncoded`). */
export function decodeMailboxName(encoded: string): string {
  if (plain.test(encoded)) return encoded;
  const decoded = encoded.replace(sequence, (_, base64: string) => (base64 === '' ? '&' : utf16OfBase64(base64)));
  // One test for every way to be wrong: a run left open, idle bits, letters that needed no shift, raw 8-bit octets.
  return encodeMailboxName(decoded) === encoded ? decoded : encoded;
}

/** Whether the text is modified UTF-7 as an encoder would have written it. */
export function isWellEncoded(encoded: string): boolean {
  return encodeMailboxName(decodeMailboxName(encoded)) === encoded;
}

const plain = /^[\x20-\x25\x27-\x7e]*$/;
const shifted = /&|[^\x20-\x7e]+/g;
const sequence = /&([^-]*)-/g;

function base64OfUtf16(text: string): string {
  return Buffer.from(text, 'utf16le').swap16().toString('base64').replaceAll('=', '').replaceAll('/', ',');
}

function utf16OfBase64(base64: string): string {
  const octets = Buffer.from(base64.replaceAll(',', '/'), 'base64');
  // An odd octet is no UTF-16; leaving it out makes the caller's comparison fail, which is what it should do.
  const whole = octets.subarray(0, octets.length - (octets.length % 2));
  return Buffer.from(whole).swap16().toString('utf16le');
}
