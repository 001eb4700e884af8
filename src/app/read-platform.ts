/** One platform of a godwit.yaml, read: where it is, how one signs in, and what it may be asked. */

import { dirname, resolve } from 'node:path';
import { readAuthorities } from '#cli/sides.ts';
import type { Problems } from '#cli/usage.ts';
import { type Endpoint, isLoopback, parseEndpoint } from '#domain/endpoint.ts';
import {
  type Budget,
  type MailboxSecrets,
  type Platform,
  type PlatformSessions,
  type PlatformSignIn,
  sealedNameOf,
  type SideName,
  userTemplateProblem,
} from '#domain/platform.ts';
import { readSecretReference, type SecretReference, whatNamesAre } from '#domain/secret-reference.ts';
import { parseTimetable } from '#lib/timetable.ts';
import type { PlatformForm } from './estate-settings.ts';
import type { Written } from './written.ts';

/** Null where something of it is wrong, which is then among the problems. Paths count from the folder of `file`. */
export async function readPlatform(
  side: SideName,
  form: PlatformForm,
  written: Written,
  file: string,
  problems: Problems,
): Promise<Platform | null> {
  if (!written.isSound([side])) return null;
  const folder = dirname(resolve(file));
  const endpoint = written.read([side, 'url'], form.url, (text) => endpointOf(text, form['allow-clear-text']));
  const user = written.read([side, 'user'], form.user, (text) =>
    text === undefined ? { template: null } : userTemplate(text),
  );
  const signIn = signInOf(side, form, written, folder);
  const { ca: caFile } = form;
  const ca =
    caFile !== undefined && written.isSound([side, 'ca'])
      ? await readAuthorities(resolve(folder, caFile), problems, `${side}.ca`, written.at([side, 'ca']))
      : null;
  const budget = budgetOf(side, form, written);
  const sessions = sessionsOf(side, form, written, folder);
  if (!endpoint || !user || !signIn || !budget || sessions === 'wrong') return null;
  return { endpoint, ca, verify: form['verify-certificate'], user: user.template, signIn, sessions, budget };
}

function sessionsOf(
  side: SideName,
  form: PlatformForm,
  written: Written,
  folder: string,
): PlatformSessions | null | 'wrong' {
  const at = [side, 'sessions'];
  if (form.sessions === undefined) return null;
  if (!written.isSound(at)) return 'wrong';
  const url = written.read([...at, 'url'], form.sessions.url, (text) => sessionsUrl(text, form['allow-clear-text']));
  const key = written.read([...at, 'key'], form.sessions.key, (text) => referenceIn(folder, text));
  return url && key ? { url: url.href, key } : 'wrong';
}

function sessionsUrl(
  text: string,
  clearTextAllowed: boolean,
): { readonly href: string } | { readonly problem: string } | null {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, username, password, href } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  if (username !== '' || password !== '')
    return { problem: 'a user or a password stands in this URL: write `key: env:NAME`.' };
  const isHere = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  if (protocol === 'http:' && !isHere && !clearTextAllowed)
    return {
      problem: 'the key would go over the network in clear text. Use https://, or write "allow-clear-text: true".',
    };
  return { href };
}

/** A server without a user, or what is wrong with it in words. Clear text leads to another machine only where that is allowed. */
export function endpointOf(
  text: string | undefined,
  clearTextAllowed: boolean,
): Endpoint | { readonly problem: string } {
  const parsed = parseEndpoint(text ?? '', 'optional');
  if (parsed.kind === 'refused') return { problem: parsed.says };
  const { endpoint } = parsed;
  if (endpoint.user !== null)
    return { problem: 'a user stands in this URL, and it is that of all mailboxes: write the host only.' };
  if (endpoint.security === 'clear' && !isLoopback(endpoint) && !clearTextAllowed) {
    return {
      problem:
        `${endpoint.name} would send passwords and all mail in clear text over the network. Use imaps:// or imap://, or ` +
        'write "allow-clear-text: true" if you know what lies between.',
    };
  }
  return endpoint;
}

/** A text with `{address}` and its like in it, or what is wrong with it. */
export function userTemplate(text: string): { readonly template: string } | { readonly problem: string } {
  const problem = userTemplateProblem(text);
  return problem === null ? { template: text } : { problem };
}

/** One of: an administrator, a secret for all, a secret for each, a token. */
function signInOf(side: SideName, form: PlatformForm, written: Written, folder: string): PlatformSignIn | null {
  const { admin, secret, secrets, oauth } = form;
  const given = Object.entries({ secret, secrets, oauth }).filter(([, each]) => each !== undefined);
  const sound = ['admin', 'admin-style', 'secret', 'secrets', 'oauth'].every((key) => written.isSound([side, key]));
  if (!sound) return null;
  const refuse = (key: string | null, says: string): null => {
    written.problem(key === null ? [side] : [side, key], `${side} ${says}`);
    return null;
  };
  if (given.length > 1)
    return refuse(
      given[1]?.[0] ?? null,
      `has ${given.map(([key]) => key).join(' and ')}, and only one of them can be.`,
    );
  if (admin !== undefined && secret === undefined)
    return refuse('admin', 'has an admin without their secret: write "secret: env:NAME", file:PATH or sealed:NAME.');
  if (secret !== undefined) {
    const reference = written.read([side, 'secret'], secret, (text) => referenceIn(folder, text));
    if (reference === null) return null;
    return admin === undefined
      ? { kind: 'shared', secret: reference }
      : { kind: 'admin', admin, style: form['admin-style'], secret: reference };
  }
  if (secrets !== undefined) {
    const each = written.read([side, 'secrets'], secrets, (text) => mailboxSecretsIn(folder, text));
    return each && { kind: 'each', secrets: each };
  }
  if (oauth !== undefined) return { kind: 'oauth', file: resolve(folder, oauth) };
  return refuse(null, 'does not say how to sign in: write admin and secret, or secrets, or oauth.');
}

/** A reference in which the path of a file is whole. */
export function referenceIn(folder: string, text: string): SecretReference | { readonly problem: string } {
  const reference = readSecretReference(text);
  return 'kind' in reference && reference.kind === 'file'
    ? { kind: 'file', path: resolve(folder, reference.path) }
    : reference;
}

/** `file:PATH`, counted from `folder`, or `sealed:PREFIX`; null where it is neither, which the form tells better. */
export function mailboxSecretsIn(folder: string, text: string): MailboxSecrets | { readonly problem: string } | null {
  if (text.startsWith('file:')) return { kind: 'list', path: resolve(folder, text.slice('file:'.length)) };
  if (!text.startsWith('sealed:')) return null;
  const prefix = text.slice('sealed:'.length).toLowerCase();
  const fits = sealedNameOf(prefix, 'someone@corp.example') !== null;
  return fits ? { kind: 'sealed', prefix } : { problem: `with an address behind it this must be ${whatNamesAre}.` };
}

function budgetOf(side: SideName, { budget }: PlatformForm, written: Written): Budget | null {
  const at = [side, 'budget'];
  const counts = ['connections', 'connections-per-mailbox', 'commands-per-second'];
  if (!written.isSound(at)) return null;
  const bytesPerSecond = written.read([...at, 'bytes-per-second'], budget['bytes-per-second'], (text) => {
    const parsed = parseTimetable(text);
    return parsed.kind === 'timetable' ? parsed.slots : { problem: parsed.says };
  });
  if (!counts.every((key) => written.isSound([...at, key])) || !bytesPerSecond) return null;
  const { connections, 'connections-per-mailbox': each, 'commands-per-second': commands } = budget;
  if (each > connections) {
    written.problem(
      [...at, 'connections-per-mailbox'],
      `One mailbox of the ${side} may have more connections than all.`,
    );
    return null;
  }
  return { connections, connectionsPerMailbox: each, bytesPerSecond, commandsPerSecond: commands ?? null };
}
