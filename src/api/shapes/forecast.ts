/** When each wave will have been copied and have switched. */

import Type from 'typebox';
import type { Range, WaveForecast } from '#domain/forecast.ts';
import type { ForecastKept, ForecastPast } from '#domain/forecast-past.ts';
import type { RatesBasis } from '#domain/measured-rates.ts';
import type { Rates, WorkRate } from '#domain/rates.ts';
import type { EstateForecast } from '#operations/forecast.ts';
import { count, fields, flag, maybe, milliseconds, named, number, oneOf, shapeOf, text, texts } from './shape.ts';
import { waveState, window } from './wave.ts';

const range = shapeOf<Range>()(
  named('Range', 'As likely more as less, and nine times in ten no more.', {
    p50: number('Half of the time no more.'),
    p90: number('Nine times in ten no more.'),
  }),
);

const waveForecast = shapeOf<WaveForecast>()(
  named('WaveForecast', 'A wave that is ahead.', {
    wave: text('Its name.'),
    state: oneOf(['planned', 'running', 'paused'], 'Where it stands.'),
    window,
    mailboxes: count('Who is still to switch in it.'),
    toCopy: count('Who is still to be copied.'),
    copied: maybe(range),
    switchMs: range,
    finish: maybe(range),
    missed: range,
    remarks: texts('What may be done about it.'),
  }),
);

const workRate = shapeOf<WorkRate>()(
  named('WorkRate', 'What a piece of work on one mailbox takes.', {
    fixedMs: milliseconds('What every mailbox costs.'),
    msPerItem: milliseconds('For each message.'),
    msPerByte: milliseconds('For each octet.'),
    sigma: number('The standard deviation of the logarithm.'),
  }),
);

export const rates = shapeOf<Rates>()(
  named('Rates', 'How fast mail moves, and how often it does not.', {
    origin: oneOf(['measured', 'stated'], 'Whether that was measured here.'),
    samples: count('Copies behind it.'),
    switchSamples: count('Switches behind it.'),
    copy: workRate,
    follow: workRate,
    switch: workRate,
    atOnce: number('Mailboxes that are worked on at one time.'),
    newItemsPerDay: number('That come to a mailbox.'),
    newBytesPerDay: number('That come to a mailbox.'),
    retryShare: number('Of passes that fail and are tried again.'),
    blockedShare: number('Of mailboxes that are blocked until a person has seen to them.'),
    mendHours: number('Until a person has.'),
    throttledShare: number('Of the time in which a platform asks for patience.'),
    throttledTo: number('What it gives meanwhile.'),
  }),
);

const basis = shapeOf<RatesBasis>()(
  named('RatesBasis', 'What is measured of the rates, with the number behind it.', {
    copies: count('Copies.'),
    switches: count('Switches.'),
    lags: count('Looks at who follows.'),
    failures: count('Copies of which it is known whether a pass failed.'),
    mended: count('Mailboxes that somebody has seen to.'),
    throttling: flag('Of the patience that is asked for.'),
    atOnce: flag('Of how many are worked on at one time.'),
  }),
);

export const estateForecast = shapeOf<EstateForecast>()(
  named('EstateForecast', 'When each wave will have been copied and have switched.', {
    madeAt: milliseconds('When, in milliseconds since 1970.'),
    runs: count('How often the programme was played.'),
    waves: Type.Array(waveForecast),
    finish: maybe(range),
    missed: range,
    inNoWindow: range,
    overdue: Type.Array(fields({ wave: text('Its name.'), mailboxes: count('Who is still to switch in it.') })),
    unplanned: count('Who has no wave.'),
    rates,
    basis,
    throttling: texts('What platforms ask for at this moment.'),
    helps: Type.Array(
      fields({
        what: text('What would help.'),
        soonerMs: milliseconds('By so much sooner, nine times in ten.'),
        fewerMissed: number('So many fewer miss their windows.'),
      }),
    ),
  }),
);

const forecastKept = shapeOf<ForecastKept>()(
  named('ForecastKept', 'What was forecast of a wave.', {
    madeAt: milliseconds('When, in milliseconds since 1970.'),
    finish: maybe(range),
    mailboxes: count('Who was still to switch.'),
    missed: range,
    samples: count('What was behind it.'),
  }),
);

export const forecastPast = shapeOf<ForecastPast>()(
  named('ForecastPast', 'What was forecast of a wave, and what became of it.', {
    wave: text('Its name.'),
    state: maybe(waveState),
    window,
    first: maybe(forecastKept),
    last: maybe(forecastKept),
    switched: count('Who had switched in its window.'),
    finish: maybe(milliseconds('When the last of them had.')),
    missed: count('Who was in it and had not.'),
  }),
);
