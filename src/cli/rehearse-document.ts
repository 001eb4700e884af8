/** The document of `godwit rehearse -o json`: all of it, and the same whenever the same is rehearsed. Moments are in UTC. */

import type { Evening, Rehearsal } from '#rehearsal/outcome.ts';
import type { RehearsalReport } from '#rehearsal/report-page.ts';
import { rangeOf } from '#rehearsal/runs.ts';

export function rehearsalDocument(report: RehearsalReport): object {
  const { runs, plan, timezone, rates, platforms, hands, weather, habits, apart, remarks } = report;
  const { evenings, days, switchedIn: _, plannedFinish, finish, mostDone, end, ...told } = runs.told;
  const range = rangeOf(runs.runs.map((run) => run.finish));
  return {
    plan,
    timezone,
    ...told,
    plannedFinish: moment(plannedFinish),
    finish: moment(finish),
    finishRange: range && {
      earliest: moment(range.earliest),
      middle: moment(range.middle),
      latest: moment(range.latest),
    },
    mostDone: moment(mostDone),
    end: { ...end, at: moment(end.at) },
    windows: evenings.map((evening) => windowOf(evening, evenings)),
    days: days.map((day) => ({ ...day, at: moment(day.at) })),
    runs: runs.runs.map(({ toSwitch: __, ...run }) => ({
      ...run,
      finish: moment(run.finish),
      mostDone: moment(run.mostDone),
      end: { ...run.end, at: moment(run.end.at) },
    })),
    apart,
    assumed: { rates, platforms, hands, weather, habits },
    remarks,
  };
}

function windowOf({ window, wentTo, firstAt, lastAt, ...evening }: Evening, evenings: Rehearsal['evenings']): object {
  return {
    window: window.start,
    name: window.name,
    opensAt: moment(window.opensAt),
    closesAt: moment(window.closesAt),
    ...evening,
    firstAt: moment(firstAt),
    lastAt: moment(lastAt),
    wentTo: wentTo.map(({ window: to, mailboxes }) => ({ window: evenings[to]?.window.start, mailboxes })),
  };
}

function moment(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
