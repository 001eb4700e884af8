/** Where the API of an estate is, for whoever asks it from elsewhere. */

import { isForThisMachine } from './door-place.ts';

export type ServerPlace =
  | {
      readonly kind: 'tcp';
      readonly isTls: boolean;
      /** In lower case, IPv6 without brackets. */
      readonly host: string;
      readonly port: number;
      /** What stands before every path, where a proxy serves more than this: `` or `/godwit`. */
      readonly prefix: string;
    }
  | { readonly kind: 'unix' /** Absolute. */; readonly path: string };

/** Reads `https://godwit.corp.example:8030`, `http://127.0.0.1:8030` (of this machine only) or `unix:/run/godwit/api`. */
export function readServerPlace(text: string): ServerPlace | { readonly problem: string } {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (path.startsWith('/') && !path.includes('\0')) return { kind: 'unix', path };
    return { problem: 'after "unix:" stands the path of a socket, from the root on.' };
  }
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '')
    return { problem: 'a server is written as https://godwit.corp.example:8030, or unix:/run/godwit/api.' };
  // What was written may be a secret, so it is not repeated.
  if (url.username !== '' || url.password !== '')
    return { problem: 'nobody is named in the address of a server: who asks is said by a token.' };
  if (url.search !== '' || url.hash !== '') return { problem: 'behind the address of a server stands no ? and no #.' };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'https:';
  const port = Number(url.port) || (isTls ? 443 : 80);
  // The token would be there for all to read who are in between.
  if (!isTls && !isForThisMachine({ kind: 'tcp', host, port }))
    return { problem: 'in clear text (http://) only a server on this machine is asked: write https://.' };
  return { kind: 'tcp', isTls, host, port, prefix: url.pathname.replace(/\/+$/, '') };
}

export function shownServerPlace(place: ServerPlace): string {
  if (place.kind === 'unix') return `unix:${place.path}`;
  const host = place.host.includes(':') ? `[${place.host}]` : place.host;
  return `${place.isTls ? 'https' : 'http'}://${host}:${place.port}${place.prefix}`;
}
