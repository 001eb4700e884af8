/** The doors of a godwit.yaml, read: where each listens, and where the two platforms are for those who are led there. */

import { isIP } from 'node:net';
import { parseDuration } from '#cli/quantities.ts';
import {
  type DeliveryBackend,
  type SignInBackend,
  type SignInProtocol,
  signInProtocols,
} from '#domain/door-backends.ts';
import { type DoorPlace, isForThisMachine, readDoorPlace } from '#domain/door-place.ts';
import type { DoorSettings, DoorSide, NginxDoor, PasswordPlace, PostfixView } from '#domain/door-settings.ts';
import { readListen } from '#domain/listen.ts';
import type { Platform, SideName } from '#domain/platform.ts';
import { allowedOf } from '#doors/listening.ts';
import type { DoorsForm } from './door-form.ts';
import { referenceIn } from './read-platform.ts';
import type { Written } from './written.ts';

type Flaw = { readonly problem: string };
type Platforms = Readonly<Record<SideName, Platform>>;

/** Null where something of it is wrong, which is then among the problems. Paths count from `folder`. */
export function readDoors(
  form: DoorsForm,
  written: Written,
  folder: string,
  platforms: Platforms,
): DoorSettings | null {
  if (!written.isWhole(['doors'])) return null;
  const flaws: Mark = { isFlawed: false };
  const read = reading(written, flaws);
  const { allow, source, target, postfix, deliveries, nginx, dovecot, clients } = form;
  for (const [i, network] of allow.entries())
    read(['allow', i], network, (each) => (allowedOf([each]) === null ? null : each));
  const hasAllowed = allow.length > 0;
  const place = (path: string, text: string): DoorPlace | null =>
    read([path, 'listen'], text, (each) => placeIn(each, hasAllowed));
  const sides = {
    source: sideIn('source', source, form, read, platforms),
    target: sideIn('target', target, form, read, platforms),
  };
  const signInsWaitMs = read(['sign-ins-wait'], form['sign-ins-wait'], milliseconds);
  const settings = {
    allow,
    ...sides,
    signInsWaitMs: signInsWaitMs ?? 0,
    postfix:
      postfix === undefined ? null : { listen: place('postfix', postfix.listen), views: viewsIn(postfix.views, read) },
    deliveries:
      deliveries === undefined
        ? null
        : {
            listen: place('deliveries', deliveries.listen),
            waitMs: read(['deliveries', 'wait'], deliveries.wait, milliseconds),
          },
    nginx: nginx === undefined ? null : nginxIn(nginx, folder, read, place('nginx', nginx.listen)),
    dovecot:
      dovecot === undefined
        ? null
        : {
            listen: read(['dovecot', 'listen'], dovecot.listen, (each) => {
              const at = readDoorPlace(each);
              return at?.kind === 'unix' ? at : null;
            }),
            signInsPerMinute: dovecot['sign-ins-per-minute'],
          },
    clients:
      clients === undefined
        ? null
        : { listen: place('clients', clients.listen), questionsPerMinute: clients['questions-per-minute'] },
  };
  whatGoesTogether(settings, written, flaws);
  // What is null in it is among the problems.
  return flaws.isFlawed ? null : (settings as DoorSettings);
}

interface Mark {
  isFlawed: boolean;
}

type Read = <V, T>(path: readonly (string | number)[], value: V, read: (value: V) => T | Flaw | null) => T | null;

function reading(written: Written, flaws: Mark): Read {
  return (path, value, read) => {
    const given = written.read(['doors', ...path], value, read);
    if (given === null) flaws.isFlawed = true;
    return given;
  };
}

function placeIn(text: string, hasAllowed: boolean): DoorPlace | Flaw | null {
  const at = readDoorPlace(text);
  if (at === null || isForThisMachine(at) || hasAllowed) return at;
  return { problem: 'other machines could come here, and none is allowed to: write "allow" with their networks.' };
}

function milliseconds(time: string | number): number | null {
  const seconds = parseDuration(String(time));
  return seconds === null ? null : seconds * 1000;
}

function sideIn(
  side: SideName,
  form: DoorsForm[SideName],
  doors: DoorsForm,
  read: Read,
  platforms: Platforms,
): DoorSide {
  const { ca, verify, signIn } = platforms[side];
  const guard = { ca, verify };
  const mayBeClear = doors['allow-clear-text'];
  const urls = { imap: form.imap, pop3: form.pop3, smtp: form.submission };
  const keys = { imap: 'imap', pop3: 'pop3', smtp: 'submission' };
  const each = <T>(make: (protocol: SignInProtocol) => T | null): Partial<Record<SignInProtocol, T>> =>
    Object.fromEntries(
      signInProtocols.flatMap((protocol) => {
        const made = make(protocol);
        return made === null ? [] : [[protocol, made]];
      }),
    );
  const deliver =
    form.deliver === undefined
      ? null
      : read([side, 'deliver'], form.deliver, (text) => deliveryIn(text, guard, mayBeClear));
  const signIns = each((protocol) => {
    const url = urls[protocol];
    return url === undefined
      ? null
      : read([side, keys[protocol]], url, (text) => signInIn(protocol, text, guard, mayBeClear));
  });
  const nginx = each((protocol) => {
    const text = form[`nginx-${protocol}`];
    return text === undefined ? null : read([side, `nginx-${protocol}`], text, addressIn);
  });
  const autodiscover =
    form.autodiscover === undefined ? null : read([side, 'autodiscover'], form.autodiscover, autodiscoverIn);
  read([side, 'as-admin'], form['as-admin'], (asAdmin) =>
    asAdmin && (signIn.kind !== 'admin' || signIn.style !== 'user*master')
      ? { problem: `nginx can only sign in as user*master: the ${side} needs an admin with admin-style: user*master.` }
      : true,
  );
  return { deliver, signIns, autodiscover, nginx, asAdmin: form['as-admin'] };
}

const clearText =
  'this would go over the network in clear text. Use TLS, or write "allow-clear-text: true" under doors.';

function deliveryIn(
  text: string,
  guard: Pick<DeliveryBackend, 'ca' | 'verify'>,
  mayBeClear: boolean,
): DeliveryBackend | Flaw | null {
  if (text.startsWith('lmtp:/') && !text.startsWith('lmtp://')) {
    const at = readDoorPlace(`unix:${text.slice('lmtp:'.length)}`);
    return at && { protocol: 'lmtp', place: at, security: 'clear', ...guard };
  }
  const [, protocol, secured, rest = ''] = /^(lmtp|smtp)(\+starttls|s)?:\/\/(.*?)\/?$/.exec(text) ?? [];
  if (protocol !== 'lmtp' && protocol !== 'smtp') return null;
  const at = readListen(/:\d+$/.test(rest) ? rest : `${rest}:${protocol === 'lmtp' ? 24 : 25}`)?.at;
  if (!at) return null;
  const place = { kind: 'tcp', ...at } as const;
  const security = secured === undefined ? 'clear' : secured === 's' ? 'tls' : 'starttls';
  if (security === 'clear' && !mayBeClear && !isForThisMachine(place)) return { problem: clearText };
  return { protocol, place, security, ...guard };
}

const usualPorts: Readonly<Record<SignInProtocol, Readonly<Record<SignInBackend['security'], number>>>> = {
  imap: { tls: 993, clear: 143 },
  pop3: { tls: 995, clear: 110 },
  smtp: { tls: 465, clear: 587 },
};

function signInIn(
  protocol: SignInProtocol,
  text: string,
  guard: Pick<SignInBackend, 'ca' | 'verify'>,
  mayBeClear: boolean,
): SignInBackend | Flaw | null {
  const [, scheme, secured, rest = ''] = /^(imap|pop3|smtp)(s|\+plain)?:\/\/(.*?)\/?$/.exec(text) ?? [];
  if (scheme !== protocol) return null;
  if (secured === undefined)
    return { problem: `write ${protocol}s:// (TLS from the first octet) or ${protocol}+plain:// (clear text).` };
  const security = secured === 's' ? 'tls' : 'clear';
  const at = readListen(/:\d+$/.test(rest) ? rest : `${rest}:${usualPorts[protocol][security]}`)?.at;
  if (!at) return null;
  if (security === 'clear' && !mayBeClear && !isForThisMachine({ kind: 'tcp', ...at })) return { problem: clearText };
  return { ...at, security, ...guard };
}

/** Programs are given it as it stands, and send a password there. */
function autodiscoverIn(text: string): string | null {
  return URL.canParse(text) && new URL(text).protocol === 'https:' && new URL(text).username === '' ? text : null;
}

function addressIn(text: string): { readonly address: string; readonly port: number } | null {
  const at = readListen(text)?.at;
  return at && isIP(at.host) !== 0 ? { address: at.host, port: at.port } : null;
}

function viewsIn(views: NonNullable<DoorsForm['postfix']>['views'], read: Read): readonly PostfixView[] {
  return views.map(({ name = '', source, target, moving }, i) => {
    read(['postfix', 'views', i, 'name'], name, () =>
      views.findIndex((other) => (other.name ?? '') === name) === i ? name : { problem: 'another view has this name.' },
    );
    return { name, source: source ?? null, target: target ?? null, moving };
  });
}

function nginxIn(
  form: NonNullable<DoorsForm['nginx']>,
  folder: string,
  read: Read,
  listen: DoorPlace | null,
): Omit<NginxDoor, 'listen' | 'key'> & { listen: DoorPlace | null; key: NginxDoor['key'] | null } {
  const { 'check-at': at, 'check-dn': dn } = form;
  const check = at === undefined ? null : read(['nginx', 'check-at'], at, (text) => checkIn(text, dn));
  const key = read(['nginx', 'key'], form.key, (text) => referenceIn(folder, text));
  return { listen, key, signInsPerMinute: form['sign-ins-per-minute'], check };
}

function checkIn(at: string, dn: string | undefined): PasswordPlace | Flaw | null {
  if (at === 'source') return { kind: 'source' };
  if (!URL.canParse(at)) return null;
  const { protocol, hostname } = new URL(at);
  const isHere = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  if (protocol !== 'ldaps:' && !(protocol === 'ldap:' && isHere))
    return { problem: 'passwords go there: write ldaps://, or ldap:// on this machine.' };
  if (dn === undefined || !/\{(user|local)\}/.test(dn))
    return { problem: 'check-dn is missing: the entry of a person, with {user} or {local} in it.' };
  return { kind: 'directory', url: at, dn };
}

type Half = Omit<DoorSettings, 'postfix' | 'deliveries' | 'nginx' | 'dovecot' | 'clients'> & {
  readonly deliveries: object | null;
  readonly nginx: { readonly check: PasswordPlace | null } | null;
  readonly dovecot: object | null;
};

function whatGoesTogether(settings: Half, written: Written, flaws: Mark): void {
  const complain = (path: readonly string[], says: string): void => {
    written.problem(['doors', ...path], says);
    flaws.isFlawed = true;
  };
  for (const side of ['source', 'target'] as const) {
    const { deliver, signIns, nginx, asAdmin } = settings[side];
    if (settings.deliveries && deliver === null)
      complain(['deliveries'], `The door for deliveries brings mail to both sides: write doors.${side}.deliver.`);
    if (settings.dovecot && Object.keys(signIns).length === 0)
      complain(['dovecot'], `A Dovecot proxy leads people to both sides: write doors.${side}.imap.`);
    if (settings.nginx && Object.keys(nginx).length === 0 && side === 'source')
      complain(['nginx'], 'Whoever is not known is sent to the source: write doors.source.nginx-imap.');
    if (asAdmin && settings.nginx?.check === null)
      complain(
        [side, 'as-admin'],
        'With as-admin anybody would get in with any password: write doors.nginx.check-at, where it is checked before.',
      );
    if (asAdmin && settings.nginx?.check?.kind === 'source' && settings.source.signIns.imap === undefined)
      complain(['nginx', 'check-at'], 'Passwords are checked at the source: write doors.source.imap.');
  }
}
