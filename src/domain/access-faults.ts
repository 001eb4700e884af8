/** What can be wrong when people sign in; part of the catalogue (`fault.ts`). */

import { entry } from './fault-entry.ts';

export const accessFaults = {
  'access.token.lost': entry<{ readonly name: string; readonly isSure: boolean }>(
    'estate',
    'operator',
    ({ name, isSure }) =>
      `The token "${name}" ${isSure ? 'was' : 'may have been'} made, and nobody has it: it is told once only, and that was lost on the way.`,
    'See with `godwit access token list` whether it is there: the newest of that name, and never used. Revoke it (`godwit access token revoke`), and make another.',
  ),
  'access.sign-in.none': entry<object>(
    'estate',
    'operator',
    () => 'Nobody signs in here: the settings name no identity provider.',
    'Write `sign-in` under `api` in godwit.yaml (docs/access.md), or use a token.',
  ),
  'access.sign-in.unavailable': entry<{ readonly host: string; readonly text: string }>(
    'estate',
    'paced',
    ({ host, text }) => `Nobody can sign in at the moment, since ${host} cannot be asked: ${text}`,
    'Check `sign-in` in godwit.yaml, the secret of the client, and that this machine may reach the provider over HTTPS.',
  ),
  'access.sign-in.refused': entry<{ readonly text: string }>(
    'estate',
    'operator',
    ({ text }) => `This sign-in is no good: ${text}`,
    'Begin again at /v1/sign-in. If it is so each time, compare the settings of the provider with `sign-in` in godwit.yaml.',
  ),
  'access.sign-in.too-many': entry<{ readonly seconds: number }>(
    'estate',
    'paced',
    ({ seconds }) => `Too many sign-ins from that address came to nothing: wait for ${seconds} seconds.`,
    'Wait, then begin again at /v1/sign-in. Behind a proxy see that it says who comes (`behind-proxy`, docs/access.md), or all share one address.',
  ),
  'access.sign-in.nameless': entry<{ readonly claim: string }>(
    'estate',
    'operator',
    ({ claim }) => `The provider does not say for certain who you are (claim ${JSON.stringify(claim)}).`,
    'Have the provider send that claim (and `email_verified` with an address), or name another as `who-claim`.',
  ),
  'access.sign-in.without-role': entry<{ readonly who: string }>(
    'estate',
    'operator',
    ({ who }) => `${JSON.stringify(who)} is in no group that has a role here.`,
    'Have somebody put you in one of the groups that `roles` under `sign-in` in godwit.yaml names, and sign in again.',
  ),
} as const;
