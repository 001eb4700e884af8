/** The commands that only look: `godwit get` and `godwit describe`. What they do is loaded when they are called. */

import { buildCommand, buildRouteMap } from '@stricli/core';
import {
  listFlags,
  type ListFlags,
  mailboxListFlags,
  type MailboxListFlags,
  shorthands,
  statusFlags,
  type StatusFlags,
  tableFlags,
  type TableFlags,
} from './flags.ts';
import { describeHelp, getHelp } from './help.ts';
import { named, someMailbox, someWave } from './positional.ts';
import type { Session } from './session.ts';

export const getCommands = buildRouteMap<'mailboxes' | 'organisations' | 'waves' | 'wishes' | 'workers', Session>({
  routes: {
    mailboxes: buildCommand<MailboxListFlags, [], Session>({
      loader: async () => (await import('./get.ts')).getMailboxes,
      parameters: { flags: mailboxListFlags, aliases: shorthands },
      docs: { brief: 'Mailboxes, in the order of their addresses', fullDescription: getHelp },
    }),
    organisations: buildCommand<ListFlags, [], Session>({
      loader: async () => (await import('./get.ts')).getOrganisations,
      parameters: { flags: listFlags, aliases: shorthands },
      docs: { brief: 'Organisations, in the order of their codes', fullDescription: getHelp },
    }),
    waves: buildCommand<TableFlags, [], Session>({
      loader: async () => (await import('./get.ts')).getWaves,
      parameters: { flags: tableFlags, aliases: shorthands },
      docs: { brief: 'Waves, the next to open first', fullDescription: getHelp },
    }),
    wishes: buildCommand<ListFlags, [], Session>({
      loader: async () => (await import('./dates.ts')).getWishes,
      parameters: { flags: listFlags, aliases: shorthands },
      docs: { brief: 'Days that were asked for, and what became of it', fullDescription: getHelp },
    }),
    workers: buildCommand<TableFlags, [], Session>({
      loader: async () => (await import('./get.ts')).getWorkers,
      parameters: { flags: tableFlags, aliases: shorthands },
      docs: { brief: 'Who is at work', fullDescription: getHelp },
    }),
  },
  docs: { brief: 'Lists of what an estate holds', fullDescription: getHelp },
});

export const describeCommands = buildRouteMap<'mailbox' | 'wave', Session>({
  routes: {
    mailbox: buildCommand<StatusFlags, [string], Session>({
      loader: async () => (await import('./describe.ts')).describeMailbox,
      parameters: {
        positional: named('ADDRESS', 'Of a mailbox, such as ann@corp.example', someMailbox),
        flags: statusFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Everything about one mailbox', fullDescription: describeHelp },
    }),
    wave: buildCommand<StatusFlags, [string], Session>({
      loader: async () => (await import('./describe.ts')).describeWave,
      parameters: {
        positional: named('WAVE', 'Its name, such as pilot', someWave),
        flags: statusFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Everything about one wave', fullDescription: describeHelp },
    }),
  },
  docs: { brief: 'Everything about one mailbox or one wave', fullDescription: describeHelp },
});
