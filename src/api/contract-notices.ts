/** The contract: messages to people, looked at before they go and sent when they are due. Templates lie where the server is. */

import Type from 'typebox';
import { noticeKinds } from '#domain/notice-kinds.ts';
import { get, name, oneLine, post } from './operation.ts';
import { noticeLetter, noticesDue, noticesSent } from './shapes/notices.ts';
import { fields, flag, named, oneOf } from './shapes/shape.ts';

const moment = Type.Optional(oneOf(noticeKinds, 'Only these; else all.'));
const wave = Type.Optional(name('Only to people of this wave.'));

export const noticesContract = {
  'preview-notice': get({
    path: '/v1/notices/preview',
    does: 'The very message that somebody would get.',
    act: 'send-notices',
    object: 'mailbox',
    query: fields({
      address: oneLine(400, 'Of a mailbox.'),
      moment: Type.Optional(oneOf(noticeKinds, 'Which message; else T-14.')),
      language: Type.Optional(oneLine(64, 'Instead of the reader’s own, such as de.')),
    }),
    answer: noticeLetter,
  }),
  'see-notices-due': get({
    path: '/v1/notices/due',
    does: 'To how many what is due at this moment, by wave and message.',
    act: 'send-notices',
    query: fields({ wave, moment }),
    answer: named('NoticesDue', 'What would be sent.', { due: Type.Array(noticesDue) }),
  }),
  'send-notices': post({
    path: '/v1/notices/send',
    does: 'Send what is due, for three quarters of a minute at most; sent again it goes on.',
    act: 'send-notices',
    body: fields({ wave, moment }),
    answer: named('NoticesSentNow', 'What was sent this time.', {
      sent: noticesSent,
      isMore: flag('More is due: order it again.'),
    }),
  }),
} as const;
