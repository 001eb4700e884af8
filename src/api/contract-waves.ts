/** The contract: waves, and what is ordered of them. */

import Type from 'typebox';
import type { Act } from '#domain/rights.ts';
import type { WaveOrderStep } from '#domain/wave.ts';
import { anyReason, get, lines, name, post, reason, selectText } from './operation.ts';
import { reportLine } from './shapes/account.ts';
import { waveDescription } from './shapes/description.ts';
import { fields, flag, named } from './shapes/shape.ts';
import { waveCreated, waveLine, waveOutlined, waveSettledOrdered, waysAccepted } from './shapes/wave.ts';

const byName = fields({ wave: name('Its name.') });

const windowText = Type.String({
  maxLength: 60,
  description:
    'Such as 2026-12-01T19:00/06:00, or with the day of its end as well, by the clocks of the programme (`timezone` in godwit.yaml).',
});
/** Milliseconds since 1970, up to the year 9999. */
const instant = Type.Integer({ minimum: 0, maximum: 253_402_300_799_999, description: 'Milliseconds since 1970.' });
const newWindow = Type.Union([windowText, fields({ opensAt: instant, closesAt: instant })], {
  description: 'When it switches.',
});

const step = <const Step extends WaveOrderStep, Reason extends Type.TProperties>(
  its: Step,
  does: string,
  act: Act,
  its_reason: Reason,
) =>
  post({
    path: `/v1/waves/:wave/${its}`,
    does,
    act,
    object: 'wave',
    params: byName,
    body: fields(its_reason),
    answer: waveOutlined,
  });

export const waveContract = {
  'list-waves': get({
    path: '/v1/waves',
    does: 'All waves, the next to open first.',
    act: 'see',
    object: 'wave',
    answer: named('Waves', 'All of them.', { waves: Type.Array(waveLine) }),
  }),
  'describe-wave': get({
    path: '/v1/waves/:wave',
    does: 'All that is known of a wave.',
    act: 'see',
    object: 'wave',
    params: byName,
    answer: waveDescription,
  }),
  'report-wave': lines({
    path: '/v1/waves/:wave/report',
    does: 'What became of a wave, mailbox by mailbox and in sum. A report whose last line is no summary is not whole.',
    act: 'see',
    object: 'wave',
    params: byName,
    answer: reportLine,
  }),
  'create-wave': post({
    path: '/v1/waves',
    does: 'Make a wave of mailboxes that have none.',
    act: 'make-wave',
    object: 'wave',
    body: fields({
      name: name('Its name.'),
      window: newWindow,
      select: Type.Optional(selectText),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 999_999_999, description: 'At most so many.' })),
      pilot: Type.Optional(flag('It switches before the others of the same window.')),
      errorBudget: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'The share that may fail before it pauses; else as the settings say.',
        }),
      ),
    }),
    answer: waveCreated,
  }),
  'start-wave': step('start', 'Copy its mailboxes from now on, and switch them in its window.', 'start-wave', reason),
  'pause-wave': step('pause', 'Switch nobody more; the targets stay close.', 'pause-wave', anyReason),
  'resume-wave': step('resume', 'Go on after a pause.', 'resume-wave', anyReason),
  'cancel-wave': step('cancel', 'Give it up; who has switched stays where they are.', 'cancel-wave', anyReason),
  'reschedule-wave': post({
    path: '/v1/waves/:wave/reschedule',
    does: 'Give it another window.',
    act: 'reschedule-wave',
    object: 'wave',
    params: byName,
    body: fields({ ...anyReason, window: newWindow }),
    answer: waveOutlined,
  }),
  'bring-wave-back': post({
    path: '/v1/waves/:wave/go-back',
    does: 'Bring home all who have settled in it.',
    act: 'go-back-wave',
    object: 'wave',
    params: byName,
    body: fields(reason),
    answer: waveSettledOrdered,
  }),
  'release-wave': post({
    path: '/v1/waves/:wave/release',
    does: 'End the way back of all who have settled in it.',
    act: 'release-wave',
    object: 'wave',
    params: byName,
    body: fields({ ...reason, dryRun: Type.Optional(flag('Only tell whom it would be.')) }),
    answer: waveSettledOrdered,
  }),
  'accept-ways-in': post({
    path: '/v1/waves/:wave/accept-ways-in',
    does: 'Let it switch though nobody holds some of the ways in.',
    act: 'accept-ways-in',
    object: 'wave',
    params: byName,
    body: fields(reason),
    answer: waysAccepted,
  }),
} as const;
