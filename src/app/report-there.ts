/** The report of a wave by the API of a server: read once and in its order, as it comes. */

import type { ApiClient } from '#api/client.ts';
import type { Contract } from '#api/contract.ts';
import type { AnswerOf } from '#api/operation.ts';
import { fault } from '#domain/fault.ts';
import type { WaveDescription } from '#domain/description.ts';
import type { Wave, WaveOutlined } from '#domain/wave.ts';
import type { ListedException, MailboxAccount, WaveSummary } from '#domain/wave-report.ts';
import type { WaveReport, WaveReported } from '#operations/report-wave.ts';
import { orNotThere, was } from './outcomes-there.ts';

type Line = AnswerOf<Contract['report-wave']>;

/** `server`: as it is shown. */
export function reportThere(client: ApiClient, server: string, name: string): Promise<WaveReported> {
  const found = async (): Promise<WaveReported> => {
    const { id, state, window, isPilot, errorBudget, pausedWhy, remarks } = was<WaveDescription>(
      await client.ask('describe-wave', { params: { wave: name } }),
    );
    const wave: WaveOutlined = { id, name, state, window, isPilot, errorBudget, pausedWhy, remarks };
    return reportIn(wave, client.lines('report-wave', { params: { wave: name } }), server);
  };
  return orNotThere(found(), (nearest) => ({ kind: 'unknown', nearest }));
}

/** `parts` begin with mailboxes, go on with what is listed of them, and end with the sum; what is not read is passed over. */
function reportIn(wave: Wave, parts: AsyncGenerator<readonly Line[]>, server: string): WaveReport {
  /** What was read and belongs to the next part. */
  let waiting: readonly Line[] = [];
  let summary: WaveSummary | null = null;

  const next = async (): Promise<readonly Line[] | null> => {
    if (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      return lines;
    }
    if (summary !== null) return null;
    const part = await parts.next();
    // Its last line says that it is whole.
    if (part.done === true) throw fault('api.server.broke-off', { server });
    return part.value;
  };
  /** The lines of one kind that come next. */
  async function* those<Value>(of: (line: Line) => Value | null): AsyncGenerator<readonly Value[]> {
    for (let lines = await next(); lines !== null; lines = await next()) {
      const values: Value[] = [];
      for (const line of lines) {
        const value = of(line);
        if (value === null) break;
        values.push(value);
      }
      waiting = lines.slice(values.length);
      if (values.length > 0) yield values;
      if (waiting.length > 0) return;
    }
  }
  return {
    kind: 'found',
    wave,
    accounts: () => those((line) => ('mailbox' in line ? was<MailboxAccount>(line.mailbox) : null)),
    exceptions: () => those((line) => ('exception' in line ? was<ListedException>(line.exception) : null)),
    async summary() {
      while (summary === null) {
        for (const line of (await next()) ?? []) if ('summary' in line) summary = was<WaveSummary>(line.summary);
      }
      return summary;
    },
  };
}
