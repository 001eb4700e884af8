/** What people order of waves and mailboxes, and the record of it: `godwit wave`, `godwit mailbox` and `godwit audit`. */

import { buildCommand, buildRouteMap } from '@stricli/core';
import type { MailboxOrder } from '#domain/estate-state.ts';
import type { WaveOrderStep } from '#domain/wave.ts';
import {
  acceptFlags,
  type AcceptFlags,
  answerFlags,
  type AnswerFlags,
  askFlags,
  type AskFlags,
  brakeFlags,
  doctorFlags,
  type DoctorFlags,
  type BrakeFlags,
  mailboxOrderFlags,
  type MailboxOrderFlags,
  shorthands,
  serveFlags,
  type ServeFlags,
  auditHeadFlags,
  type AuditHeadFlags,
  auditListFlags,
  type AuditListFlags,
  statusFlags,
  type StatusFlags,
  waveCheckFlags,
  type WaveCheckFlags,
  waveCreateFlags,
  type WaveCreateFlags,
  waveFlags,
  type WaveFlags,
  waveReleaseFlags,
  type WaveReleaseFlags,
  waveRescheduleFlags,
  type WaveRescheduleFlags,
  deferFlags,
  type DeferFlags,
} from './flags.ts';
import {
  acceptHelp,
  auditHelp,
  brakeHelp,
  coexistHelp,
  doctorEstateHelp,
  doctorHelp,
  mailboxHelp,
  waveCheckHelp,
  waveHelp,
} from './help.ts';
import { named, someMailbox, someWave } from './positional.ts';
import type { Session } from './session.ts';

const waveName = named('WAVE', 'Its name, such as pilot', someWave);
const address = {
  placeholder: 'ADDRESS',
  brief: 'Of a mailbox, such as ann@corp.example',
  parse: String,
  proposeCompletions: someMailbox,
} as const;

const waveStep = (step: WaveOrderStep, brief: string) =>
  buildCommand<WaveFlags, [string], Session>({
    loader: async () => {
      const { moveWave } = await import('./waves.ts');
      return function (this: Session, flags: WaveFlags, name: string) {
        return moveWave(this, flags, name, step);
      };
    },
    parameters: { positional: waveName, flags: waveFlags, aliases: shorthands },
    docs: { brief, fullDescription: waveHelp },
  });

export const waveCommands = buildRouteMap<
  'create' | 'list' | 'watch' | 'check' | 'accept-ways-in' | 'reschedule' | 'go-back' | 'release' | WaveOrderStep,
  Session
>({
  routes: {
    create: buildCommand<WaveCreateFlags, [string], Session>({
      loader: async () => (await import('./waves.ts')).createWave,
      parameters: { positional: waveName, flags: waveCreateFlags, aliases: shorthands },
      docs: { brief: 'Make a wave of mailboxes that have none', fullDescription: waveHelp },
    }),
    list: buildCommand<StatusFlags, [], Session>({
      loader: async () => (await import('./waves.ts')).listWaves,
      parameters: { flags: statusFlags, aliases: shorthands },
      docs: { brief: 'All waves, the next to open first', fullDescription: waveHelp },
    }),
    watch: buildCommand<StatusFlags, [string], Session>({
      loader: async () => (await import('./watch-wave.ts')).watchWave,
      parameters: { positional: waveName, flags: statusFlags, aliases: shorthands },
      docs: { brief: 'Watch one move, until nobody in it is on the way any more', fullDescription: waveHelp },
    }),
    check: buildCommand<WaveCheckFlags, [string], Session>({
      loader: async () => (await import('./check-wave.ts')).checkWave,
      parameters: { positional: waveName, flags: waveCheckFlags, aliases: shorthands },
      docs: { brief: 'What will go wrong with which of its mailboxes, days before', fullDescription: waveCheckHelp },
    }),
    'accept-ways-in': buildCommand<WaveFlags, [string], Session>({
      loader: async () => (await import('./ways-in.ts')).acceptWaysIn,
      parameters: { positional: waveName, flags: waveFlags, aliases: shorthands },
      docs: { brief: 'Let it switch though nobody holds some of the ways in', fullDescription: waveCheckHelp },
    }),
    start: waveStep('start', 'Copy its mailboxes from now on, and switch them in its window'),
    pause: waveStep('pause', 'Switch nobody more; the targets stay close'),
    resume: waveStep('resume', 'Go on after a pause'),
    reschedule: buildCommand<WaveRescheduleFlags, [string], Session>({
      loader: async () => (await import('./waves.ts')).rescheduleWave,
      parameters: { positional: waveName, flags: waveRescheduleFlags, aliases: shorthands },
      docs: { brief: 'Give it another window', fullDescription: waveHelp },
    }),
    cancel: waveStep('cancel', 'Give it up; who has switched stays where they are'),
    'go-back': buildCommand<WaveFlags, [string], Session>({
      loader: async () => (await import('./waves.ts')).bringWaveBack,
      parameters: { positional: waveName, flags: waveFlags, aliases: shorthands },
      docs: { brief: 'Bring home all who have settled in it', fullDescription: waveHelp },
    }),
    release: buildCommand<WaveReleaseFlags, [string], Session>({
      loader: async () => (await import('./waves.ts')).releaseWave,
      parameters: { positional: waveName, flags: waveReleaseFlags, aliases: shorthands },
      docs: { brief: 'End the way back of all who have settled in it', fullDescription: waveHelp },
    }),
  },
  aliases: { move: 'reschedule' },
  docs: { brief: 'Mailboxes that switch together', fullDescription: waveHelp },
});

const mailboxOrder = (order: MailboxOrder, brief: string) =>
  buildCommand<MailboxOrderFlags, string[], Session>({
    loader: async () => {
      const { orderMailboxes } = await import('./mailbox-orders.ts');
      return function (this: Session, flags: MailboxOrderFlags, ...addresses: string[]) {
        return orderMailboxes(this, flags, addresses, order);
      };
    },
    parameters: { positional: { kind: 'array', parameter: address }, flags: mailboxOrderFlags, aliases: shorthands },
    docs: { brief, fullDescription: mailboxHelp },
  });

export const mailboxCommands = buildRouteMap<MailboxOrder | 'accept' | 'defer' | 'ask' | 'answer', Session>({
  routes: {
    hold: mailboxOrder('hold', 'Let it wait where it is'),
    release: mailboxOrder('release', 'Let it go on after it was held or excluded'),
    defer: buildCommand<DeferFlags, string[], Session>({
      loader: async () => (await import('./dates.ts')).deferMailboxes,
      parameters: { positional: { kind: 'array', parameter: address }, flags: deferFlags, aliases: shorthands },
      docs: { brief: 'Take it out of its window until a day, when it goes on by itself', fullDescription: mailboxHelp },
    }),
    ask: buildCommand<AskFlags, string[], Session>({
      loader: async () => (await import('./dates.ts')).askForDates,
      parameters: { positional: { kind: 'array', parameter: address }, flags: askFlags, aliases: shorthands },
      docs: { brief: 'Ask for the days between which it is to move', fullDescription: mailboxHelp },
    }),
    answer: buildCommand<AnswerFlags, [string], Session>({
      loader: async () => (await import('./dates.ts')).answerWish,
      parameters: { positional: { kind: 'tuple', parameters: [address] }, flags: answerFlags, aliases: shorthands },
      docs: { brief: 'Say no to the days that are asked for', fullDescription: mailboxHelp },
    }),
    retry: mailboxOrder('retry', 'Try again what it was blocked for'),
    'same-account': mailboxOrder('same-account', 'It is the same account, though it is called otherwise now'),
    'other-account': mailboxOrder('other-account', 'It is another account: copy it anew, before the switch'),
    exclude: mailboxOrder('exclude', 'Its journey rests, and what was copied stays'),
    'go-back': mailboxOrder('go-back', 'Bring it home again after it has switched'),
    accept: buildCommand<AcceptFlags, [string], Session>({
      loader: async () => (await import('./accept.ts')).accept,
      parameters: {
        positional: { kind: 'tuple', parameters: [address] },
        flags: acceptFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Take it upon yourself that messages did not arrive as they were', fullDescription: acceptHelp },
    }),
  },
  docs: { brief: 'Mailboxes of an estate: one, several, or all that are selected', fullDescription: mailboxHelp },
});

const brakeCommand = (name: 'brakeOn' | 'brakeOff', brief: string) =>
  buildCommand<BrakeFlags, [], Session>({
    loader: async () => (await import('./brake.ts'))[name],
    parameters: { flags: brakeFlags, aliases: shorthands },
    docs: { brief, fullDescription: brakeHelp },
  });

export const brakeCommands = buildRouteMap<'on' | 'off', Session>({
  routes: {
    on: brakeCommand('brakeOn', 'Nothing is switched from now on'),
    off: brakeCommand('brakeOff', 'Switching goes on'),
  },
  docs: { brief: 'Stop all switching, at once', fullDescription: brakeHelp },
});

export const coexistCommands = buildRouteMap<'run' | 'doors' | 'forget', Session>({
  routes: {
    run: buildCommand<ServeFlags, [], Session>({
      loader: async () => (await import('./coexist.ts')).coexist,
      parameters: { flags: serveFlags, aliases: shorthands },
      docs: { brief: 'Open the doors that mail systems ask, until stopped', fullDescription: coexistHelp },
    }),
    doors: buildCommand<StatusFlags, [], Session>({
      loader: async () => (await import('./coexist.ts')).listDoors,
      parameters: { flags: statusFlags, aliases: shorthands },
      docs: { brief: 'Which doors there are, and whether they are heard of', fullDescription: coexistHelp },
    }),
    forget: buildCommand<WaveFlags, [string], Session>({
      loader: async () => (await import('./coexist.ts')).forgetDoor,
      parameters: {
        positional: {
          kind: 'tuple',
          parameters: [{ placeholder: 'ID', brief: 'Of a door, or the beginning of it', parse: String }],
        },
        flags: waveFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Wait no more for a door that is lost and stopped', fullDescription: coexistHelp },
    }),
  },
  // `godwit coexist` alone is what people start.
  defaultCommand: 'run',
  docs: { brief: 'The doors that mail systems ask where a mailbox lives now', fullDescription: coexistHelp },
});

export const doctorCommands = buildRouteMap<'estate' | 'coexistence', Session>({
  defaultCommand: 'estate',
  routes: {
    estate: buildCommand<StatusFlags, [], Session>({
      loader: async () => (await import('./doctor-estate.ts')).doctorEstate,
      parameters: { flags: statusFlags, aliases: shorthands },
      docs: { brief: 'Everything that is wrong with this estate, and what to do', fullDescription: doctorEstateHelp },
    }),
    coexistence: buildCommand<DoctorFlags, [], Session>({
      loader: async () => (await import('./doctor.ts')).doctor,
      parameters: { flags: doctorFlags, aliases: shorthands },
      docs: {
        brief: 'Try the doors, the way of mail and the proxies with two test mailboxes',
        fullDescription: doctorHelp,
      },
    }),
  },
  docs: {
    brief: 'Everything that is wrong, and what to do; or whether coexistence works',
    fullDescription: doctorEstateHelp,
  },
});

export const auditCommands = buildRouteMap<'verify' | 'list' | 'head', Session>({
  routes: {
    list: buildCommand<AuditListFlags, [], Session>({
      loader: async () => (await import('./audit.ts')).list,
      parameters: { flags: auditListFlags, aliases: shorthands },
      docs: { brief: 'Who did what, the latest first', fullDescription: auditHelp },
    }),
    head: buildCommand<AuditHeadFlags, [], Session>({
      loader: async () => (await import('./audit.ts')).head,
      parameters: { flags: auditHeadFlags, aliases: shorthands },
      docs: {
        brief: 'The end of the chain, to be kept elsewhere; or held against one that was',
        fullDescription: auditHelp,
      },
    }),
    verify: buildCommand<StatusFlags, [], Session>({
      loader: async () => (await import('./audit.ts')).verify,
      parameters: { flags: statusFlags, aliases: shorthands },
      docs: { brief: 'See whether the log is as it was written, all of it', fullDescription: auditHelp },
    }),
  },
  docs: { brief: 'Who did what, when and why', fullDescription: auditHelp },
});
