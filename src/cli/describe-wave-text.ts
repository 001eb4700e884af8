/** One wave on a screen: its window, who stands where, and what keeps them with what to do about it. */

import type { WaveDescription } from '#domain/description.ts';
import { marks, stages } from '#domain/journey.ts';
import { facts, logLines } from './describe-parts.ts';
import { adviceLines, unknownRemedy } from './fault-text.ts';
import { bytes, count, counted, duration, shown, table } from './shown.ts';
import { gradeText } from './wave-report-text.ts';
import { remarkLines, windowText } from './wave-text.ts';

/** `now`: milliseconds since 1970, for how long until its window opens. */
export function waveLines(wave: WaveDescription, now: number): readonly string[] {
  const { opensAt, closesAt } = wave.window;
  const opens = now < opensAt ? `opens in ${duration(opensAt - now)}` : now < closesAt ? 'open now' : 'over';
  const standing = [
    ...stages.map((stage) => [stage, wave.stages[stage] ?? 0] as const),
    ...marks.map((mark) => [mark, wave.marks[mark] ?? 0] as const),
  ].filter(([, n]) => n > 0);
  return [
    `${shown(wave.name, 80)} is ${wave.state}${wave.isPilot ? ', a pilot' : ''}`,
    '',
    ...facts([
      ['window', `${windowText(wave)} (${opens})`],
      ['paused', wave.pausedWhy === null ? '' : shown(wave.pausedWhy, 200)],
      ['error budget', `${Math.round(wave.errorBudget * 1e4) / 100} %`],
      ['mailboxes', `${count(wave.mailboxes)}, ${bytes(wave.bytes)}`],
      ['certified', certifiedText(wave)],
    ]),
    ...remarkLines(wave),
    ...(standing.length === 0
      ? []
      : [
          '',
          ...table(
            standing.map(([word, n]) => [`  ${word}`, count(n)]),
            new Set([1]),
          ),
        ]),
    ...wave.faults.flatMap(({ code, mailboxes, example, remedy }) => [
      '',
      `${counted(mailboxes, 'mailbox', 'mailboxes')} blocked for ${shown(code, 60)}, among them ${shown(example, 80)}`,
      ...adviceLines({ code, remedy: remedy ?? unknownRemedy }).map((line) => `  ${line}`),
    ]),
    ...(wave.faults.length === 0
      ? []
      : ['', `All of them: godwit get mailboxes --select 'stage=blocked wave=${shown(wave.name, 80)}'`]),
    ...logLines(wave.log),
  ];
}

function certifiedText({ certified }: WaveDescription): string {
  if (certified === null) return '';
  const { at, mailboxes, grade } = certified;
  return `${at.slice(0, 16)}Z, ${counted(mailboxes, 'mailbox', 'mailboxes')}: ${gradeText(grade)}`;
}
