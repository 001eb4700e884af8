/** Evidence that others can check: `godwit certificate`. What the commands do is loaded when they are called. */

import { buildCommand, buildRouteMap } from '@stricli/core';
import { keyExportFlags, type KeyExportFlags, keyFlags, type KeyFlags } from './evidence-flags.ts';
import { certificateKeyHelp } from './evidence-help.ts';
import { shorthands } from './flags.ts';
import type { Session } from './session.ts';

const keyCommands = buildRouteMap<'list' | 'rotate' | 'export', Session>({
  routes: {
    list: buildCommand<KeyFlags, [], Session>({
      loader: async () => (await import('./certificate-keys.ts')).listKeys,
      parameters: { flags: keyFlags, aliases: shorthands },
      docs: { brief: 'Which key signs, and which did before', fullDescription: certificateKeyHelp },
    }),
    rotate: buildCommand<KeyFlags, [], Session>({
      loader: async () => (await import('./certificate-keys.ts')).rotateKey,
      parameters: { flags: keyFlags, aliases: shorthands },
      docs: { brief: 'Have another one sign from now on', fullDescription: certificateKeyHelp },
    }),
    export: buildCommand<KeyExportFlags, [], Session>({
      loader: async () => (await import('./certificate-keys.ts')).exportKeys,
      parameters: { flags: keyExportFlags, aliases: shorthands },
      docs: { brief: 'The public halves of all, for whoever checks', fullDescription: certificateKeyHelp },
    }),
  },
  docs: { brief: 'The keys that sign certificates', fullDescription: certificateKeyHelp },
});

export const certificateCommands = buildRouteMap<'key', Session>({
  routes: { key: keyCommands },
  docs: { brief: 'What became of a mailbox, signed, for anyone to check', fullDescription: certificateKeyHelp },
});
