/** What a godwit.yaml says of the audit log, read. */

import { dirname, resolve } from 'node:path';
import { parseDuration } from '#cli/quantities.ts';
import { type AuditSettings, readHeadPlace } from '#domain/audit-settings.ts';
import type { AuditForm } from './audit-form.ts';
import type { Written } from './written.ts';

/** Null where nothing is written; `wrong` where something of it is, which is then among the problems. */
export function readAudit(
  form: AuditForm | undefined,
  written: Written,
  file: string,
  hasPost: boolean,
): AuditSettings | null | 'wrong' {
  if (form === undefined) return null;
  if (!written.isWhole(['audit'])) return 'wrong';
  const folder = dirname(resolve(file));
  const sendHead = form['send-head'].map((each, i) =>
    written.read(['audit', 'send-head', i], each, (text) => {
      const place = readHeadPlace(text);
      if (place && 'kind' in place && place.kind === 'file') return { ...place, path: resolve(folder, place.path) };
      return place && 'kind' in place && place.kind === 'mail' && !hasPost
        ? { problem: 'mail needs a server to go by: write notices.smtp and notices.from.' }
        : place;
    }),
  );
  const everySeconds = written.read(['audit', 'every'], form.every, (time) => parseDuration(String(time)));
  const sound = sendHead.filter((each) => each !== null);
  return everySeconds === null || sound.length < sendHead.length ? 'wrong' : { sendHead: sound, everySeconds };
}
