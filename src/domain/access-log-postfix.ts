/**
 * Messages that were handed in to Postfix, by who had signed in and by who had not, from syslog or a `maillog_file`:
 *
 *     Nov 21 20:14:02 mx postfix/submission/smtpd[812]: 4dC1x20Qz: client=pc.x.example[192.0.2.7], sasl_method=PLAIN, sasl_username=ann@x.example
 *     Nov 21 20:14:02 mx postfix/qmgr[99]: 4dC1x20Qz: from=<ann@x.example>, size=812, nrcpt=1 (queue active)
 *
 * The first says who came and from where, the second which sender the message bears; the name of the message in the queue joins
 * them. Who has not signed in is known by that sender only. A message that comes back from a filter on the same machine was
 * counted when it first came.
 */

import type { AccessLogReader, AccessLogSettings, AccessLogState, LineRead } from './access-log.ts';
import { LogClock } from './access-log-time.ts';
import { sightingIn, Waiting } from './access-log-waiting.ts';
import type { TailSighting } from './tail-sighting.ts';

/** A queue that is slow to open a message has it in a minute. */
const waitsMostMs = 300_000;

const daemon =
  /^\S{1,255} postfix[\w-]*\/(?:[\w.-]+\/)*(?<daemon>[\w-]+)\[\d+\]: (?:info: )?(?<queue>[\dA-Za-z]{4,24}): /;
const handedIn = /^client=(?<host>[^[\]\s]{1,255})\[(?<ip>[^\]\s]{1,64})\](?<more>.*)$/;
const user = /, sasl_username=(?<user>.+?)(?:, sasl_sender=.*|, orig_\w+=.*)?$/;
const sender = /^from=<(?<from>[^>]*)>/;
const sameMachine = /^(?:127\.|::1$|unknown$)/;
const namesMost = 330;

export function postfixLog(settings: AccessLogSettings, state: AccessLogState): AccessLogReader {
  const clock = new LogClock(settings.timezone, settings.writtenAt);
  const waiting = new Waiting(waitsMostMs, state, sightingIn);

  function line(text: string, saw: (sighting: TailSighting) => void): LineRead {
    const timed = clock.syslog(text);
    if (timed === null) return 'malformed';
    const { at, rest } = timed;
    for (const sighting of waiting.overdue(at)) tell(sighting, saw);
    const from = daemon.exec(rest);
    if (!from) return 'passed';
    const said = rest.slice(from[0].length);
    const { daemon: who = '', queue = '' } = from.groups ?? {};
    if (who === 'smtpd' && said.startsWith('client=')) return came(said, at, queue);
    // `cleanup` of newer versions names no sender; the queue manager does, and again each time it tries.
    const address = sender.exec(said)?.groups?.['from'];
    const before = address === undefined ? null : waiting.take(queue);
    if (before === null || address === undefined) return 'passed';
    tell(
      before.protocol === 'smtp'
        ? { ...before, name: address.slice(0, namesMost), sender: address.slice(0, namesMost) }
        : { ...before, sender: address.slice(0, namesMost) },
      saw,
    );
    return 'read';
  }

  function came(said: string, at: number, queue: string): LineRead {
    const found = handedIn.exec(said);
    if (!found) return 'malformed';
    const { ip = '', more = '' } = found.groups ?? {};
    const name = user.exec(more)?.groups?.['user'] ?? null;
    if (name === null && sameMachine.test(ip)) return 'passed';
    waiting.put(queue, {
      at,
      door: 'postfix',
      side: settings.side,
      protocol: name === null ? 'smtp' : 'submission',
      name: (name ?? '').slice(0, namesMost),
      client: null,
      ip,
      host: null,
    });
    return 'read';
  }

  return {
    line,
    rest(saw) {
      for (const sighting of waiting.rest()) tell(sighting, saw);
    },
    state: () => waiting.entries(),
  };
}

/** Of whom there is no name (a bounce, a message that was given up before it had a sender), nothing is told. */
function tell(sighting: TailSighting, saw: (sighting: TailSighting) => void): void {
  if (sighting.name !== '') saw(sighting);
}
