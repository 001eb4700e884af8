/**
 * Cookies as we give them to browsers: `__Host-`, so that no neighbour under the same domain sets or reads them, out of reach of scripts,
 * and not sent along with what other sites order (RFC 6265bis §4.1.3).
 */

/** Of somebody who has signed in. */
export const sessionCookie = '__Host-godwit';

const manner = 'Path=/; Secure; HttpOnly; SameSite=Lax';

/** `value` consists of what may stand in a cookie. */
export function keeping(name: string, value: string, seconds: number): string {
  return `${name}=${value}; ${manner}; Max-Age=${seconds}`;
}

export function forgetting(name: string): string {
  return `${name}=; ${manner}; Max-Age=0`;
}

/** Undefined where there is none, and where there are two: nobody knows which was ours. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const [key = '', ...value] = pair.split('=');
    return key.trim() === name ? [value.join('=').trim()] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}
