/** Folder names on the wire (RFC 3501 §5.1.3, modified UTF-7), written apart from `src/` for what seeds and compares. */

/** A name as IMAP writes it before UTF8=ACCEPT. */
export function toWire(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]+|&/g, (run) => {
    if (run === '&') return '&-';
    const utf16 = Buffer.from(run, 'utf16le').swap16();
    return `&${utf16.toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`;
  });
}

/** The name in Unicode; what is no modified UTF-7 stays as it is. */
export function fromWire(wire: string): string {
  return wire.replaceAll(/&([A-Za-z0-9+,]*)-/g, (whole, run: string) => {
    if (run === '') return '&';
    const octets = Buffer.from(run.replaceAll(',', '/'), 'base64');
    if (octets.length % 2 === 1) return whole;
    return octets.swap16().toString('utf16le');
  });
}
