/** What a server's facts mean for a move from it or to it, in sentences for the person who plans one. Pure. */

import { onAbilities, onKind, remark } from './probe-abilities.ts';
import { onClients, onFolders, onMessages, onNames, onRoom } from './probe-mailbox.ts';
import type { DeepFacts, MailboxFacts, Remark, ServerFacts } from './probe-report.ts';

export interface Probed {
  readonly server: ServerFacts | null;
  readonly mailbox: MailboxFacts | null;
  readonly deep: DeepFacts | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Remarks, troubles first, then notes, then what is fine; in each, in the order in which a move would meet them. */
export function remarksOn(probed: Probed): readonly Remark[] {
  const { server, mailbox, deep, now } = probed;
  const remarks: Remark[] = [];
  if (server) {
    remarks.push(...onConnection(server, now), ...onSignIn(server));
    if (server.capabilitiesAfter) remarks.push(...onAbilities(server, new Set(server.capabilitiesAfter), mailbox));
    remarks.push(...onKind(server.kind));
  }
  if (mailbox) {
    remarks.push(...onFolders(mailbox), ...onNames(mailbox), ...onRoom(mailbox), ...onClients(mailbox, server));
  }
  if (deep) remarks.push(...onMessages(deep));
  const order = { trouble: 0, note: 1, fine: 2 };
  return remarks.sort((a, b) => order[a.weight] - order[b.weight]);
}

const dayMs = 86_400_000;

function onConnection({ tls, security, host, roundTripMs }: ServerFacts, now: number): Remark[] {
  const remarks: Remark[] = [];
  if (!tls) {
    remarks.push(
      remark(
        'trouble',
        'connection',
        `Everything, passwords included, goes to ${host} in clear text. Use imaps://, or imap:// with STARTTLS.`,
      ),
    );
  } else {
    const days = Math.floor((Date.parse(tls.validTo) - now) / dayMs);
    if (!tls.trusted) {
      remarks.push(
        remark(
          'trouble',
          'connection',
          `The certificate of ${host} is not trusted here (${tls.problem ?? 'unknown reason'}); it was issued by ${tls.issuer || 'nobody named'}.`,
        ),
      );
    } else if (days < 30) {
      remarks.push(
        remark(
          'note',
          'connection',
          `The certificate of ${host} ends in ${Math.max(0, days)} days: a move that lasts longer will meet that day.`,
        ),
      );
    } else {
      const how = security === 'tls' ? 'from the first octet' : 'after STARTTLS';
      remarks.push(
        remark(
          'fine',
          'connection',
          `${tls.version} ${how}, with a certificate that is trusted for another ${days} days.`,
        ),
      );
    }
  }
  const far = roundTripMs > 40;
  const pace = far ? 'far away: several mailboxes at once (--at-once) make up for it.' : 'near enough.';
  remarks.push(remark(far ? 'note' : 'fine', 'speed', `A question and its answer take ${roundTripMs} ms: ${pace}`));
  return remarks;
}

const spoken = new Set(['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER']);

function onSignIn({ mechanisms, signIn }: ServerFacts): Remark[] {
  if (signIn === 'accepted') return [remark('fine', 'sign-in', 'The sign-in works.')];
  if (signIn === 'refused') return [];
  const usable = mechanisms.filter((name) => spoken.has(name.toUpperCase()));
  if (usable.length === 0) {
    const offered = mechanisms.length > 0 ? mechanisms.join(', ') : 'none';
    return [
      remark(
        'trouble',
        'sign-in',
        `It offers no way to sign in that we speak (offered: ${offered}; ours: PLAIN, LOGIN, XOAUTH2, OAUTHBEARER).`,
      ),
    ];
  }
  const oauthOnly = usable.every((name) => /OAUTH/i.test(name));
  const how = oauthOnly ? 'only with OAuth (--source-oauth, --target-oauth)' : `with ${usable.join(', ')}`;
  return [
    remark(oauthOnly ? 'note' : 'fine', 'sign-in', `One can sign in ${how}. Name a user and a secret to learn more.`),
  ];
}
