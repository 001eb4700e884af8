/** Who is let in by the API: `godwit access`. What the commands do is loaded when they are called. */

import { buildCommand, buildRouteMap } from '@stricli/core';
import {
  accessListFlags,
  type AccessListFlags,
  accessWhyFlags,
  type AccessWhyFlags,
  approveFlags,
  type ApproveFlags,
  tokenCreateFlags,
  type TokenCreateFlags,
} from './access-flags.ts';
import { accessHelp } from './access-help.ts';
import { shorthands } from './flags.ts';
import { named } from './positional.ts';
import type { Session } from './session.ts';

const tokenCommands = buildRouteMap<'create' | 'list' | 'revoke', Session>({
  routes: {
    create: buildCommand<TokenCreateFlags, [], Session>({
      loader: async () => (await import('./access-tokens.ts')).createToken,
      parameters: { flags: tokenCreateFlags, aliases: shorthands },
      docs: { brief: 'Make a token, which is shown once', fullDescription: accessHelp },
    }),
    list: buildCommand<AccessListFlags, [], Session>({
      loader: async () => (await import('./access-tokens.ts')).listTokens,
      parameters: { flags: accessListFlags, aliases: shorthands },
      docs: { brief: 'Who was given what, until when, and when it was used last', fullDescription: accessHelp },
    }),
    revoke: buildCommand<AccessWhyFlags, [string], Session>({
      loader: async () => (await import('./access-tokens.ts')).revokeToken,
      parameters: { positional: named('ID', 'Its number'), flags: accessWhyFlags, aliases: shorthands },
      docs: { brief: 'Let nobody in by it any more', fullDescription: accessHelp },
    }),
  },
  docs: { brief: 'Tokens of machines', fullDescription: accessHelp },
});

const sessionCommands = buildRouteMap<'list' | 'revoke', Session>({
  routes: {
    list: buildCommand<AccessListFlags, [], Session>({
      loader: async () => (await import('./access-sessions.ts')).listSessions,
      parameters: { flags: accessListFlags, aliases: shorthands },
      docs: { brief: 'Who is signed in', fullDescription: accessHelp },
    }),
    revoke: buildCommand<AccessWhyFlags, [string], Session>({
      loader: async () => (await import('./access-sessions.ts')).revokeSession,
      parameters: { positional: named('ID', 'Its number'), flags: accessWhyFlags, aliases: shorthands },
      docs: { brief: 'Sign somebody out', fullDescription: accessHelp },
    }),
  },
  docs: { brief: 'Sessions of people who signed in', fullDescription: accessHelp },
});

export const accessCommands = buildRouteMap<'token' | 'session' | 'approvals' | 'approve', Session>({
  routes: {
    token: tokenCommands,
    session: sessionCommands,
    approvals: buildCommand<AccessListFlags, [], Session>({
      loader: async () => (await import('./access-approvals.ts')).listApprovals,
      parameters: { flags: accessListFlags, aliases: shorthands },
      docs: { brief: 'What waits for a second person', fullDescription: accessHelp },
    }),
    approve: buildCommand<ApproveFlags, [string], Session>({
      loader: async () => (await import('./access-approvals.ts')).approve,
      parameters: { positional: named('ID', 'Its number'), flags: approveFlags, aliases: shorthands },
      docs: { brief: 'Be the second person', fullDescription: accessHelp },
    }),
  },
  docs: { brief: 'Who is let in by the API, and what they may do', fullDescription: accessHelp },
});
