/** Messages to people: `godwit notices`. What the commands do is loaded when they are called. */

import { buildCommand, buildRouteMap } from '@stricli/core';
import {
  noticeListFlags,
  type NoticeListFlags,
  noticePreviewFlags,
  type NoticePreviewFlags,
  noticeSendFlags,
  type NoticeSendFlags,
  shorthands,
} from './flags.ts';
import { noticesHelp } from './notices-help.ts';
import { named } from './positional.ts';
import type { Session } from './session.ts';

export const noticeCommands = buildRouteMap<'preview' | 'send' | 'list', Session>({
  routes: {
    preview: buildCommand<NoticePreviewFlags, [string], Session>({
      loader: async () => (await import('./notices.ts')).previewNotice,
      parameters: {
        positional: named('ADDRESS', 'Of a mailbox, such as ann@corp.example'),
        flags: noticePreviewFlags,
        aliases: shorthands,
      },
      docs: { brief: 'The very message that somebody would get', fullDescription: noticesHelp },
    }),
    send: buildCommand<NoticeSendFlags, [], Session>({
      loader: async () => (await import('./notices.ts')).sendDueNotices,
      parameters: { flags: noticeSendFlags, aliases: shorthands },
      docs: { brief: 'Send what is due now, as godwit serve does by itself', fullDescription: noticesHelp },
    }),
    list: buildCommand<NoticeListFlags, [], Session>({
      loader: async () => (await import('./notices.ts')).listNotices,
      parameters: { flags: noticeListFlags, aliases: shorthands },
      docs: { brief: 'What was sent to whom when, and what failed and why', fullDescription: noticesHelp },
    }),
  },
  docs: { brief: 'Messages to people before, on and after the day of their move', fullDescription: noticesHelp },
});
