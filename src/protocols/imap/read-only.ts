/** The guard of a session that only reads (promise 4): nothing else leaves it, whatever somebody above may ask for. */

/** First words of commands that change nothing on a server, but for what a sign-in leaves in its logs. */
const harmless = [
  'CAPABILITY',
  'NOOP',
  'LOGOUT',
  'STARTTLS',
  'AUTHENTICATE',
  'LOGIN',
  'ID',
  'ENABLE',
  'COMPRESS',
  'EXAMINE',
  'LIST',
  'LSUB',
  'STATUS',
  'NAMESPACE',
  'GETQUOTAROOT',
  'IDLE',
  'UID FETCH',
] as const;

/** Throws where the command could change something: also for a FETCH that would set \Seen (RFC 9051 §6.4.5). */
export function assertReadOnly(command: string): void {
  const isKnown = harmless.some((verb) => command === verb || command.startsWith(`${verb} `));
  // oxlint-disable-next-line no-control-regex -- a name may hold anything
  const marks = command.startsWith('UID FETCH') && /BODY\[|BINARY\[|RFC822(?:\.TEXT|[ )]|$)/i.test(command);
  if (!isKnown || marks) throw new Error(`a session that only reads was asked for ${command.split(' ', 2).join(' ')}`);
}
