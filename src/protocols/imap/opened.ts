/** A mailbox as EXAMINE or SELECT opens it (RFC 9051 §6.3.2), and the command that does so. */

import { type Command, mustBeOk, type Place } from './command.ts';
import type { ResponseCode } from './response-code.ts';
import type { Tagged, Untagged } from './response.ts';

/** What was said while it was opened. What was not said, or not believably, is null. */
export interface Opened {
  readonly mailbox: string;
  exists: number;
  uidValidity: number | null;
  uidNext: number | null;
  highestModSeq: bigint | null;
  /** Null where the server did not say: then all flags (RFC 9051 §7.1, PERMANENTFLAGS). */
  permanentFlags: readonly string[] | null;
  anyKeyword: boolean;
  isReadOnly: boolean;
}

/** A mailbox that is being opened, is open, or could not be. */
export class Opening {
  readonly place: Place;
  readonly opened: Opened;
  state: 'asked' | 'open' | 'refused' = 'asked';
  /** Why it was refused. */
  error: Error | null = null;

  constructor(place: Place) {
    this.place = place;
    this.opened = {
      mailbox: place.mailbox,
      exists: 0,
      uidValidity: null,
      uidNext: null,
      highestModSeq: null,
      permanentFlags: null,
      anyKeyword: false,
      isReadOnly: place.mode === 'examine',
    };
  }

  /** Whether what is asked for can be done in it. */
  serves(place: Place): boolean {
    return this.place.mailbox === place.mailbox && (this.place.mode === place.mode || this.place.mode === 'select');
  }
}

export function opening(what: Opening, condstore: boolean): Command<Opened> {
  const { place, opened } = what;
  const name = place.mode === 'examine' ? 'EXAMINE' : 'SELECT';
  return {
    name,
    opens: true,
    compose(writer) {
      writer.raw(`${name} `).mailbox(place.mailbox);
      // RFC 7162 §3.1.8: asks for HIGHESTMODSEQ where ENABLE has not.
      if (condstore) writer.raw(' (CONDSTORE)');
    },
    take(response: Untagged, isFirst: boolean) {
      // What comes while older commands are under way is said of the mailbox that is still open.
      return isFirst && takeWhileOpening(opened, response);
    },
    end(answer: Tagged) {
      mustBeOk(name, answer);
      if (answer.code) takeCode(opened, answer.code);
      return opened;
    },
  };
}

function takeWhileOpening(opened: Opened, response: Untagged): boolean {
  switch (response.kind) {
    case 'exists':
      // Zimbra sends several (500, 1000, 1623): the last counts.
      opened.exists = response.count;
      return true;
    case 'flags':
    case 'recent':
      return true;
    case 'status':
      return response.status === 'OK' && response.code !== null && takeCode(opened, response.code);
    default:
      return false;
  }
}

function takeCode(opened: Opened, code: ResponseCode): boolean {
  switch (code.kind) {
    case 'uid-validity':
      opened.uidValidity = code.value;
      return true;
    case 'uid-next':
      opened.uidNext = code.value;
      return true;
    case 'highest-mod-seq':
      opened.highestModSeq = code.value;
      return true;
    case 'no-mod-seq':
      opened.highestModSeq = null;
      return true;
    case 'permanent-flags':
      opened.permanentFlags = code.flags;
      opened.anyKeyword = code.anyKeyword;
      return true;
    case 'plain':
      if (code.name === 'READ-ONLY') opened.isReadOnly = true;
      else if (code.name === 'READ-WRITE') opened.isReadOnly = false;
      else return code.name === 'CLOSED';
      return true;
    default:
      return code.kind === 'unseen' || code.kind === 'malformed';
  }
}
