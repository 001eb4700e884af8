/**
 * What the server of this lab can be told to do wrong: mishaps at single points, asked for while it works, and quirks that it
 * has throughout. Each is something that real servers or the networks before them were seen to do.
 */

import type { Uid } from '#domain/item.ts';

/** Where a server stands when it asks whether something goes wrong. */
export interface Moment {
  /** Connections are numbered from 1 over the life of the server. */
  readonly connection: number;
  /** In capitals, with its `UID`, e.g. `UID FETCH`; `GREETING` before anything was said. */
  readonly command: string;
  /** How many commands this connection has seen, this one included. */
  readonly nth: number;
  /** The folder that is named or selected. */
  readonly folder: string | null;
}

export type Mishap =
  /** The connection is reset. */
  | { readonly kind: 'cut' }
  /** Nothing is ever said again, and the connection stays open. */
  | { readonly kind: 'silence' }
  /** Only the tagged answer is lost; later commands are answered. */
  | { readonly kind: 'lost-reply' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answered so, e.g. `{status: 'NO', text: '[INUSE] Mailbox is locked'}`; before: instead of being done. */
  | { readonly kind: 'answer'; readonly status: 'OK' | 'NO' | 'BAD'; readonly text: string }
  /** `* BYE`, and the end. */
  | { readonly kind: 'bye'; readonly text: string }
  /** Untagged answers without end, until the other side hangs up. */
  | { readonly kind: 'endless' }
  /** An untagged line is put in front of what comes. */
  | { readonly kind: 'untagged'; readonly line: string };

/** What happens to one message on its way out in a FETCH. */
export type OutgoingMishap =
  /** The connection is reset after so many octets of the literal. */
  | { readonly kind: 'cut-inside'; readonly afterBytes: number }
  /** The message is passed over in silence: nothing but OK in the end. */
  | { readonly kind: 'withheld' }
  /** It is answered without its body. */
  | { readonly kind: 'bodiless' }
  /** It is answered twice. */
  | { readonly kind: 'twice' }
  /** The literal is that many octets shorter than the message and an empty line follows it (seen at Exchange). */
  | { readonly kind: 'short'; readonly by: number }
  /** Other bytes are served than are stored. */
  | { readonly kind: 'altered' };

/** What happens to messages that have come in whole, while the client is told that all is well. */
export type StoringMishap = 'nothing-stored' | 'last-truncated';

export interface ServerFaults {
  /** Asked when a command has come in whole and nothing has been done about it. */
  before?(moment: Moment): Mishap | null;
  /** Asked when it has been carried out, before its tagged answer. */
  after?(moment: Moment): Mishap | null;
  /** Asked as a literal of the client's is announced: lost after so many of its octets (0: before the first), or null. */
  incoming?(moment: Moment, sizeBytes: number): { readonly afterBytes: number } | null;
  outgoing?(moment: Moment, uid: Uid, sizeBytes: number): OutgoingMishap | null;
  storing?(moment: Moment): StoringMishap | null;
}

/** Manners that last. The defaults are those of a server without any. */
export interface Quirks {
  /** Added to every RFC822.SIZE: an estimate, as Exchange gives. */
  readonly sizeOff: number;
  /** UIDPLUS is announced, but no APPENDUID comes. */
  readonly keepsUidsToItself: boolean;
  /** Response codes are left out: only words tell what is the matter. */
  readonly withoutCodes: boolean;
  /** How LIST spells names: quoted, as literals, or as atoms where that can be. */
  readonly names: 'quoted' | 'literal' | 'atom';
  /** RETURN options of LIST are answered with BAD, though announced. */
  readonly refusesListReturn: boolean;
  /** ENABLE works without an untagged answer. */
  readonly enablesInSilence: boolean;
  /** NAMESPACE is answered with BAD, ends the connection, or tells that `Shared` is of others. */
  readonly namespace: 'fine' | 'bad' | 'drops' | 'shared';
  /** Added to MESSAGES of STATUS and to nothing else. */
  readonly messagesOff: number;
  /** Between answers it says things nobody asked for. */
  readonly chatty: boolean;
  /** Octets put in front of answers that begin with `*`. */
  readonly leadingNuls: number;
  /** Flags given in APPEND are forgotten; STORE works. */
  readonly forgetsFlagsOfAppend: boolean;
  /** UIDNEXT is told as 0. */
  readonly uidNextZero: boolean;
  /** Each EXAMINE tells another UIDVALIDITY until the folder has been SELECTed (Courier). */
  readonly uidValidityUnstableUnderExamine: boolean;
  /** Folders that are renumbered under a session: it ends with BYE, or goes on with the new numbers. */
  readonly renumberedMidSession: 'bye' | 'goes-on';
  /** FETCH of a sequence number 0 when flags change (Courier). */
  readonly fetchZero: boolean;
  /** The longest command line without its literals, in octets; longer ones are BAD. */
  readonly maxLineOctets: number;
  /** CREATE makes what it likes of a name: doubled and trailing separators vanish (Cyrus). */
  readonly tidiesNames: boolean;
  /** Characters that CREATE takes in no name (Cyrus: `%"\\`). */
  readonly refusesInNames: string;
  /** Names that differ only in case are one folder: CREATE finds it, and its parents, however they are written. */
  readonly foldsCase: boolean;
  /** FETCH is answered from the last message to the first. */
  readonly backwards: boolean;
  /** In an answer to FETCH the UID stands behind the body. */
  readonly uidBehindBody: boolean;
  /** Answers in pieces of at most so many octets, each written by itself; 0 for whatever the socket takes. */
  readonly pieces: number;
}

export const noQuirks: Quirks = {
  sizeOff: 0,
  keepsUidsToItself: false,
  withoutCodes: false,
  names: 'quoted',
  refusesListReturn: false,
  enablesInSilence: false,
  namespace: 'fine',
  messagesOff: 0,
  chatty: false,
  leadingNuls: 0,
  forgetsFlagsOfAppend: false,
  uidNextZero: false,
  uidValidityUnstableUnderExamine: false,
  renumberedMidSession: 'bye',
  fetchZero: false,
  maxLineOctets: 65_536,
  tidiesNames: false,
  refusesInNames: '',
  foldsCase: false,
  backwards: false,
  uidBehindBody: false,
  pieces: 0,
};

/** What servers say when they want to be left in peace for a while, or for good. Gathered from the wild. */
export const weather = {
  exchangeBackoff: (ms: number): Mishap => ({
    kind: 'answer',
    status: 'BAD',
    text: `Request is throttled. Suggested Backoff Time: ${ms} milliseconds`,
  }),
  exchangeBye: { kind: 'bye', text: 'Connection closed. 14' },
  exchangeNotConnected: { kind: 'answer', status: 'NO', text: 'User is authenticated but not connected.' },
  exchangeUnavailable: { kind: 'answer', status: 'NO', text: 'Server Unavailable. 15' },
  gmailThrottled: { kind: 'answer', status: 'NO', text: '[THROTTLED] Account exceeded command or bandwidth limits.' },
  gmailBandwidth: { kind: 'bye', text: 'Session expired, please login again.' },
  gmailConnections: { kind: 'answer', status: 'NO', text: '[ALERT] Too many simultaneous connections. (Failure)' },
  unavailable: { kind: 'answer', status: 'NO', text: '[UNAVAILABLE] Temporary problem, please try again later' },
  serverBug: { kind: 'answer', status: 'NO', text: '[SERVERBUG] Internal error occurred. Refer to server log.' },
  limit: { kind: 'answer', status: 'NO', text: '[LIMIT] Too many commands in too short a time' },
  inUse: { kind: 'answer', status: 'NO', text: '[INUSE] Mailbox is locked by another process' },
  overQuota: { kind: 'answer', status: 'NO', text: '[OVERQUOTA] Quota exceeded (mailbox for user is full)' },
  groupWiseQuota: { kind: 'answer', status: 'NO', text: 'APPEND The 1500 MB storage limit has been exceeded.' },
  tooBig: { kind: 'answer', status: 'NO', text: '[TOOBIG] Message is too large' },
  readOnly: { kind: 'answer', status: 'NO', text: '[NOPERM] Permission denied' },
  shuttingDown: { kind: 'bye', text: '[UNAVAILABLE] Server is shutting down' },
} as const satisfies Record<string, Mishap | ((ms: number) => Mishap)>;
