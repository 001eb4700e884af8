/** `godwit tail`: who still does it the old way. What the commands do is loaded when they are called. */

import { buildCommand, buildRouteMap } from '@stricli/core';
import { shorthands } from './flags.ts';
import { named } from './positional.ts';
import type { Session } from './session.ts';
import {
  tailApplicationsFlags,
  type TailApplicationsFlags,
  tailAssignFlags,
  type TailAssignFlags,
  tailBurnDownFlags,
  type TailBurnDownFlags,
  tailListFlags,
  type TailListFlags,
  tailReadFlags,
  type TailReadFlags,
} from './tail-flags.ts';
import { tailHelp, tailReadHelp } from './tail-help.ts';

export const tailCommands = buildRouteMap<'list' | 'read' | 'burn-down' | 'applications' | 'assign', Session>({
  routes: {
    list: buildCommand<TailListFlags, [], Session>({
      loader: async () => (await import('./tail-list.ts')).listTail,
      parameters: { flags: tailListFlags, aliases: shorthands },
      docs: { brief: 'Who signs in, under which name, by what, how often and since when', fullDescription: tailHelp },
    }),
    read: buildCommand<TailReadFlags, readonly string[], Session>({
      loader: async () => (await import('./tail-read.ts')).readLogs,
      parameters: {
        positional: {
          kind: 'array',
          parameter: { placeholder: 'FILE', brief: 'Log files, plain or compressed by gzip', parse: String },
        },
        flags: tailReadFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Learn it from log files, as far as they are new', fullDescription: tailReadHelp },
    }),
    'burn-down': buildCommand<TailBurnDownFlags, [], Session>({
      loader: async () => (await import('./tail-burn-down.ts')).burnDown,
      parameters: { flags: tailBurnDownFlags, aliases: shorthands },
      docs: { brief: 'Day by day, how many mailboxes still use the old ways', fullDescription: tailHelp },
    }),
    applications: buildCommand<TailApplicationsFlags, [], Session>({
      loader: async () => (await import('./tail-applications.ts')).listApplications,
      parameters: { flags: tailApplicationsFlags, aliases: shorthands },
      docs: { brief: 'Programs among them: senders and pollers, with owner and plan', fullDescription: tailHelp },
    }),
    assign: buildCommand<TailAssignFlags, [string], Session>({
      loader: async () => (await import('./tail-applications.ts')).assign,
      parameters: {
        positional: named('ADDRESS', 'Of a mailbox, or a name that was seen'),
        flags: tailAssignFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Write down who answers for one, and what is to become of it', fullDescription: tailHelp },
    }),
  },
  // `godwit tail --organisation …` is what people write.
  defaultCommand: 'list',
  docs: { brief: 'Who still uses old names, protocols and clients', fullDescription: tailHelp },
});
