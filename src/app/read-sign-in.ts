/** What a godwit.yaml says of signing in, read. */

import { dirname, resolve } from 'node:path';
import { parseDuration } from '#cli/quantities.ts';
import { type HeldRole, roles } from '#domain/rights.ts';
import { type GroupRole, isClearHere, type SignInSettings } from '#domain/sign-in.ts';
import { referenceIn } from './read-platform.ts';
import type { SignInForm } from './sign-in-form.ts';
import type { Written } from './written.ts';

const lastsMostSeconds = 7 * 86_400;
/** When a session was used is noted once a minute. */
const idleLeastSeconds = 300;

/** Null where something of it is wrong, which is then among the problems. */
export function readSignIn(form: SignInForm, written: Written, file: string): SignInSettings | null {
  const at = (key: string): string[] => ['api', 'sign-in', key];
  const issuer = written.read(at('issuer'), form.issuer, (text) => (urlOf(text) === null ? null : { text }));
  const origin = written.read(at('origin'), form.origin, (text) => {
    const url = urlOf(text);
    return url === null || url.pathname !== '/' || url.search !== '' ? null : { text: url.origin };
  });
  const clientSecret =
    form['client-secret'] === undefined
      ? null
      : written.read(at('client-secret'), form['client-secret'], (text) => referenceIn(dirname(resolve(file)), text));
  const scopes = written.read(at('scopes'), form.scopes, (text) => {
    const words = text.split(/\s+/).filter(Boolean);
    return words.includes('openid') ? words : null;
  });
  const lasts = written.read(at('lasts'), form.lasts, (time) => {
    const seconds = parseDuration(String(time));
    return seconds !== null && seconds > lastsMostSeconds ? null : seconds;
  });
  const idle = written.read(at('idle'), form.idle, (time) => {
    const seconds = parseDuration(String(time));
    return seconds !== null && (seconds < idleLeastSeconds || seconds > lastsMostSeconds) ? null : seconds;
  });
  const given = rolesOf(form, written);
  if (!issuer || !origin || scopes === null || lasts === null || idle === null || given === null) return null;
  if (form['client-secret'] !== undefined && clientSecret === null) return null;
  return {
    issuer: issuer.text,
    clientId: form['client-id'],
    clientSecret,
    origin: origin.text,
    scopes,
    whoClaim: form['who-claim'],
    groupsClaim: form['groups-claim'],
    lastsSeconds: lasts,
    idleSeconds: idle,
    roles: given,
  };
}

/** Null where one of them is none, or nobody would have any. */
function rolesOf(form: SignInForm, written: Written): readonly GroupRole[] | null {
  const path = ['api', 'sign-in', 'roles'];
  if (Object.keys(form.roles).length === 0) {
    written.problem(['api', 'sign-in'], 'api.sign-in.roles must give some group a role, or nobody gets in.');
    return null;
  }
  const read = Object.entries(form.roles).map(([group, text]) => {
    const held = written.read([...path, group], text, roleIn);
    return held && { group, ...held };
  });
  const good = read.filter((each) => each !== null);
  return good.length === read.length ? good : null;
}

/** `operator`, or `local-administrator of RXY`. */
function roleIn(text: string): HeldRole | { readonly problem: string } | null {
  const [, word, organisation = null] = /^([a-z-]+)(?: of (\S.*))?$/.exec(text.trim()) ?? [];
  const role = roles.find((each) => each === word);
  if (role === undefined) return null;
  if (role === 'local-administrator' && organisation === null)
    return { problem: 'a local administrator is one of an organisation: "local-administrator of RXY".' };
  return { role, organisation };
}

/** By TLS, or on this machine. */
function urlOf(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isFit = url.protocol === 'https:' || isClearHere(url);
  return isFit && url.username === '' && url.password === '' && url.hash === '' ? url : null;
}
