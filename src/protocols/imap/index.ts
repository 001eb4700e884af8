/** IMAP as a client speaks it: sessions that stream and pipeline, and a function per command. */

export { AppendStream } from './append-stream.ts';
export type { AppendWords } from './append-words.ts';
export { Capabilities } from './capabilities.ts';
export type { Place } from './command.ts';
export { fetchBodies, type BodiesOutcome, type BodySink } from './commands/bodies.ts';
export {
  create,
  list,
  listExtended,
  namespace,
  quotaRoot,
  rename,
  status,
  subscribe,
  unsubscribe,
  type Listed,
  type StatusItems,
} from './commands/mailboxes.ts';
export {
  copy,
  expunge,
  fetchHeaders,
  fetchList,
  idle,
  move,
  store,
  type ListOptions,
  type MessageTold,
} from './commands/messages.ts';
export { authenticate, capability, enable, id, login, noop } from './commands/sign-in.ts';
export * from './date-time.ts';
export { clean, ImapError, type Trouble } from './errors.ts';
export type { FetchedMessage } from './fetch.ts';
export { usualLimits, type Limits } from './limits.ts';
export type { ListedMailbox, MailboxStatus, Namespace, Namespaces, Quota } from './mailbox-data.ts';
export { decodeMailboxName, encodeMailboxName, isWellEncoded } from './modified-utf7.ts';
export { largestNumber, NumberGatherer, splitNumberSet, writeNumberSet, type NumberSet } from './number-set.ts';
export type { Opened } from './opened.ts';
export type { ResponseCode } from './response-code.ts';
export type { Tagged } from './response.ts';
export * as sasl from './sasl.ts';
export { Session, type SessionListener, type SessionOptions, type Trace } from './session.ts';
export type { SessionPace } from './session-pace.ts';
export type { AppendAnswer } from './streamed-commands.ts';
export type { Greeting } from './told.ts';
export { isFlag, type LiteralManner } from './writer.ts';
