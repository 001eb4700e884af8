/** The contract: how the estate stands, what it holds, and what is ordered of all of it. */

import Type from 'typebox';
import { fields, flag, maybe, named, text } from './shapes/shape.ts';
import { auditVerified } from './shapes/audit.ts';
import { estateForecast, forecastPast } from './shapes/forecast.ts';
import { organisationLine, pageOf } from './shapes/mailbox.ts';
import { brake, doorKnown, estateNow, workerState } from './shapes/status.ts';
import { get, paging, post, reason } from './operation.ts';

/** What becomes of something that is either done, or was so already. */
const isOn = maybe(brake);

export const estateContract = {
  'see-status': get({
    path: '/v1/status',
    does: 'How the estate stands.',
    act: 'see',
    answer: estateNow,
  }),
  'list-organisations': get({
    path: '/v1/organisations',
    does: 'Organisations, in the order of their codes.',
    act: 'see',
    query: fields(paging),
    answer: pageOf('OrganisationPage', organisationLine),
  }),
  'see-forecast': get({
    path: '/v1/forecast',
    does: 'When each wave will have been copied and have switched.',
    act: 'see-works',
    answer: estateForecast,
  }),
  'see-past-forecasts': get({
    path: '/v1/forecast/past',
    does: 'What was forecast of waves that are over, and what became of it, the latest first.',
    act: 'see-works',
    query: fields({ limit: paging.limit }),
    answer: named('PastForecasts', 'Waves that are over.', { waves: Type.Array(forecastPast) }),
  }),
  'see-brake': get({
    path: '/v1/brake',
    does: 'Whether the brake is on.',
    act: 'see-works',
    answer: named('BrakeState', 'Whether it is on.', { brake: isOn }),
  }),
  'pull-brake': post({
    path: '/v1/brake/on',
    does: 'Nothing is switched from now on.',
    act: 'brake-on',
    body: fields(reason),
    answer: named('BrakePulled', 'What came of it.', { changed: flag('It was off before.'), brake: isOn }),
  }),
  'release-brake': post({
    path: '/v1/brake/off',
    does: 'Switching goes on.',
    act: 'brake-off',
    body: fields(reason),
    answer: named('BrakeReleased', 'What came of it.', { changed: flag('It was on before.') }),
  }),
  'list-workers': get({
    path: '/v1/workers',
    does: 'Who is at work.',
    act: 'see-works',
    answer: named('Workers', 'All of them.', { workers: Type.Array(workerState) }),
  }),
  'drain-worker': post({
    path: '/v1/workers/:worker/drain',
    does: 'Have a worker take nothing new, and end when it has done what it has in hand.',
    act: 'steer-works',
    object: 'worker',
    params: fields({ worker: Type.String({ format: 'uuid', description: 'Its id.' }) }),
    body: fields({}),
    answer: named('WorkerDrained', 'It has been told.', { worker: text('Its id.') }),
  }),
  'list-doors': get({
    path: '/v1/doors',
    does: 'The doors that mail systems ask where a mailbox lives now.',
    act: 'see-works',
    answer: named('Doors', 'All of them.', { doors: Type.Array(doorKnown) }),
  }),
  'forget-door': post({
    path: '/v1/doors/:door/forget',
    does: 'Wait no more for a door that is lost and stopped.',
    act: 'steer-works',
    object: 'door',
    params: fields({ door: Type.String({ format: 'uuid', description: 'Its id.' }) }),
    body: fields(reason),
    answer: named('DoorForgotten', 'It is waited for no more.', { door: text('Its id.') }),
  }),
  'verify-audit': get({
    path: '/v1/audit/verification',
    does: 'Whether the audit log is as it was written, all of it. That takes as long as the log is.',
    act: 'see-audit',
    isLong: true,
    answer: auditVerified,
  }),
} as const;
