/** Answers about waves. */

import type { WaveMoved, WaveOrderStep, WaveSettledOrdered } from '#domain/wave.ts';
import { type DayWindow, readWindow, type Window, windowFrom } from '#domain/window.ts';
import type { WaveReport } from '#operations/report-wave.ts';
import { type Answerers, type Asked, notThere, refused, selectorOf, unfit, unknownName } from './answer.ts';
import type { waveContract } from './contract-waves.ts';
import { wire } from './shapes/shape.ts';

type WaveContract = typeof waveContract;

export const waveAnswers: Answerers<WaveContract> = {
  'list-waves': async ({ estate }) => ({ waves: wire(await estate.lists.waves()) }),
  async 'describe-wave'({ estate, params }) {
    const found = await estate.descriptions.wave(params.wave);
    if (found.kind === 'unknown') throw notThere('wave', params.wave, found.nearest);
    return wire(found.wave);
  },
  async 'report-wave'({ estate, params, signal }) {
    const found = await estate.reports.wave(params.wave);
    if (found.kind === 'unknown') throw notThere('wave', params.wave, found.nearest);
    return reportLines(found, signal);
  },
  async 'create-wave'({ estate, desk, who, body }) {
    const { name, limit = null, pilot: isPilot = false, errorBudget = desk.errorBudget } = body;
    const window = windowOf(body.window, desk.timezone);
    const selector = selectorOf(body.select);
    const created = await estate.waves.create({ name, window, selector, limit, isPilot, errorBudget }, who);
    switch (created.kind) {
      case 'created':
        return wire(created);
      case 'unknown':
        throw unknownName(created);
      case 'name-taken':
        throw refused(`There is a wave ${JSON.stringify(name)} already.`, created);
      case 'window-closed':
        throw refused('This window is over.', created);
      case 'nobody':
        throw refused(
          created.notThatDay > 0
            ? `Nobody can be taken: the dates of ${created.notThatDay} mailboxes do not allow ${window.day}.`
            : 'Nobody is meant: these mailboxes have a wave, are marked, or are not there.',
          created,
        );
    }
  },
  'start-wave': (asked) => moved(asked, 'start'),
  'pause-wave': (asked) => moved(asked, 'pause'),
  'resume-wave': (asked) => moved(asked, 'resume'),
  'cancel-wave': (asked) => moved(asked, 'cancel'),
  async 'reschedule-wave'({ estate, desk, who, params: { wave }, body: { window, why } }) {
    const done = await estate.waves.reschedule(wave, windowOf(window, desk.timezone), who, why ?? null);
    return outlined(wave, done, 'be given another window');
  },
  async 'bring-wave-back'({ estate, who, params: { wave }, body: { why } }) {
    return settled(wave, await estate.waves.goBack(wave, who, why));
  },
  async 'release-wave'({ estate, who, params: { wave }, body: { why, dryRun = false } }) {
    return settled(wave, await estate.waves.release(wave, dryRun, who, why));
  },
  async 'accept-ways-in'({ estate, desk, who, params: { wave }, body: { why } }) {
    const accepted = await estate.waysIn.accept(wave, desk.waysPromised, who, why);
    switch (accepted.kind) {
      case 'accepted':
        return wire(accepted);
      case 'unknown':
        throw notThere('wave', wave, accepted.nearest);
      case 'nothing':
        throw refused(
          accepted.isPromised
            ? 'All ways in are held, or were accepted before.'
            : 'Neither doors nor settings tell of ways in, so nothing is promised and nobody’s word is wanted.',
          accepted,
        );
      case 'refused':
        throw refused(`The wave is ${accepted.state}.`, accepted);
    }
  },
};

async function moved(
  { estate, who, params: { wave }, body: { why } }: Asked<WaveContract['pause-wave']>,
  step: WaveOrderStep,
) {
  return outlined(wave, await estate.waves.move(wave, step, who, why ?? null), step);
}

function outlined(name: string, done: WaveMoved, does: string) {
  switch (done.kind) {
    case 'moved':
      return wire(done.wave);
    case 'unknown':
      throw notThere('wave', name, done.nearest);
    case 'refused':
      throw refused(`The wave is ${done.state}; it cannot ${does}.`, done);
    case 'window-closed':
      throw refused('Its window is over: give it another one first.', done);
  }
}

function settled(name: string, done: WaveSettledOrdered) {
  switch (done.kind) {
    case 'ordered':
      return wire(done);
    case 'unknown':
      throw notThere('wave', name, done.nearest);
    case 'refused':
      throw refused(`The wave is ${done.state}: pause it, or wait until it has finished.`, done);
  }
}

function windowOf(window: string | Window, timezone: string): DayWindow {
  if (typeof window === 'string') {
    const read = readWindow(window, timezone);
    if ('problem' in read) throw unfit(`window: ${read.problem}`);
    return read;
  }
  if (window.closesAt <= window.opensAt) throw unfit('window: it ends before it begins');
  return windowFrom(window.opensAt, window.closesAt, timezone);
}

/** The mailboxes, what is listed of them, and the sum of what was told; nothing more once nobody listens. */
async function* reportLines(report: WaveReport, signal: AbortSignal) {
  for await (const accounts of report.accounts()) {
    if (signal.aborted) return;
    yield accounts.map((mailbox) => ({ mailbox: wire(mailbox) }));
  }
  for await (const exceptions of report.exceptions()) {
    if (signal.aborted) return;
    yield exceptions.map((exception) => ({ exception: wire(exception) }));
  }
  yield [{ summary: wire(await report.summary()) }];
}
