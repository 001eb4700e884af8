/**
 * The last look at what is about to be written down. Secrets are kept out of log lines where they come up; this is for what
 * somebody else put together: the message of a library with a URL in it, a field that bears what its name says.
 */

import type { LogFields } from './log.ts';

const hidden = '[hidden]';
const hiddenFields =
  /^(?:password|passphrase|authorization|cookie|credentials?|token|access_?token|connection_?string)$/i;
/** The password of a URL (RFC 3986 §3.2.1), also one in which somebody forgot to encode a slash or an at sign. */
const passwordOfUrl = /\b([a-z][a-z\d+.-]*:\/\/[^\s:/@]*):[^\s]*@/gi;

/** The text without the passwords of the URLs in it. */
export function withoutPasswords(text: string): string {
  return text.includes('://') ? text.replace(passwordOfUrl, `$1:${hidden}@`) : text;
}

/** The same fields, fit to be written down. */
export function redacted(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (hiddenFields.test(name)) return [name, hidden];
      return [name, typeof value === 'string' ? withoutPasswords(value) : value];
    }),
  );
}
