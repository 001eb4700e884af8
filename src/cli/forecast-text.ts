/** A forecast for people: a line for each wave, what is odd about some, what would help, and what all of it rests on. */

import type { Range, WaveForecast } from '#domain/forecast.ts';
import { type ForecastKept, type ForecastPast, missedMost, wasRight } from '#domain/forecast-past.ts';
import type { EstateForecast } from '#operations/forecast.ts';
import { names } from './names.ts';
import { count, counted, duration, shown, table } from './shown.ts';

/** So many waves fit on a screen; the others are told by -o json. */
const wavesOnScreen = 40;

/** `wave`: the one that was asked for; null: all. */
export function forecastLines(told: EstateForecast, wave: string | null): readonly string[] {
  const { waves, finish, overdue, unplanned } = told;
  const shownWaves = waves.slice(0, wavesOnScreen);
  return [
    ...(wave === null ? headLines(told) : []),
    ...(waves.length === 0 ? [] : table([heading, ...shownWaves.map(waveCells)], new Set([1, 4]))),
    ...(waves.length > wavesOnScreen ? [`… and ${count(waves.length - wavesOnScreen)} more (-o json lists all)`] : []),
    ...remarkLines(waves),
    ...(overdue.length === 0
      ? []
      : [
          '',
          `Their window is over, and they need another (${count(overdue.length)})`,
          ...names(overdue, (each) => [each.wave, counted(each.mailboxes, 'mailbox', 'mailboxes')]),
        ]),
    ...(unplanned === 0 || wave !== null
      ? []
      : ['', `${counted(unplanned, 'mailbox is', 'mailboxes are')} in no wave, and in none of this.`]),
    ...(finish === null || wave !== null ? [] : helpLines(told)),
    '',
    ...basisLines(told),
  ];
}

function headLines({ finish, missed, waves, inNoWindow, overdue }: EstateForecast): readonly string[] {
  if (finish === null)
    return [
      overdue.length === 0
        ? 'Nothing is ahead: no wave has anybody left to move.'
        : 'No window is ahead, and who is left has none to switch in.',
    ];
  const many = waves.reduce((sum, { mailboxes }) => sum + mailboxes, 0);
  const those = `${counted(many, 'mailbox', 'mailboxes')} in ${counted(waves.length, 'wave')}`;
  const by = `by ${at(finish.p50)}, nine times in ten by ${at(finish.p90)}`;
  return [
    inNoWindow.p90 < 1
      ? `${those}: all are over ${by}.`
      : `${those}: not all of them in the windows there are. ${noWindow(inNoWindow)} need time after the last, and with it all are over ${by}.`,
    missed.p90 === 0
      ? 'Everybody makes their window, nine times in ten.'
      : `About ${count(missed.p50)} miss their window, nine times in ten no more than ${count(missed.p90)}.`,
    '',
  ];
}

function noWindow({ p50, p90 }: Range): string {
  return p50 < 1
    ? `Nine times in ten no more than ${counted(Math.round(p90), 'mailbox', 'mailboxes')}`
    : `About ${counted(Math.round(p50), 'mailbox', 'mailboxes')}, nine times in ten no more than ${count(Math.round(p90))},`;
}

const heading = ['wave', 'mailboxes', 'window opens', 'copied P50, P90', 'switch P50, P90', 'over P50, P90', 'miss it'];

function waveCells({ wave, mailboxes, window, copied, switchMs, finish, missed }: WaveForecast): readonly string[] {
  return [
    shown(wave, 40),
    count(mailboxes),
    at(window.opensAt),
    copied === null ? 'all are' : `${at(copied.p50)}, ${at(copied.p90)}`,
    `${duration(switchMs.p50)}, ${duration(switchMs.p90)}`,
    finish === null ? 'nobody in it' : `${at(finish.p50)}, ${at(finish.p90)}`,
    missed.p90 * mailboxes < 1 ? '' : shares(missed),
  ];
}

function shares({ p50, p90 }: Range): string {
  return `${shareText(p50)}, ${shareText(p90)}`;
}

function shareText(part: number): string {
  return `${Number((part * 100).toPrecision(2))} %`;
}

function remarkLines(waves: readonly WaveForecast[]): readonly string[] {
  const remarks = waves.flatMap(({ wave, remarks: its }) => its.map((remark) => [wave, remark] as const));
  return remarks.length === 0 ? [] : ['', ...names(remarks, ([wave, remark]) => [wave, remark])];
}

function helpLines({ helps }: EstateForecast): readonly string[] {
  if (helps.length === 0) return [];
  return [
    '',
    'What would help, nine times in ten',
    ...names(helps, ({ what, soonerMs, fewerMissed }) => [
      what,
      [
        ...(soonerMs >= 60_000 ? [`over ${duration(soonerMs)} sooner`] : []),
        ...(fewerMissed >= 1 ? [`${count(fewerMissed)} fewer miss their window`] : []),
      ].join(', '),
    ]),
  ];
}

function basisLines({ basis, rates, throttling }: EstateForecast): readonly string[] {
  const measured = [
    ...(basis.copies > 0 ? [`copies (${count(basis.copies)} mailboxes)`] : []),
    ...(basis.switches > 0 ? [`switches (${count(basis.switches)})`] : []),
    ...(basis.lags > 0 ? [`looks at who follows (${count(basis.lags)})`] : []),
    ...(basis.failures > 0 ? [`failures (${count(basis.failures)})`] : []),
    ...(basis.throttling
      ? [`throttling (${shareText((1 - rates.throttledTo) * rates.throttledShare)} was not to be had)`]
      : []),
    ...(basis.mended > 0 ? [`how long somebody is blocked (${count(basis.mended)})`] : []),
  ];
  const { fixedMs, msPerItem, msPerByte } = rates.copy;
  return [
    measured.length === 0
      ? 'Nothing was measured here yet: all of this rests on what others have published (docs/forecast.md), and may be off by half or twice.'
      : `Measured here: ${measured.join(', ')}. All else is as others have published it (docs/forecast.md).`,
    `A copy takes ${ms(fixedMs)}, ${ms(msPerItem)} for each item and ${ms(msPerByte * 1e6)} for each MB; a switch ${ms(rates.switch.fixedMs)}; ${counted(rates.atOnce, 'mailbox', 'mailboxes')} at a time${basis.atOnce ? '' : ' (nobody has said)'}.`,
    ...throttling.map((each) => shown(each, 300)),
  ];
}

function ms(value: number): string {
  return value >= 1_000 ? `${Number((value / 1_000).toPrecision(2))} s` : `${Number(value.toPrecision(2))} ms`;
}

function at(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 16)}Z`;
}

export function pastLines(past: readonly ForecastPast[]): readonly string[] {
  if (past.length === 0) return ['No window of a wave is over yet.'];
  const judged = past.map(wasRight).filter((each) => each !== null);
  const right = judged.filter(Boolean).length;
  return [
    ...table(
      [
        ['wave', 'switched', 'missed it', 'told to', 'over', 'forecast the night before', 'forecast first', ''],
        ...past.map(pastCells),
      ],
      new Set([1, 2, 3]),
    ),
    '',
    judged.length === 0
      ? 'Of none of them was there a forecast to compare with: the control plane makes one every night (godwit serve).'
      : `${count(right)} of ${count(judged.length)} were over by the time that was told for nine times in ten, and no more missed them than was.`,
  ];
}

function pastCells(past: ForecastPast): readonly string[] {
  const { wave, switched, missed, finish, first, last } = past;
  const right = wasRight(past);
  return [
    shown(wave, 40),
    count(switched),
    count(missed),
    last === null ? '' : count(missedMost(last)),
    finish === null ? '' : at(finish),
    last?.finish ? `${at(last.finish.p50)}, ${at(last.finish.p90)}` : '',
    first?.finish ? `${at(first.finish.p50)}, ${at(first.finish.p90)}` : '',
    right === false && last ? whyWrong(past, last) : '',
  ];
}

function whyWrong({ finish, missed }: ForecastPast, last: ForecastKept): string {
  const isLate = finish !== null && last.finish !== null && finish > last.finish.p90;
  const areMore = missed > missedMost(last);
  return isLate && areMore ? 'later, and more missed it' : isLate ? 'later' : 'more missed it';
}
