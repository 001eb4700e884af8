/** The probes of a godwit.yaml, read: which proxy, who a mailbox is there, and with which secret. */

import { dirname, resolve } from 'node:path';
import { readAuthorities } from '#cli/sides.ts';
import type { Problems } from '#cli/usage.ts';
import type { ProbeSettings, ProbeSignIn } from '#domain/probe-settings.ts';
import type { ProbesForm } from './probe-form.ts';
import { endpointOf, mailboxSecretsIn, referenceIn, userTemplate } from './read-platform.ts';
import type { Written } from './written.ts';

/** Null where none are written; `wrong` where something of it is, which is then among the problems. */
export async function readProbes(
  form: ProbesForm | undefined,
  written: Written,
  file: string,
  problems: Problems,
): Promise<ProbeSettings | null | 'wrong'> {
  if (form === undefined) return null;
  if (!written.isWhole(['probes'])) return 'wrong';
  const folder = dirname(resolve(file));
  const endpoint = written.read(['probes', 'url'], form.url, (text) => {
    const read = endpointOf(text, form['allow-clear-text']);
    return 'security' in read && read.security === 'starttls'
      ? { problem: 'probes speak no STARTTLS: write imaps:// or imap+plain://.' }
      : read;
  });
  const user = written.read(['probes', 'user'], form.user, userTemplate);
  const signIn = signInOf(form, written, folder);
  const ca =
    form.ca === undefined
      ? null
      : await readAuthorities(resolve(folder, form.ca), problems, 'probes.ca', written.at(['probes', 'ca']));
  if (!endpoint || !user || !signIn || (form.ca !== undefined && ca === null)) return 'wrong';
  const verify = form['verify-certificate'];
  return { endpoint, ca, verify, user: user.template, signIn, atOnce: form['at-once'], perMinute: form['per-minute'] };
}

function signInOf({ admin, secret, secrets }: ProbesForm, written: Written, folder: string): ProbeSignIn | null {
  if ((secret === undefined) === (secrets === undefined)) {
    written.problem(['probes'], 'probes sign in by one of two: write secret (with admin, or alone), or secrets.');
    return null;
  }
  if (secrets !== undefined) {
    const each = written.read(['probes', 'secrets'], secrets, (text) => mailboxSecretsIn(folder, text));
    return each && { kind: 'each', secrets: each };
  }
  const reference = written.read(['probes', 'secret'], secret as string, (text) => referenceIn(folder, text));
  if (reference === null) return null;
  return admin === undefined
    ? { kind: 'shared', secret: reference }
    : { kind: 'admin', admin, style: 'user*master', secret: reference };
}
