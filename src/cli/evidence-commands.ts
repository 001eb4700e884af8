/** Evidence that others can check: `godwit certificate`. What the commands do is loaded when they are called. */

import { buildCommand, buildRouteMap } from '@stricli/core';
import {
  checkFlags,
  type CheckFlags,
  digestKeyFlags,
  type DigestKeyFlags,
  exportFlags,
  type ExportFlags,
  keyExportFlags,
  type KeyExportFlags,
  keyFlags,
  type KeyFlags,
  makeFlags,
  type MakeFlags,
} from './evidence-flags.ts';
import { certificateCheckHelp, certificateHelp, certificateKeyHelp, evidenceHelp } from './evidence-help.ts';
import { shorthands } from './flags.ts';
import { named } from './positional.ts';
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

export const certificateCommands = buildRouteMap<'make' | 'check' | 'digest-keys' | 'key', Session>({
  routes: {
    make: buildCommand<MakeFlags, [], Session>({
      loader: async () => (await import('./certificate-make.ts')).makeCertificates,
      parameters: { flags: makeFlags, aliases: shorthands },
      docs: { brief: 'Read both sides of mailboxes, and sign what was found', fullDescription: certificateHelp },
    }),
    check: buildCommand<Omit<CheckFlags, 'deep'>, [string], Session>({
      loader: async () => (await import('./certificate-check.ts')).checkFile,
      parameters: {
        positional: named('FILE', 'A certificate, such as ann@corp.example.json'),
        flags: checkFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Check one, without a database and without an estate', fullDescription: certificateCheckHelp },
    }),
    'digest-keys': buildCommand<DigestKeyFlags, [], Session>({
      loader: async () => (await import('./certificate-make.ts')).writeDigestKeys,
      parameters: { flags: digestKeyFlags, aliases: shorthands },
      docs: {
        brief: 'The keys with which contents are checked, one for each mailbox',
        fullDescription: certificateHelp,
      },
    }),
    key: keyCommands,
  },
  docs: { brief: 'What became of a mailbox, signed, for anyone to check', fullDescription: certificateHelp },
});

export const evidenceCommands = buildRouteMap<'export', Session>({
  routes: {
    export: buildCommand<ExportFlags, [], Session>({
      loader: async () => (await import('./evidence-export.ts')).exportBundle,
      parameters: { flags: exportFlags, aliases: shorthands },
      docs: { brief: 'The evidence of an organisation, to be taken away', fullDescription: evidenceHelp },
    }),
  },
  docs: { brief: 'What a local administrator takes away, and can check', fullDescription: evidenceHelp },
});
