/** The contract: who is let in, and what waits for a second person. */

import Type from 'typebox';
import { acts, roles } from '#domain/rights.ts';
import { anyReason, get, name, post, reason } from './operation.ts';
import { approvalLine, sessionLine, tokenLine } from './shapes/access.ts';
import { fields, flag, named, oneOf, text } from './shapes/shape.ts';

const id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Its number.' });
/** So written in a query: `?all=true`. */
const all = fields({ all: Type.Optional(flag('Also those that have ended.')) });
const ended = (title: string) => named(title, 'What came of it.', { changed: flag('It let somebody in until now.') });
const daysMost = 366;

export const accessContract = {
  'list-tokens': get({
    path: '/v1/tokens',
    does: 'Tokens of machines, the newest first.',
    act: 'manage-access',
    query: all,
    answer: named('Tokens', 'Tokens.', { tokens: Type.Array(tokenLine) }),
  }),
  'create-token': {
    ...post({
      path: '/v1/tokens',
      does: 'Make a token, which is told once. Nobody gives more than they may do themselves.',
      act: 'manage-access',
      body: fields({
        name: Type.String({
          minLength: 1,
          maxLength: 100,
          pattern: String.raw`^ *[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$`,
          description: 'What it is for.',
        }),
        role: oneOf(roles, 'What it may do.'),
        organisation: Type.Optional(name('Only to this one and all below it, by its code.')),
        scopes: Type.Optional(
          Type.Array(oneOf(acts, 'An act.'), { minItems: 1, maxItems: acts.length, description: 'Only this of it.' }),
        ),
        days: Type.Optional(
          Type.Integer({ minimum: 1, maximum: daysMost, default: 90, description: 'For how many days; else 90.' }),
        ),
        seconds: Type.Optional(
          Type.Integer({ minimum: 1, maximum: daysMost * 86_400, description: 'For how long instead, to the second.' }),
        ),
      }),
      answer: named('TokenMade', 'A new token.', {
        token: tokenLine,
        bearer: text('The token itself, for `Authorization: Bearer …`. It is kept nowhere.'),
      }),
    }),
    isSecret: true,
  },
  'revoke-token': post({
    path: '/v1/tokens/:token/revoke',
    does: 'Let nobody in by it any more.',
    act: 'manage-access',
    object: 'token',
    params: fields({ token: id }),
    body: fields(anyReason),
    answer: ended('TokenRevoked'),
  }),
  'list-sessions': get({
    path: '/v1/sessions',
    does: 'Who is signed in, the latest first.',
    act: 'manage-access',
    query: all,
    answer: named('Sessions', 'Sessions.', { sessions: Type.Array(sessionLine) }),
  }),
  'revoke-session': post({
    path: '/v1/sessions/:session/revoke',
    does: 'Sign somebody out.',
    act: 'manage-access',
    object: 'session',
    params: fields({ session: id }),
    body: fields(anyReason),
    answer: ended('SessionRevoked'),
  }),
  'list-approvals': get({
    path: '/v1/approvals',
    does: 'What waits for a second person, the newest first; of who may not see the whole estate, what they asked for themselves.',
    act: 'anybody',
    query: all,
    answer: named('Approvals', 'Approvals.', { approvals: Type.Array(approvalLine) }),
  }),
  approve: post({
    path: '/v1/approvals/:approval/approve',
    does: 'Be the second person, of what somebody else wants to do and you may do yourself.',
    act: 'anybody',
    object: 'approval',
    params: fields({ approval: id }),
    body: fields(reason),
    answer: approvalLine,
  }),
} as const;
