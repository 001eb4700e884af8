/** A letter as the octets of a message (RFC 5322): plain text, from a machine and marked so (RFC 3834 §5). */

import MailComposer from 'nodemailer/lib/mail-composer';
import type { Letter } from '#ports/notices.ts';

/** The very octets that are sent. Names and subjects are encoded (RFC 2047), so that none of them can begin a header. */
export async function letterOctets({
  messageId,
  from,
  replyTo,
  to,
  subject,
  text,
  language,
  date,
}: Letter): Promise<Buffer> {
  const named = ({ name, address }: Letter['from']) => ({ name: name ?? '', address });
  const message = new MailComposer({
    messageId,
    date,
    from: named(from),
    ...(replyTo ? { replyTo: named(replyTo) } : {}),
    to: named(to),
    subject,
    text,
    headers: {
      'Auto-Submitted': 'auto-generated',
      // Exchange answers with out-of-office notes to whatever does not say this (MS-OXCMAIL 2.2.3.2.14).
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': language,
    },
    // Nothing in a letter is looked up: neither files nor addresses of the web.
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  return message.build();
}
