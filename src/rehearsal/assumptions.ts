/** What a rehearsal rests on, as rows of a table: whoever doubts its answer looks here first. */

import { type SideName, sideNames } from '#domain/platform.ts';
import type { Rates, WorkRate } from '#domain/rates.ts';
import type { Habits, RehearsalOrder } from './order.ts';
import type { Weather } from './weather.ts';
import { grouped, percent, spanText } from './words.ts';

export interface Assumed {
  readonly rates: Rates;
  readonly platforms: RehearsalOrder['platforms'];
  readonly hands: number | null;
  readonly weather: Weather;
  readonly habits: Habits;
}

export function assumptions({
  rates,
  platforms,
  hands,
  weather,
  habits,
}: Assumed): readonly (readonly [string, string])[] {
  return [...ofRates(rates), ...ofPlatforms(platforms, hands), ...ofHabits(habits), ...ofWeather(weather), ...reckoned];
}

function ofRates(rates: Rates): readonly (readonly [string, string])[] {
  const origin =
    rates.origin === 'measured' ? `measured on ${grouped(rates.samples)} mailboxes` : 'as others have published them';
  return [
    ['Rates', origin],
    ['Mailboxes worked on at one time', grouped(rates.atOnce)],
    ['A first copy', workText(rates.copy)],
    ['A look at a mailbox that follows', workText(rates.follow)],
    ['A switch', workText(rates.switch)],
    [
      'What comes to a mailbox in a day',
      `${grouped(rates.newItemsPerDay)} items, ${(rates.newBytesPerDay / 1e6).toFixed(1)} MB`,
    ],
  ];
}

function ofPlatforms(
  platforms: RehearsalOrder['platforms'],
  hands: number | null,
): readonly (readonly [string, string])[] {
  const ofSide = (side: SideName): readonly [string, string] => {
    const { connections, connectionsPerMailbox, bytesPerSecond, commandsPerSecond } = platforms[side].budget;
    const limits = bytesPerSecond.flatMap((slot) => (slot.bytesPerSecond === null ? [] : [slot.bytesPerSecond]));
    const least = Math.min(...limits) / 1e6;
    return [
      `What the ${side} may be asked`,
      [
        `${grouped(connections)} connections, ${grouped(connectionsPerMailbox)} for a mailbox`,
        ...(limits.length === 0
          ? []
          : [
              `${limits.length < bytesPerSecond.length || bytesPerSecond.length > 1 ? 'by the hour, at the least ' : ''}${Number(least.toPrecision(3))} MB a second`,
            ]),
        ...(commandsPerSecond === null ? [] : [`${grouped(commandsPerSecond)} commands a second`]),
      ].join('; '),
    ];
  };
  return [
    ...sideNames.map(ofSide),
    ['Mailboxes that workers have hands for', hands === null ? 'as many as there are connections' : grouped(hands)],
  ];
}

function workText({ fixedMs, msPerItem, msPerByte, sigma }: WorkRate): string {
  const parts = [
    `${Number((fixedMs / 1000).toPrecision(3))} s`,
    ...(msPerItem > 0 ? [`${Number(msPerItem.toPrecision(3))} ms for each item`] : []),
    ...(msPerByte > 0 ? [`${Number((msPerByte * 1e6).toPrecision(3))} ms for each MB`] : []),
  ];
  return `${parts.join(' and ')}; two of three lie within a factor of ${Number(Math.exp(sigma).toPrecision(2))}`;
}

function ofHabits({
  aheadMs,
  followEveryMs,
  errorBudget,
  releaseAfterMs,
}: Habits): readonly (readonly [string, string])[] {
  return [
    ['Copying begins before the window', spanText(aheadMs)],
    ['Between two looks at a mailbox that follows', spanText(followEveryMs)],
    ['Error budget of a wave', percent(errorBudget)],
    ['Released after its switch', releaseAfterMs === null ? 'not within the programme' : spanText(releaseAfterMs)],
  ];
}

function ofWeather({ outages, throttling, failures, slow, people }: Weather): readonly (readonly [string, string])[] {
  return [
    ['Outages', outages.length === 0 ? 'none' : grouped(outages.length)],
    [
      'Throttling',
      throttling.share === 0
        ? 'none'
        : `${percent(throttling.share)} of the time the ${throttling.side} bears ${percent(throttling.to)}, for ${spanText(throttling.spellMs)} at a stretch`,
    ],
    ['Passes that fail and are tried again', percent(failures.passes)],
    [
      'Mailboxes blocked until somebody has seen to them',
      `${percent(failures.mailboxes)}, for ${spanText(failures.mendMs)} on average; ${percent(failures.atSwitch)} of them at the switch`,
    ],
    ['Slow windows', slow.share === 0 ? 'none' : `${percent(slow.share)}, ${slow.times} times as long`],
    [
      'Held the evening before',
      people.holds === 0 ? 'none' : `${percent(people.holds)}, for ${spanText(people.holdMs)}`,
    ],
    ['Taken out the evening before', none(people.excludes)],
    ['Leavers', none(people.leavers)],
    ['Joiners', none(people.joiners)],
    ['Sent home after the switch', none(people.goBacks)],
    ['A wave that has paused is resumed after', spanText(people.resumeMs)],
    ['Nobody is moved into a window that opens within', spanText(people.noticeMs)],
  ];
}

function none(share: number): string {
  return share === 0 ? 'none' : percent(share);
}

const reckoned: readonly (readonly [string, string])[] = [
  [
    'What is played',
    'every first copy, switch and way home, by the real choice of what is worked on, the real waves, windows, retries, error budget, governor and breaker',
  ],
  [
    'What is reckoned for all together',
    'the looks at mailboxes that follow: they take their share of the connections, and come later while copies wait that were due before',
  ],
];
