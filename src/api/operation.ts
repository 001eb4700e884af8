/**
 * An operation of the API as the contract describes it: plain data, from which routes, OpenAPI and clients are made. Nothing here
 * knows how it is done.
 */

import Type, { type Static, type TObject, type TSchema } from 'typebox';
import type { Act } from '#domain/rights.ts';
import { problemShape } from './problem.ts';
import { fields } from './shapes/shape.ts';

/**
 * Who may ask. An act of `domain/rights.ts`, or several of them, any of which is enough; `anybody` who says who they are; or `public`, everybody, which is for what is the same
 * for all and no secret.
 */
export type Asker = Act | readonly Act[] | 'anybody' | 'public';

/** What its path names: of what lies outside of somebody's part they are told what they are told of what does not exist. */
export type ObjectKind =
  | 'mailbox'
  | 'organisation'
  | 'wave'
  | 'worker'
  | 'door'
  | 'fault'
  | 'token'
  | 'session'
  | 'approval'
  | 'secret'
  | 'file';

export interface Operation {
  readonly method: 'GET' | 'POST';
  /** With parameters as in `/v1/waves/:wave`. */
  readonly path: `/${string}`;
  /** What it does, in a sentence. */
  readonly does: string;
  readonly act: Asker;
  readonly object: ObjectKind | null;
  readonly params: TObject;
  readonly query: TObject;
  readonly body: TObject | null;
  /** Its body is a file, octet by octet, and no JSON. */
  readonly takesFile?: boolean;
  /** Of the answer; where it is told in lines, of each. */
  readonly answer: TSchema;
  /**
   * `lines`: as long as it has to be, a JSON document on each line (application/x-ndjson). `events`: goes on until somebody has enough
   * (text/event-stream); `answer` is then the data of an event.
   */
  readonly answers: 'document' | 'lines' | 'events';
  /** It reads more than anybody wants to wait for. */
  readonly isLong?: boolean;
  /** Its answer is told once only, and kept nowhere. */
  readonly isSecret?: boolean;
}

export type ParamsOf<Each extends Operation> = Static<Each['params']>;
export type QueryOf<Each extends Operation> = Static<Each['query']>;
export type BodyOf<Each extends Operation> = Each['body'] extends TObject ? Static<Each['body']> : null;
export type AnswerOf<Each extends Operation> = Static<Each['answer']>;

const none = fields({});
type None = typeof none;

interface Told<Params extends TObject, Answer extends TSchema> {
  readonly path: `/${string}`;
  readonly does: string;
  readonly act: Asker;
  readonly object?: ObjectKind;
  readonly isLong?: boolean;
  readonly params?: Params;
  readonly answer: Answer;
}

/** A question. */
export function get<Answer extends TSchema, Params extends TObject = None, Query extends TObject = None>(
  told: Told<Params, Answer> & { readonly query?: Query },
) {
  const { params, query, object = null, ...rest } = told;
  return {
    ...rest,
    object,
    method: 'GET',
    params: (params ?? none) as Params,
    query: (query ?? none) as Query,
    body: null,
    answers: 'document',
  } as const satisfies Operation;
}

/** A question whose answer is as long as it has to be, and is told line by line. */
export function lines<Answer extends TSchema, Params extends TObject = None, Query extends TObject = None>(
  told: Told<Params, Answer> & { readonly query?: Query },
) {
  return { ...get(told), answers: 'lines' } as const satisfies Operation;
}

/** A question that goes on being answered. */
export function events<Answer extends TSchema, Params extends TObject = None, Query extends TObject = None>(
  told: Told<Params, Answer> & { readonly query?: Query },
) {
  return { ...get(told), answers: 'events' } as const satisfies Operation;
}

/** An order. Its body is an object, if only `{}`. */
export function post<Answer extends TSchema, Body extends TObject, Params extends TObject = None>(
  told: Told<Params, Answer> & { readonly body: Body },
) {
  const { params, object = null, ...rest } = told;
  return {
    ...rest,
    object,
    method: 'POST',
    params: (params ?? none) as Params,
    query: none,
    answers: 'document',
  } as const satisfies Operation;
}

const brokenOff = fields({ problem: problemShape });
export type BrokenOff = Static<typeof brokenOff>;

/**
 * An order that takes its time: told line by line how far it is, and in the last line what came of it, or the problem that ended it. It
 * is obeyed as long as somebody reads. Sent again under its key once it was done it is answered that it was.
 */
export function longOrder<Line extends TSchema, Body extends TObject, Params extends TObject = None>(
  told: Told<Params, Line> & { readonly body: Body },
) {
  return { ...post(told), answer: Type.Union([told.answer, brokenOff]), answers: 'lines' } as const satisfies Operation;
}

/** A file that is sent. */
export function takesFile<Answer extends TSchema, Params extends TObject = None>(told: Told<Params, Answer>) {
  return { ...get(told), method: 'POST', takesFile: true } as const satisfies Operation;
}

/** One line that shows all it holds. */
export const oneLine = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: String.raw`^[^\x00-\x1f\x7f]+$`, description });

export const name = (description: string) => oneLine(200, description);
export const why = oneLine(1_000, 'Why, for whoever reads the audit log later.');
/** The name of a file that was sent before: SHA-256 of its octets. */
export const fileName = (description: string) => Type.String({ pattern: '^[0-9a-f]{64}$', description });

/** Where a reason is wanted, and where it may be given. */
export const reason = { why } as const;
export const anyReason = { why: Type.Optional(why) } as const;

export const selectText = oneLine(2_000, 'Which mailboxes, as in `organisation=RXY stage=following` (docs/estate.md).');

/** Addresses in one order, which is obeyed for all of them or for none. */
export const addressesMost = 500;
/** Lines in one page. */
export const pageMost = 1_000;

/** Pages of a list. */
export const paging = {
  after: Type.Optional(oneLine(500, 'Goes on after this one: `next` of the page before.')),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: pageMost, default: 50, description: 'At most so many lines; else 50.' }),
  ),
} as const;
/** As many as a screen shows. */
export const usualLimit = 50;
