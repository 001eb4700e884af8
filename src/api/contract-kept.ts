/** The contract: what is kept of an estate besides its mailboxes: sealed secrets, which can be set and never read, notices, the audit log. */

import Type from 'typebox';
import { noticeStates } from '#domain/notice-list.ts';
import { get, name, paging, post } from './operation.ts';
import { auditLine } from './shapes/audit.ts';
import { lastErased } from './shapes/secrets.ts';
import { keptSecret, noticeCounts, noticeLine } from './shapes/kept.ts';
import { count, fields, maybe, named, oneOf, text } from './shapes/shape.ts';

const before = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 999_999_999_999_999,
    description: 'Only older ones: `next` of the page before.',
  }),
);

/** As `sealedName` of the domain has it. */
const secretName = Type.String({ minLength: 1, maxLength: 400, description: 'Its name, without blanks.' });

export const keptContract = {
  'list-secrets': get({
    path: '/v1/secrets',
    does: 'The names of sealed secrets, in their order, and nothing of what they hold.',
    act: 'manage-secrets',
    query: fields({ ...paging, prefix: Type.Optional(name('Only names that begin with this.')) }),
    answer: named('Secrets', 'A part of a list.', {
      lines: Type.Array(keptSecret),
      next: maybe(text('Give it as `after` to go on.')),
      erased: maybe(lastErased),
    }),
  }),
  'set-secret': post({
    path: '/v1/secrets',
    does: 'Seal a secret, in the place of the one that had its name. Nobody is ever told it again.',
    act: 'manage-secrets',
    body: fields({
      name: secretName,
      secret: Type.String({ minLength: 1, maxLength: 32_000, description: 'The secret itself, in one line.' }),
    }),
    answer: named('SecretSet', 'It is sealed.', { name: text('In its one spelling.') }),
  }),
  'remove-secret': post({
    path: '/v1/secrets/remove',
    does: 'Remove a sealed secret.',
    act: 'manage-secrets',
    object: 'secret',
    body: fields({ name: secretName }),
    answer: named('SecretRemoved', 'It is gone.', { name: text('In its one spelling.') }),
  }),
  'list-notices': get({
    path: '/v1/notices',
    does: 'Messages to people, the latest first, and how many there are in which state.',
    act: 'send-notices',
    object: 'wave',
    query: fields({
      limit: paging.limit,
      before,
      wave: Type.Optional(name('Only of this wave.')),
      state: Type.Optional(oneOf(noticeStates, 'Only in this state.')),
    }),
    answer: named('Notices', 'A part of a list.', {
      lines: Type.Array(noticeLine),
      next: maybe(count('Give it as `before` to go on.')),
      counts: noticeCounts,
    }),
  }),
  'send-notices-again': post({
    path: '/v1/notices/again',
    does: 'Have those that were refused tried once more.',
    act: 'send-notices',
    object: 'wave',
    body: fields({ wave: Type.Optional(name('Only of this wave.')) }),
    answer: named('NoticesAgain', 'They are tried when it is time.', { notices: count('How many.') }),
  }),
  'list-audit': get({
    path: '/v1/audit',
    does: 'The audit log, the newest records first.',
    act: 'see-audit',
    query: fields({
      limit: paging.limit,
      before,
      since: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 253_402_300_799_999, description: 'In milliseconds since 1970.' }),
      ),
      who: Type.Optional(name('Part of the name of who did it.')),
      what: Type.Optional(name('What was done, to the letter.')),
      mailbox: Type.Optional(name('The address of a mailbox.')),
    }),
    answer: named('AuditPage', 'A part of the log.', {
      lines: Type.Array(auditLine),
      next: maybe(count('Give it as `before` to go on.')),
    }),
  }),
} as const;
