/**
 * What stands between people and the two servers in the third act of `godwit demo`: a Dovecot proxy for their programs and a Postfix for
 * their mail, both of which ask Godwit's doors where somebody lives now. Where no Postfix can be had, mail goes to Godwit's own door for
 * deliveries at once, which then stands for everybody.
 */

import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailWay } from './demo-program.ts';
import { type DemoServers, endedWithUs, type Side } from './demo-servers.ts';

export interface Between extends AsyncDisposable {
  /** Where people's programs sign in, in clear text on loopback. */
  readonly proxyPort: number;
  readonly mail: MailWay;
  /** Why there is no Postfix, or null where there is one. */
  readonly noPostfix: string | null;
  /** For godwit.yaml: the doors, and what there is to know of each platform besides. */
  readonly settings: readonly string[];
  readonly platform: (side: Side) => readonly string[];
  /** The keys that the settings refer to. */
  readonly environment: Readonly<Record<string, string>>;
}

/** So long ahead a mailbox is announced in the demo; 40 s elsewhere, since a Postfix remembers for 30 s what it was told last. */
export const announcedSeconds = 3;

/** Starts both; null where the two servers are stand-ins, between which nothing can stand. */
export async function standBetween(servers: DemoServers, domain: string): Promise<Between | null> {
  const [old, fresh] = [servers.old.besides, servers.new.besides];
  if (old === null || fresh === null) return null;
  const { labAvailable } = await import('../../labs/namespace.ts');
  const { freePort, makeScratch, removeScratch } = await import('../../labs/server.ts');
  await using ends = new AsyncDisposableStack();
  // The proxy runs under a user of its own, who has to come to the socket and to nothing else of ours.
  const sockets = await makeScratch('demo-doors');
  ends.defer(() => removeScratch(sockets));
  await chmod(sockets, 0o755);
  const dict = join(sockets, 'dovecot');
  const [socketmap, deliveries] = [await freePort(), await freePort()];
  const { startDovecotProxy } = await import('../../labs/dovecot-proxy.ts');
  const proxy = await startDovecotProxy({ dictSocket: dict });
  ends.defer(endedWithUs(proxy));
  const postfix = await labAvailable('postfix');
  let mail: MailWay = { speaks: 'lmtp', port: deliveries };
  if (postfix.ok) {
    const { startPostfix } = await import('../../labs/postfix.ts');
    const mx = await startPostfix(asking(domain, socketmap));
    ends.defer(endedWithUs(mx));
    mail = { speaks: 'smtp', port: mx.port };
  }
  const kept = ends.move();
  const behind = (name: 'source' | 'target', port: number, lmtpPort: number): readonly string[] => [
    `  ${name}:`,
    `    deliver: lmtp://127.0.0.1:${lmtpPort}`,
    `    imap: imap+plain://127.0.0.1:${port}`,
  ];
  const to = (port: number): string => `'lmtp:inet:127.0.0.1:${port}'`;
  const view = `{ source: ${to(old.lmtpPort)}, target: ${to(fresh.lmtpPort)}, moving: 'godwit:inet:127.0.0.1:${deliveries}' }`;
  return {
    proxyPort: proxy.ports.imap ?? 0,
    mail,
    noPostfix: postfix.ok ? null : postfix.why,
    settings: [
      `switching: { announce-ahead: ${announcedSeconds}s }`,
      'doors:',
      ...behind('source', servers.old.port, old.lmtpPort),
      ...behind('target', servers.new.port, fresh.lmtpPort),
      ...(postfix.ok ? ['  postfix:', `    listen: 127.0.0.1:${socketmap}`, `    views: [${view}]`] : []),
      `  deliveries: { listen: '127.0.0.1:${deliveries}' }`,
      `  dovecot: { listen: 'unix:${dict}' }`,
    ],
    platform: (side) => [
      '  sessions:',
      `    url: ${(side === 'old' ? old : fresh).doveadm.url}`,
      `    key: env:${side.toUpperCase()}_DOVEADM`,
    ],
    environment: { OLD_DOVEADM: old.doveadm.key, NEW_DOVEADM: fresh.doveadm.key },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** As deploy/coexistence has it for people who set up the like. */
function asking(domain: string, socketmap: number) {
  const map = `socketmap:inet:127.0.0.1:${socketmap}`;
  return {
    name: `mx.${domain}`,
    mainCf: {
      relay_domains: domain,
      transport_maps: `${map}:transport`,
      relay_recipient_maps: `${map}:relay-recipients`,
      godwit_destination_recipient_limit: '1',
      minimal_backoff_time: '5s',
      queue_run_delay: '5s',
    },
    masterCf: 'godwit unix - - n - 50 lmtp\n  -o soft_bounce=yes\n  -o lmtp_connect_timeout=5s',
  };
}
