/** The contract: what changes, told as it happens. */

import Type from 'typebox';
import { events } from './operation.ts';
import { eventData } from './shapes/change.ts';
import { fields } from './shapes/shape.ts';

/** A number of a link of the audit log. */
export const eventId = Type.Integer({
  minimum: 0,
  maximum: 999_999_999_999_999,
  description: 'The id of the event that you had last, where you cannot send it as Last-Event-ID; else from now on.',
});

export const eventsContract = {
  'follow-changes': events({
    path: '/v1/events',
    does: 'What changes, about once a second, until you end it: events `changes`, and `reset` where everything is to be read anew.',
    act: 'see',
    query: fields({ after: Type.Optional(eventId) }),
    answer: eventData,
  }),
} as const;
