/** The commands about messages, but for their bodies (`bodies.ts`): UID FETCH, UID STORE, UID COPY, UID MOVE, UID EXPUNGE, IDLE (RFC 9051 §6.4, RFC 7162, RFC 4315). */

import { type Command, mustBeOk, type Place } from '../command.ts';
import { ImapError } from '../errors.ts';
import type { FetchedMessage } from '../fetch.ts';
import { inNumberSet, largestNumber, NumberGatherer, type NumberSet } from '../number-set.ts';
import type { Opened } from '../opened.ts';
import type { Tagged } from '../response.ts';
import type { Session } from '../session.ts';

/**
 * UID FETCH of some header fields without marking the message (RFC 9051 §6.4.5, BODY.PEEK[HEADER.FIELDS (…)]), at most
 * `octets` of each. `told` gets them as they stand, one character per octet, in the order in which they come. Resolves
 * with the answer, OK or not.
 */
export function fetchHeaders(
  session: Session,
  place: Place,
  set: string,
  wanted: NumberSet,
  fields: readonly string[],
  octets: number,
  told: (uid: number, header: string) => void,
): Promise<Tagged> {
  const seen = new NumberGatherer();
  return session.run<Tagged>(
    {
      name: 'UID FETCH',
      compose: (writer) =>
        writer.raw(`UID FETCH ${set} (UID BODY.PEEK[HEADER.FIELDS (${fields.join(' ')})]<0.${octets}>)`),
      take(response) {
        if (response.kind !== 'fetch') return false;
        const { uid, header } = response.message;
        if (uid === undefined || header === undefined || !inNumberSet(wanted, uid)) return false;
        // A server that knows nothing of partial fetches sends more than was asked for.
        if (header !== null && seen.add(uid)) told(uid, header.slice(0, octets));
        return true;
      },
      end: (answer) => answer,
    },
    place,
  );
}

/** Told of messages in the order in which they come; one that comes twice is told once. */
export type MessageTold = (message: FetchedMessage & { readonly uid: number }) => void;

export interface ListOptions {
  readonly items: readonly ('FLAGS' | 'INTERNALDATE' | 'RFC822.SIZE')[];
  /** Only what changed since (RFC 7162 §3.1.4), and with `vanished` what left since (RFC 7162 §3.2.6; needs QRESYNC). */
  readonly changedSince?: { readonly modSeq: bigint; readonly vanished: ((uids: NumberSet) => void) | null };
}

/** UID FETCH of what is told about messages; `set` is what is written, `wanted` what may come. Resolves with the mailbox as it was opened. */
export function fetchList(
  session: Session,
  place: Place,
  set: string,
  wanted: NumberSet,
  options: ListOptions,
  told: MessageTold,
): Promise<Opened> {
  const seen = new NumberGatherer();
  const wantsDate = options.items.includes('INTERNALDATE');
  const { changedSince } = options;
  const since = changedSince ? ` (CHANGEDSINCE ${changedSince.modSeq}${changedSince.vanished ? ' VANISHED' : ''})` : '';
  const undated = new Map<number, FetchedMessage>();
  let count = 0;
  const command: Command<Opened> = {
    name: 'UID FETCH',
    compose: (writer) => writer.raw(`UID FETCH ${set} (UID ${options.items.join(' ')})${since}`),
    take(response, _, opened) {
      if (response.kind === 'vanished' && changedSince?.vanished && response.vanished.earlier) {
        changedSince.vanished(response.vanished.uids);
        return true;
      }
      if (response.kind !== 'fetch') return false;
      const { message } = response;
      if (message.uid === undefined || message.flags === undefined) return false;
      if (message.body !== undefined || message.header !== undefined) return false;
      // RFC 7162 §3.1.4.1: an answer to CHANGEDSINCE always bears MODSEQ.
      if (changedSince ? message.modSeq === undefined : !inNumberSet(wanted, message.uid) && !hasOpenEnd(wanted)) {
        return false;
      }
      // Dovecot answers two of these at once; what one asked for and the other did not tells them apart.
      if (!wantsDate && message.internalDate !== undefined) return false;
      if (++count > answersMin && count > answersTo(opened)) {
        throw new ImapError({ kind: 'endless', limit: `${count} answers to one FETCH` });
      }
      if (wantsDate && message.internalDate === undefined) {
        // News of flags that nobody asked for, or a server that keeps no dates: it counts if nothing better comes.
        undated.set(message.uid, message);
        return true;
      }
      if (seen.add(message.uid)) told(message as FetchedMessage & { readonly uid: number });
      return true;
    },
    end(answer, opened) {
      mustBeOk('UID FETCH', answer);
      for (const [uid, message] of undated) if (seen.add(uid)) told({ ...message, uid });
      return opened as Opened;
    },
  };
  return session.run(command, place);
}

/** `n:*` names the last message even where that is before n (RFC 9051 §9, `seq-range`). */
function hasOpenEnd(set: NumberSet): boolean {
  return set.at(-1)?.[1] === largestNumber;
}

/** Answers that any FETCH may have, whatever EXISTS says, since some servers count wrong. */
const answersMin = 100_000;
/** More than one folder can sensibly hold; a listing of so many takes 120 MB. */
const answersMax = 5_000_000;

/** Each message once, and as often again by way of news of its flags. */
function answersTo(opened: Opened | null): number {
  return Math.min(answersMax, 2 * (opened?.exists ?? 0));
}

/** UID STORE (RFC 9051 §6.4.6), without asking for the flags back. Resolves with the answer, OK or not. */
export function store(
  session: Session,
  place: Place,
  set: string,
  sign: '+' | '-',
  flags: readonly string[],
): Promise<Tagged> {
  return session.run(
    {
      name: 'UID STORE',
      compose: (writer) => writer.raw(`UID STORE ${set} ${sign}FLAGS.SILENT `).flags(flags),
      end: (answer) => answer,
    },
    place,
  );
}

/** UID EXPUNGE (RFC 4315 §2.1). */
export function expunge(session: Session, place: Place, set: string): Promise<void> {
  return session.run(
    {
      name: 'UID EXPUNGE',
      compose: (writer) => writer.raw(`UID EXPUNGE ${set}`),
      end(answer) {
        mustBeOk('UID EXPUNGE', answer);
      },
    },
    place,
  );
}

/** UID COPY (RFC 9051 §6.4.7): all of them or none. Resolves with the answer, OK or not. */
export function copy(session: Session, place: Place, set: string, to: string): Promise<Tagged> {
  return session.run(
    {
      name: 'UID COPY',
      compose: (writer) => writer.raw(`UID COPY ${set} `).mailbox(to),
      end: (answer) => answer,
    },
    place,
  );
}

/** UID MOVE (RFC 6851 §3.2), each of them wholly or not at all. Resolves with the answer, OK or not. */
export function move(session: Session, place: Place, set: string, to: string): Promise<Tagged> {
  return session.run(
    {
      name: 'UID MOVE',
      compose: (writer) => writer.raw(`UID MOVE ${set} `).mailbox(to),
      end: (answer) => answer,
    },
    place,
  );
}

/**
 * IDLE (RFC 9051 §6.3.13) until there is news of the mailbox or `signal` aborts; true for news. The server's answer to DONE
 * is waited for.
 */
export function idle(session: Session, place: Place, signal: AbortSignal): Promise<boolean> {
  let isIdling = false;
  let isDone = false;
  let isNews = false;
  const done = (): void => {
    if (isDone || !isIdling) return;
    isDone = true;
    session.say('DONE');
  };
  signal.addEventListener('abort', done, { once: true });
  const over = (): void => signal.removeEventListener('abort', done);
  return session.run<boolean>(
    {
      name: 'IDLE',
      isAlone: true,
      isPatient: true,
      compose: (writer) => writer.raw('IDLE'),
      continued() {
        isIdling = true;
        if (signal.aborted) done();
        return null;
      },
      take(response, _, opened) {
        // Some servers begin with how many there are; that there are as many as before is no news.
        if (response.kind === 'exists' && response.count === opened?.exists) return false;
        if (
          response.kind !== 'exists' &&
          response.kind !== 'expunge' &&
          response.kind !== 'fetch' &&
          response.kind !== 'vanished'
        )
          return false;
        isNews = true;
        done();
        // It is still news of the mailbox for the session.
        return false;
      },
      end(answer) {
        over();
        mustBeOk('IDLE', answer);
        return isNews;
      },
      broken: over,
    },
    place,
  );
}
