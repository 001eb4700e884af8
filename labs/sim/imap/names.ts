/** Mailbox names in modified UTF-7 (RFC 3501 §5.1.3), read and written here by a hand of the lab's own. */

const printable = /^[\u0020-\u007e]$/;

export function encodeName(name: string): string {
  let out = '';
  let shifted = '';
  const flush = (): void => {
    if (shifted === '') return;
    const base64 = Buffer.from(shifted, 'utf16le').swap16().toString('base64');
    out += `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`;
    shifted = '';
  };
  // By UTF-16 unit, since that is what is encoded.
  for (let at = 0; at < name.length; at++) {
    const unit = name[at] as string;
    if (!printable.test(unit)) {
      shifted += unit;
      continue;
    }
    flush();
    out += unit === '&' ? '&-' : unit;
  }
  flush();
  return out;
}

/** Null when it is not modified UTF-7: a shift that does not end, or octets outside ASCII. */
export function decodeName(encoded: string): string | null {
  let out = '';
  for (let at = 0; at < encoded.length; ) {
    const unit = encoded[at] as string;
    if (!printable.test(unit)) return null;
    if (unit !== '&') {
      out += unit;
      at++;
      continue;
    }
    const end = encoded.indexOf('-', at);
    if (end < 0) return null;
    if (end === at + 1) out += '&';
    else {
      const octets = Buffer.from(encoded.slice(at + 1, end).replaceAll(',', '/'), 'base64');
      if (octets.length === 0 || octets.length % 2 !== 0) return null;
      out += octets.swap16().toString('utf16le');
    }
    at = end + 1;
  }
  return out;
}
