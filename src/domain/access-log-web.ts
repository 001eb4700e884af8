/** What is asked of the web server before a mail system: which protocol a path speaks, and whom a request is of. */

import type { TailProtocol } from './tail-sighting.ts';

const paths: readonly (readonly [beginning: string, protocol: TailProtocol])[] = [
  ['/microsoft-server-activesync', 'activesync'],
  ['/ews', 'ews'],
  ['/autodiscover', 'autodiscover'],
  ['/mapi', 'mapi'],
  // Outlook Anywhere, which MAPI over HTTP came after.
  ['/rpc', 'mapi'],
  ['/owa', 'owa'],
  ['/oab', 'oab'],
  ['/caldav', 'dav'],
  ['/carddav', 'dav'],
  ['/dav', 'dav'],
  ['/sogo/dav', 'dav'],
  ['/sogo/microsoft-server-activesync', 'activesync'],
  ['/remote.php/dav', 'dav'],
];

/** Null where the path is no mail system's. */
export function protocolOf(path: string): TailProtocol | null {
  const low = path.slice(0, 100).toLowerCase();
  return paths.find(([beginning]) => low === beginning || low.startsWith(`${beginning}/`))?.[1] ?? null;
}

/** Whom an ActiveSync device says that it is of, and what it is ([MS-ASHTTP] 2.2.1.1.1.1): only where nobody has signed in by name. */
export function deviceIn(query: string): { readonly user: string | null; readonly type: string | null } {
  const field = (name: string): string | null => {
    const raw = new RegExp(`(?:^|&)${name}=([^&]{1,300})`, 'i').exec(query.slice(0, 2_000))?.[1];
    if (raw === undefined) return null;
    try {
      return decodeURIComponent(raw.replaceAll('+', ' '));
    } catch {
      return null;
    }
  };
  return { user: field('User'), type: field('DeviceType') };
}

/** Machines, and the accounts by which Exchange watches itself: nobody's mailbox. */
export function isNobody(name: string): boolean {
  return (
    name === '' ||
    name === '-' ||
    /\$(?:@[^@]*)?$/.test(name) ||
    /^(?:.*\\)?(?:HealthMailbox|SystemMailbox|SM_|DiscoverySearchMailbox)/i.test(name) ||
    /^(?:NT AUTHORITY|IIS APPPOOL)\\|^S-1-5-/i.test(name)
  );
}

/** A request that was answered, and not refused. */
export function isAnswered(status: number): boolean {
  return status >= 200 && status < 400;
}
