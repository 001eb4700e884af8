/** Which server it is, as far as its greeting, ID and capabilities tell: only to say what to expect, never to act on. */

import type { ServerKind } from '#domain/probe-report.ts';
import type * as imap from '#protocols/imap/index.ts';

const tellTale: readonly (readonly [RegExp, ServerKind])[] = [
  [/gimap|gmail|google/i, 'gmail'],
  [/microsoft|exchange|outlook/i, 'exchange'],
  [/zimbra/i, 'zimbra'],
  [/icloud|apple/i, 'icloud'],
  [/yahoo/i, 'yahoo'],
  [/stalwart/i, 'stalwart'],
  [/cyrus/i, 'cyrus'],
  [/courier/i, 'courier'],
  [/dovecot/i, 'dovecot'],
];

export function serverKind(
  greeting: string,
  id: Readonly<Record<string, string>>,
  capabilities: Pick<imap.Capabilities, 'has'>,
): ServerKind {
  if (capabilities.has('X-GM-EXT-1')) return 'gmail';
  if (capabilities.has('XAPPLEPUSHSERVICE')) return 'icloud';
  const says = [id['name'], id['vendor'], greeting].filter((text) => text !== undefined).join(' ');
  return tellTale.find(([pattern]) => pattern.test(says))?.[1] ?? 'unknown';
}
