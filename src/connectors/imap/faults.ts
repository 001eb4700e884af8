/** What a session's trouble means to people: from `ImapError` to the catalogue. */

import { type Fault, fault } from '#domain/fault.ts';
import * as imap from '#protocols/imap/index.ts';
import { classifyFolderRefusal } from './folder-refusal.ts';
import { backoffOf, classifySignIn } from './refusal.ts';
import { socketFault } from './tls-fault.ts';
import { connectMs } from './options.ts';

export interface Where {
  readonly host: string;
  readonly port: number;
}

/** The fault behind anything that a session rejects with. What is no trouble of a session passes as it is. */
export function faultOf(error: unknown, where: Where): unknown {
  return error instanceof imap.ImapError ? ofTrouble(error, error.trouble, where) : error;
}

function ofTrouble(cause: imap.ImapError, trouble: imap.Trouble, { host, port }: Where): Fault {
  const because = { cause };
  switch (trouble.kind) {
    case 'unreachable':
      return socketFault(trouble.cause, { host, port, phase: trouble.phase, seconds: connectMs / 1_000 });
    case 'connect-timeout':
      return fault('imap.connect.timeout', { host, port, seconds: trouble.seconds }, because);
    case 'lost':
    case 'closed':
      return fault(
        'imap.connection.lost',
        { host, text: trouble.kind === 'lost' ? trouble.text : trouble.why },
        because,
      );
    case 'silent':
      return fault('imap.connection.silent', { host, seconds: trouble.seconds, command: trouble.command }, because);
    case 'bye':
      return isThrottle(trouble.code, trouble.text)
        ? fault('imap.server.throttled', { host, text: trouble.text, waitMs: backoffOf(trouble.text) }, because)
        : fault('imap.server.bye', { host, text: trouble.text }, because);
    case 'garbled':
      return fault('imap.server.garbled', { host, text: trouble.text }, because);
    case 'endless':
      return fault('imap.server.endless', { host, limit: trouble.limit }, because);
    case 'renumbered':
      return fault('folder.renumbered-meanwhile', { host, folder: imap.decodeMailboxName(trouble.mailbox) }, because);
    case 'unprotected':
      if (trouble.why === 'starttls-injected') return fault('imap.starttls.injected', { host }, because);
      if (trouble.why === 'preauth') return fault('imap.preauth.before-tls', { host }, because);
      return fault('imap.starttls.missing', { host }, because);
    case 'refused':
      if (isThrottle(trouble.code, trouble.text)) {
        return fault('imap.server.throttled', { host, text: trouble.text, waitMs: backoffOf(trouble.text) }, because);
      }
      return fault(
        'imap.command.refused',
        { host, command: trouble.command, text: wordsOf(trouble.code, trouble.text) },
        because,
      );
    default:
      return trouble satisfies never;
  }
}

/** As `faultOf`, for what was asked of one folder: a refusal is that folder's, and the connection lives on. */
export function folderFaultOf(error: unknown, where: Where, folder: string): unknown {
  if (
    !(error instanceof imap.ImapError) ||
    error.trouble.kind !== 'refused' ||
    isThrottle(error.trouble.code, error.trouble.text)
  ) {
    return faultOf(error, where);
  }
  const { command, code, text } = error.trouble;
  const about = { host: where.host, folder: imap.decodeMailboxName(folder), text: wordsOf(code, text) };
  return fault(folderFaults[classifyFolderRefusal(command, code, text, folder)], about, { cause: error });
}

const folderFaults = { gone: 'folder.gone', busy: 'folder.busy', unclear: 'folder.unreadable' } as const;

/** As `faultOf`, for a refusal to sign in. */
export function signInFaultOf(error: unknown, where: Where, user: string): unknown {
  if (!(error instanceof imap.ImapError) || (error.trouble.kind !== 'refused' && error.trouble.kind !== 'bye'))
    return faultOf(error, where);
  const { host } = where;
  const { trouble } = error;
  const about = { host, user, text: wordsOf(trouble.code, trouble.text) };
  const cause = { cause: error };
  switch (classifySignIn(trouble.kind === 'refused' ? trouble.status : 'NO', trouble.code, trouble.text)) {
    case 'refused':
      // A server that leaves says nothing about the secret.
      return trouble.kind === 'bye' ? faultOf(error, where) : fault('imap.sign-in.refused', about, cause);
    case 'unavailable':
    case 'too-many-connections':
      return fault('imap.sign-in.unavailable', about, cause);
    case 'throttled':
      return fault('imap.server.throttled', { host, text: about.text, waitMs: backoffOf(trouble.text) }, cause);
    default:
      return fault('internal', { detail: 'a refusal of no kind' });
  }
}

/** The fault of an answer that asks for patience, whatever was asked; null for any other answer. */
export function throttleOf(answer: imap.Tagged, { host }: Where): Fault | null {
  const text = imap.clean(answer.text);
  if (answer.status === 'OK' || !isThrottle(answer.code?.name ?? null, text)) return null;
  return fault('imap.server.throttled', { host, text, waitMs: backoffOf(text) });
}

/**
 * The fault of a refusal that another time may not bring, of something that was asked of `folder`; null for any other answer.
 * Not [SERVERBUG]: a server may have it for one flag, for ever.
 */
export function passingOf(answer: imap.Tagged, where: Where, folder: string): Fault | null {
  const code = answer.code?.name.toUpperCase() ?? '';
  if (answer.status === 'OK' || !passingCodes.has(code)) return throttleOf(answer, where);
  const text = wordsOf(code, imap.clean(answer.text));
  return fault('folder.busy', { host: where.host, folder: imap.decodeMailboxName(folder), text });
}

/** The fault of an answer that tells how the server is, whatever was asked; null for any other answer. */
export function weatherOf(answer: imap.Tagged, where: Where): Fault | null {
  const code = answer.code?.name ?? null;
  if (code !== null && weatherCodes.has(code.toUpperCase())) {
    const about = { host: where.host, command: 'a command', text: wordsOf(code, imap.clean(answer.text)) };
    return fault('imap.command.refused', about);
  }
  return throttleOf(answer, where);
}

/** RFC 5530 §3. */
const weatherCodes = new Set(['UNAVAILABLE', 'SERVERBUG', 'INUSE']);
const passingCodes = new Set(['UNAVAILABLE', 'INUSE']);

function isThrottle(code: string | null, text: string): boolean {
  return (
    code === 'THROTTLED' ||
    /throttl|suggested backoff|too many (?:simultaneous|concurrent|connections|requests)|bandwidth limit/i.test(text)
  );
}

function wordsOf(code: string | null, text: string): string {
  return code === null ? text : `[${code}] ${text}`;
}
