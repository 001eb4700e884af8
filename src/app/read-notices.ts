/** What a godwit.yaml says of messages to people, read. */

import { dirname, resolve } from 'node:path';
import { readAuthorities } from '#cli/sides.ts';
import type { Problems } from '#cli/usage.ts';
import { isLoopback } from '#domain/endpoint.ts';
import { readLanguage } from '#domain/estate-values.ts';
import { readQuietHours } from '#domain/notice-hours.ts';
import {
  type NamedAddress,
  type NoticeSettings,
  readNamedAddress,
  readSmtpUrl,
  type SmtpServer,
} from '#domain/notice-settings.ts';
import type { EstateForm } from './estate-settings.ts';
import { referenceIn } from './read-platform.ts';
import type { Written } from './written.ts';

type NoticesForm = EstateForm['notices'];

/** Null where none are to be sent; `wrong` where something of it is, which is then among the problems. */
export async function readNotices(
  form: NoticesForm,
  written: Written,
  file: string,
  problems: Problems,
): Promise<NoticeSettings | null | 'wrong'> {
  if (!written.isWhole(['notices'])) return 'wrong';
  const { from, smtp } = form;
  if (smtp.url === undefined || from === undefined) {
    if (!isWritten(form)) return null;
    const lacks = [...(smtp.url === undefined ? ['smtp.url'] : []), ...(from === undefined ? ['from'] : [])];
    written.problem(['notices'], `notices: ${lacks.join(' and ')} must be written, or nothing of it.`);
    return 'wrong';
  }
  const folder = dirname(resolve(file));
  const server = await serverOf(form, smtp.url, written, folder, problems);
  const sender = addressAt('from', from, written);
  const replyTo = form['reply-to'] === undefined ? null : addressAt('reply-to', form['reply-to'], written);
  const language = written.read(['notices', 'language'], form.language, readLanguage);
  const quiet = written.read(['notices', 'quiet'], form.quiet, (text) => {
    if (text === 'off') return { hours: null };
    const hours = readQuietHours(text);
    return hours && { hours };
  });
  if (!server || !sender || !language || !quiet || (replyTo === null && form['reply-to'] !== undefined)) return 'wrong';
  return {
    smtp: server,
    from: sender,
    replyTo,
    templates: form.templates === undefined ? null : resolve(folder, form.templates),
    language: language.value,
    at: form.at,
    perMinute: form['per-minute'],
    quiet: quiet.hours,
    moments: form.moments,
    shared: form.shared,
  };
}

function isWritten({ smtp, ...rest }: NoticesForm): boolean {
  const { url, user, secret, ca } = smtp;
  return [url, user, secret, ca, rest.from, rest['reply-to'], rest.templates].some((each) => each !== undefined);
}

function addressAt(key: 'from' | 'reply-to', text: string, written: Written): NamedAddress | null {
  return written.read(['notices', key], text, readNamedAddress);
}

async function serverOf(
  { smtp }: NoticesForm,
  url: string,
  written: Written,
  folder: string,
  problems: Problems,
): Promise<SmtpServer | null> {
  const at = ['notices', 'smtp'];
  const place = written.read([...at, 'url'], url, readSmtpUrl);
  if (!place) return null;
  if (place.security === 'clear' && !isLoopback(place) && !smtp['allow-clear-text']) {
    written.problem(
      [...at, 'url'],
      `notices.smtp.url would send names and passwords to ${place.host} in clear text over the network. Use smtps:// or smtp://, or ` +
        'write "allow-clear-text: true" if you know what lies between.',
    );
    return null;
  }
  const ca =
    smtp.ca === undefined
      ? null
      : await readAuthorities(resolve(folder, smtp.ca), problems, 'notices.smtp.ca', written.at([...at, 'ca']));
  const { user, secret } = smtp;
  if ((user === undefined) !== (secret === undefined)) {
    written.problem(at, 'notices.smtp needs both user and secret, or neither.');
    return null;
  }
  if (user === undefined || secret === undefined)
    return { ...place, ca, verify: smtp['verify-certificate'], signIn: null };
  const reference = written.read([...at, 'secret'], secret, (text) => referenceIn(folder, text));
  return reference && { ...place, ca, verify: smtp['verify-certificate'], signIn: { user, secret: reference } };
}
