/** The commands up to the authenticated state and those that tune a session (RFC 9051 §6.1, §6.2, §6.3.1). */

import { Capabilities } from '../capabilities.ts';
import { type Command, mustBeOk, refusal } from '../command.ts';
import { type BearerError, bearerErrorOf, type SaslMechanism } from '../sasl.ts';
import type { Session } from '../session.ts';

/** CAPABILITY (RFC 9051 §6.1.1): what the server says it can do at this moment; the session knows it as well. */
export function capability(session: Session): Promise<Capabilities> {
  let told: Capabilities | null = null;
  return session.run({
    name: 'CAPABILITY',
    compose: (writer) => writer.raw('CAPABILITY'),
    take(response) {
      if (response.kind !== 'capability') return false;
      told = new Capabilities(response.names);
      session.capabilities = told;
      return true;
    },
    end(answer) {
      mustBeOk('CAPABILITY', answer);
      return told ?? session.capabilities;
    },
  });
}

/** LOGIN (RFC 9051 §6.2.3). Resolves with true when the server has told its capabilities along with the answer. */
export function login(session: Session, user: string, password: string): Promise<boolean> {
  const octets = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
  return session.run(
    signingIn('LOGIN', session, (writer) =>
      writer.raw('LOGIN ').string(octets(user)).raw(' ').string(octets(password)),
    ),
  );
}

/** AUTHENTICATE (RFC 9051 §6.2.2), with its first response where the server takes that (SASL-IR, RFC 4959). Resolves as `login` does. */
export function authenticate(session: Session, mechanism: SaslMechanism): Promise<boolean> {
  const sendsFirst = mechanism.initialResponse !== null && session.capabilities.has('SASL-IR');
  let isFirstSent = sendsFirst || mechanism.initialResponse === null;
  let index = 0;
  let reason: BearerError | null = null;
  // RFC 4959 §3: an empty first response is spelt `=`.
  const first = sendsFirst ? ` ${mechanism.initialResponse === '' ? '=' : mechanism.initialResponse}` : '';
  const command = signingIn('AUTHENTICATE', session, (writer) => writer.raw(`AUTHENTICATE ${mechanism.name}${first}`));
  return session.run({
    ...command,
    continued(challenge) {
      if (!isFirstSent) {
        isFirstSent = true;
        return mechanism.initialResponse;
      }
      reason = bearerErrorOf(challenge) ?? reason;
      return mechanism.answer(challenge, index++) ?? '*';
    },
    end(answer, opened) {
      // RFC 7628 §3.2.2: why a token is refused stands in the challenge, and the answer often says nothing.
      const why =
        reason === null ? '' : ` (${reason.status}${reason.scope === null ? '' : `, wanted: ${reason.scope}`})`;
      return command.end({ ...answer, text: `${answer.text}${why}` }, opened);
    },
  });
}

function signingIn(name: string, session: Session, compose: Command<boolean>['compose']): Command<boolean> {
  let told = false;
  return {
    name,
    isSecret: true,
    compose,
    take(response) {
      if (response.kind !== 'capability') return false;
      told = true;
      session.capabilities = new Capabilities(response.names);
      return true;
    },
    end(answer) {
      mustBeOk(name, answer);
      return told || answer.code?.kind === 'capability';
    },
  };
}

/** ENABLE (RFC 9051 §6.3.1). A server may turn on less, and iCloud says nothing at all: ask `session.enabled` afterwards. */
export function enable(session: Session, extensions: readonly string[]): Promise<void> {
  return session.run({
    name: 'ENABLE',
    compose: (writer) => writer.raw(`ENABLE ${extensions.join(' ')}`),
    take(response) {
      if (response.kind !== 'enabled') return false;
      for (const name of response.names) session.enabled.add(name);
      // RFC 7162 §3.2.3: QRESYNC turns on CONDSTORE.
      if (session.enabled.has('QRESYNC')) session.enabled.add('CONDSTORE');
      return true;
    },
    end(answer) {
      mustBeOk('ENABLE', answer);
    },
  });
}

/** ID (RFC 2971): says who we are; resolves with what the server says of itself, in lower-case field names. */
export function id(session: Session, fields: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  let told: ReadonlyMap<string, string> = new Map();
  return session.run({
    name: 'ID',
    compose(writer) {
      writer.raw('ID (');
      Object.entries(fields).forEach(([name, value], index) => {
        writer
          .raw(index === 0 ? '' : ' ')
          .string(name)
          .raw(' ')
          .string(value);
      });
      writer.raw(')');
    },
    take(response) {
      if (response.kind !== 'id') return false;
      told = response.fields;
      return true;
    },
    end(answer) {
      mustBeOk('ID', answer);
      return told;
    },
  });
}

/** NOOP (RFC 9051 §6.1.2): a sign of life, and a measure of the round trip. */
export function noop(session: Session): Promise<void> {
  return session.run({
    name: 'NOOP',
    compose: (writer) => writer.raw('NOOP'),
    end(answer) {
      if (answer.status === 'BAD') throw refusal('NOOP', answer);
    },
  });
}
