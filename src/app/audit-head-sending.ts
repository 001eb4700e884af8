/**
 * The head of the audit log, sent outside on a schedule by whoever leads. A place that could not be reached is tried again a minute later, and
 * told; when which place was told last stands in the state folder, so that a start sends nothing twice a day.
 */

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appendLine, postLine } from '#connectors/witness/index.ts';
import type { AuditHead } from '#domain/audit-finding.ts';
import { headLine } from '#domain/audit-heads.ts';
import { type AuditSettings, type HeadPlace, headPlaceName } from '#domain/audit-settings.ts';
import type { NoticeSettings } from '#domain/notice-settings.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import type { Post } from '#ports/notices.ts';
import type { Reach } from '#ports/reach.ts';

const fileName = 'audit-head-sent.json';
/** Between two looks at what is due. */
const lookMs = 60_000;

export interface HeadSendingParts {
  readonly settings: AuditSettings;
  readonly stateDir: string;
  /** The latest link of the log; null where there is none. */
  readonly head: () => Promise<AuditHead | null>;
  readonly notices: Pick<NoticeSettings, 'from'> | null;
  readonly openPost: () => Post & AsyncDisposable;
  readonly reach: Reach;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** Looks every minute, until `over` fires. For whoever leads. */
export async function sendHeadsWhenDue(
  parts: HeadSendingParts,
  over: AbortSignal,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  while (!over.aborted) {
    await sendHeads(parts, over).catch((error: unknown) =>
      parts.log.warn('the head of the audit log could not be had', {
        text: error instanceof Error ? error.message : String(error),
      }),
    );
    await pause(lookMs);
  }
}

/** Sends to whatever place is due. */
export async function sendHeads(parts: HeadSendingParts, signal: AbortSignal): Promise<void> {
  const { settings, stateDir, now, log } = parts;
  const sent = await sentIn(stateDir);
  const isDue = (place: HeadPlace): boolean => {
    const at = sent[keyOf(place)];
    // A clock that was set back does not keep us silent.
    return at === undefined || Math.abs(now() - at) >= settings.everySeconds * 1000;
  };
  const due = settings.sendHead.filter(isDue);
  const head = due.length > 0 ? await parts.head() : null;
  if (head === null) return;
  const line = headLine(head, new Date(now()));
  for (const place of due) {
    try {
      await send(parts, place, line, head, signal);
    } catch (error) {
      if (signal.aborted) return;
      const text = cleanText(error instanceof Error ? error.message : String(error), 300);
      log.error('the head of the audit log could not be sent outside', { place: headPlaceName(place), text });
      continue;
    }
    sent[keyOf(place)] = now();
    await keepSent(stateDir, sent);
    log.info('the head of the audit log was sent outside', { place: headPlaceName(place), link: head.seq });
  }
}

async function send(
  { reach, notices, openPost, now }: HeadSendingParts,
  place: HeadPlace,
  line: string,
  head: AuditHead,
  signal: AbortSignal,
): Promise<void> {
  switch (place.kind) {
    case 'file':
      return appendLine(place.path, line);
    case 'https':
      return postLine(place.url, line, reach, signal);
    case 'mail': {
      if (notices === null) throw new Error('there is no mail server to send it by');
      await using post = openPost();
      await post.ready(signal);
      const { from } = notices;
      const outcome = await post.send(
        {
          messageId: `<godwit-head-${randomUUID()}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
          from,
          replyTo: null,
          to: { name: null, address: place.address },
          subject: `The head of the audit log of Godwit: link ${head.seq}`,
          text: `Keep this message. Should the end of the log ever be cut off, this line shows it:\n\n${line}\n\ngodwit audit head --against FILE, with the line in FILE, holds it against the log.\n`,
          language: 'en',
          date: new Date(now()),
        },
        signal,
      );
      if (outcome.kind !== 'sent') throw new Error(outcome.why);
    }
  }
}

/** By which a place is known in the file: what a URL holds may be what lets one in. */
function keyOf(place: HeadPlace): string {
  return createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 32);
}

/** When each place was told last; nothing where nobody was, or where the file cannot be read: then all are told. */
async function sentIn(stateDir: string): Promise<Record<string, number>> {
  try {
    const read: unknown = JSON.parse(await readFile(join(stateDir, fileName), 'utf8'));
    const entries = Object.entries(typeof read === 'object' && read !== null ? read : {});
    return Object.fromEntries(entries.filter((each): each is [string, number] => typeof each[1] === 'number'));
  } catch {
    return {};
  }
}

async function keepSent(stateDir: string, sent: Readonly<Record<string, number>>): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, fileName);
  await writeFile(`${path}.${process.pid}`, `${JSON.stringify(sent)}\n`, { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
}
