/** Every command of the lab's server by name, and the state it wants (RFC 9051 §6). */

import { append } from './append.ts';
import { fetch } from './fetch.ts';
import * as folders from './folders.ts';
import { list, lsub } from './list.ts';
import { search } from './search.ts';
import { capability, compress, enable, id, idle, logout, noop, startTls } from './any-state.ts';
import type { Reply } from './reply.ts';
import type { Session } from './session.ts';
import { authenticate, login } from './sign-in.ts';
import { close, examine, select, unselect } from './selecting.ts';
import { copy, expunge, move, store, uidExpunge } from './store.ts';
import type { Value } from './parse.ts';

/** Null when the command has given its tagged answer itself. */
export type Command = (session: Session, values: readonly Value[], tag: string) => Promise<Reply | null> | Reply | null;

const anyState: Record<string, Command> = {
  CAPABILITY: capability,
  NOOP: noop,
  LOGOUT: logout,
  ID: id,
  STARTTLS: startTls,
  AUTHENTICATE: authenticate,
  LOGIN: login,
};

const signedIn: Record<string, Command> = {
  ENABLE: enable,
  COMPRESS: compress,
  SELECT: select,
  EXAMINE: examine,
  CREATE: folders.create,
  DELETE: folders.remove,
  RENAME: folders.rename,
  SUBSCRIBE: folders.subscribe,
  UNSUBSCRIBE: folders.unsubscribe,
  LIST: list,
  LSUB: lsub,
  NAMESPACE: folders.namespace,
  STATUS: folders.status,
  GETQUOTA: folders.quota,
  GETQUOTAROOT: folders.quotaRoot,
  APPEND: append,
  IDLE: idle,
};

const selected: Record<string, Command> = {
  CHECK: noop,
  CLOSE: close,
  UNSELECT: unselect,
  EXPUNGE: expunge,
  SEARCH: (session, values) => search(session, values, false),
  FETCH: (session, values) => fetch(session, values, false),
  STORE: (session, values) => store(session, values, false),
  COPY: (session, values) => copy(session, values, false),
  MOVE: (session, values) => move(session, values, false),
  'UID SEARCH': (session, values) => search(session, values, true),
  'UID FETCH': (session, values) => fetch(session, values, true),
  'UID STORE': (session, values) => store(session, values, true),
  'UID COPY': (session, values) => copy(session, values, true),
  'UID MOVE': (session, values) => move(session, values, true),
  'UID EXPUNGE': uidExpunge,
};

export const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({ ...anyState, ...signedIn, ...selected }),
);

export function stateNeeded(name: string): 'any' | 'signed-in' | 'selected' {
  return Object.hasOwn(selected, name) ? 'selected' : Object.hasOwn(signedIn, name) ? 'signed-in' : 'any';
}
