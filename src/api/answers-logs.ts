/** Log files that were sent, read as they would be where they lie. */

import { isTimezone } from '#domain/window.ts';
import { openSentLog } from '#operations/log-file.ts';
import { networksOf } from '#operations/log-networks.ts';
import { type Answerers, unfit } from './answer.ts';
import { fileOf, usedUp } from './answers-files.ts';
import type { logsContract } from './contract-logs.ts';
import type { AnswerOf, BrokenOff } from './operation.ts';
import { type Wire, wire } from './shapes/shape.ts';
import { toldLines } from './told-lines.ts';

type LogsContract = typeof logsContract;
type Line = Wire<Exclude<AnswerOf<LogsContract['read-log']>, BrokenOff>>;

export const logsAnswers: Answerers<LogsContract> = {
  async 'read-log'(asked) {
    const { estate, desk, body, signal } = asked;
    const { format, name: path = body.file, side = 'source', timezone = desk.timezone, writtenAt = Date.now() } = body;
    const notFrom = networksOf(body.notFrom ?? []);
    if (notFrom === null) throw unfit('notFrom: addresses and networks, such as 10.0.0.9 or 2001:db8::/32');
    if (!isTimezone(timezone)) throw unfit('timezone: there is none of that name');
    const ports = Object.fromEntries((body.ports ?? []).map(({ port, protocol }) => [port, protocol]));
    const sent = await fileOf(asked, body.file);
    return toldLines<Line>(async (teller, stop) => {
      await using file = await openSentLog(path, sent, writtenAt);
      const order = { path, format, side, timezone, ports, notFrom };
      const read = await estate.logs.read(order, file, (so) => teller.isAt({ at: wire(so) }), stop);
      if (!stop.aborted) await usedUp(asked, [body]);
      return [{ read: wire(read) }];
    }, signal);
  },
  'know-names-again': async ({ estate }) => ({ names: await estate.logs.knowAgain() }),
};
