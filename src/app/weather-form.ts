/**
 * Every key of a weather.yaml, declared once: its form, what it is and its default. A weather is checked against this;
 * docs/weather-yaml.md and the JSON Schema by which editors check and complete it are made from it.
 */

import Type, { type Static } from 'typebox';
import { duration, section, share } from './setting-forms.ts';

const moment = (is: string) =>
  Type.String({
    pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d$`,
    about: { is, expected: 'a day and a time such as 2026-09-08T18:30, by the clocks of the calendar' },
  });

const side = Type.Enum(['source', 'target'], {
  default: 'target',
  about: { is: 'which platform', expected: 'source or target' },
});

/** What is not written is as the rates have it, or as it usually is. */
const maybeShare = (is: string) => Type.Optional(share({ about: { is, expected: 'a share such as 5% or 0.05' } }));

const maybeTime = (is: string) => Type.Optional(duration({ about: { is, expected: 'a time such as 30m, 24h or 7d' } }));

const outage = section('a time in which nobody can sign in', {
  from: moment('when it begins'),
  until: moment('when it is over'),
  side,
});

export const weatherForm = section('what goes wrong in a rehearsal', {
  outages: Type.Array(outage, {
    default: [],
    about: {
      is: 'times in which a platform is away',
      expected: 'a list of outages such as { from: 2026-09-08T18:30, until: 2026-09-08T23:30, side: target }',
    },
  }),
  throttling: section('a platform that asks for patience', {
    share: maybeShare('the share of the time in which it does (as the rates have it)'),
    to: maybeShare('what it bears meanwhile, as a share of what was agreed (as the rates have it)'),
    spell: maybeTime('how long it does at a stretch, on average (30m)'),
    side,
  }),
  failures: section('passes that fail, and mailboxes that need somebody', {
    passes: maybeShare('the share of passes that fail and are tried again by themselves (as the rates have it)'),
    mailboxes: maybeShare(
      'the share of mailboxes that are blocked once, until a person has seen to them (as the rates have it)',
    ),
    at_switch: maybeShare('of those, the share that is blocked at the switch and not while it is copied (25%)'),
    mend: maybeTime('how long until a person has, on average (as the rates have it)'),
  }),
  slow: section('windows in which everything takes longer', {
    share: maybeShare('the share of the windows that are slow (none)'),
    times: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 100,
        about: { is: 'how many times as long everything takes then (2)', expected: 'a number from 1 to 100' },
      }),
    ),
  }),
  people: section('what people decide', {
    holds: maybeShare('the share of mailboxes that are held the evening before (none)'),
    hold: maybeTime('how long they are held (7d)'),
    excludes: maybeShare('the share that is taken out for good the evening before (none)'),
    leavers: maybeShare('the share that has left by the evening before (none)'),
    joiners: maybeShare(
      'mailboxes that join while the programme is under way, as a share of those it began with (none)',
    ),
    go_backs: maybeShare('the share that is sent home after the switch, and goes again later (none)'),
    go_back: maybeTime('within how long after the switch that is (3d)'),
    resume: maybeTime('how long a wave that has paused by itself waits for somebody who resumes it (2h)'),
    notice: maybeTime('how long before a window people are told: nobody is moved into one that opens sooner (2d)'),
  }),
});

/** What stands in a weather.yaml that is in order, with the defaults of what does not. */
export type WeatherForm = Static<typeof weatherForm>;
