/** Joins probes of a switch to the proxy and to the secrets that they need. No password is written anywhere. */

import { trySignIn } from '#connectors/imap/try-sign-in.ts';
import { type Named, userOn } from '#domain/platform.ts';
import type { ProbeSettings } from '#domain/probe-settings.ts';
import type { Log } from '#lib/log.ts';
import { type SignInProbes, signInProbes } from '#operations/probe-sign-ins.ts';
import type { Reach } from '#ports/reach.ts';
import type { Secrets } from '#ports/secrets.ts';

/** As the section `probes` of godwit.yaml says. Their passwords are asked of `secrets` for each sign-in, so that a new one counts at once. */
export function probesOf(settings: ProbeSettings, secrets: Secrets, reach: Reach, log: Log): SignInProbes {
  const { signIn, user: template, atOnce, perMinute } = settings;
  const signsIn = trySignIn(settings, reach);
  const passwordOf = ({ address }: Named): Promise<string> =>
    signIn.kind === 'each' ? secrets.ofMailbox(signIn.secrets, address) : secrets.resolve(signIn.secret);
  return signInProbes({
    atOnce,
    perMinute,
    log,
    async attempt(mailbox, signal) {
      const person = userOn('source', { user: template }, mailbox);
      const user = signIn.kind === 'admin' ? `${person}*${signIn.admin}` : person;
      return signsIn(user, await passwordOf(mailbox), signal);
    },
  });
}
