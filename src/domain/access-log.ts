/**
 * Log files of other people's servers, line by line: who signed in, when, and with what. What the lines say that is left open by
 * one is told by another (a client names itself a moment later, a message gets its sender in the queue), so a reader remembers a
 * little; all of it is plain data and can be laid aside between two looks at the same file.
 *
 * A line is hostile: whoever can reach the server writes into it. Nothing in it is run, matched against without a bound, or
 * passed on as it stands.
 */

import { dovecotLog } from './access-log-dovecot.ts';
import { iisLog } from './access-log-iis.ts';
import { nginxLog } from './access-log-nginx.ts';
import { postfixLog } from './access-log-postfix.ts';
import type { SideName } from './platform.ts';
import type { TailProtocol, TailSighting } from './tail-sighting.ts';

export const accessLogFormats = ['dovecot', 'postfix', 'nginx', 'iis'] as const;
export type AccessLogFormat = (typeof accessLogFormats)[number];

export interface AccessLogSettings {
  readonly side: SideName;
  /** Whose clocks a server showed that does not say. */
  readonly timezone: string;
  /** When the file was written to last: lines without a year are of the year before that moment. */
  readonly writtenAt: () => number;
  /** What is spoken on ports that are not the usual ones. */
  readonly ports: Readonly<Record<number, TailProtocol>>;
}

/** `read`: something was learnt of it, though perhaps nobody was seen. `passed`: a line about something else. */
export type LineRead = 'read' | 'passed' | 'malformed';

/** What was written down of a reader, for the next who goes on with that file; any JSON, and not trusted. */
export type AccessLogState = unknown;

export interface AccessLogReader {
  /** Whom the line, or one before it that is settled now, tells of is given to `saw`. */
  line(text: string, saw: (sighting: TailSighting) => void): LineRead;
  /** Nothing more comes for now: those who waited for another line are told of as they are. */
  rest(saw: (sighting: TailSighting) => void): void;
  state(): AccessLogState;
}

/** `state` is null at the beginning of a file. */
export function accessLogReader(
  format: AccessLogFormat,
  settings: AccessLogSettings,
  state: AccessLogState,
): AccessLogReader {
  switch (format) {
    case 'dovecot':
      return dovecotLog(settings, state);
    case 'postfix':
      return postfixLog(settings, state);
    case 'nginx':
      return nginxLog(settings);
    case 'iis':
      return iisLog(settings, state);
    default:
      return format satisfies never;
  }
}
