/** `godwit access` by the API of a server, which knows whose token it is and judges what they may give. */

import type { ApiClient } from '#api/client.ts';
import type { AccessDesk } from '#cli/world.ts';
import type { ApprovalLine, Approved, Revoked, SessionLine, TokenLine, TokenMade } from '#domain/access.ts';
import { fault, isFault } from '#domain/fault.ts';
import { orNotThere, orRefused, was } from './outcomes-there.ts';
import { reasonIn } from './waves-there.ts';

export function accessThere(client: ApiClient): AccessDesk {
  return {
    // The server knows whose token it is, and writes that.
    holder: { who: '', person: '', roles: [], scopes: null },
    tokens: {
      create: ({ name, role: { role, organisation }, scopes, lastsMs }) =>
        orNotThere<TokenMade>(
          lostOrNot(
            name,
            client
              .ask('create-token', {
                body: {
                  name,
                  role,
                  ...(organisation === null ? {} : { organisation }),
                  ...(scopes === null ? {} : { scopes: [...scopes] }),
                  seconds: Math.round(lastsMs / 1_000),
                },
              })
              .then(({ token, bearer }): TokenMade => ({ kind: 'made', token: was<TokenLine>(token), bearer })),
          ),
          (nearest) => ({ kind: 'unknown-organisation', nearest }),
        ),
      list: async ({ ended }) =>
        was<readonly TokenLine[]>((await client.ask('list-tokens', { query: { all: ended } })).tokens),
      revoke: (token, _who, why) => revoked(client.ask('revoke-token', { params: { token }, body: reasonIn(why) })),
    },
    sessions: {
      list: async ({ ended }) =>
        was<readonly SessionLine[]>((await client.ask('list-sessions', { query: { all: ended } })).sessions),
      revoke: (session, _who, why) =>
        revoked(client.ask('revoke-session', { params: { session }, body: reasonIn(why) })),
    },
    approvals: {
      list: async ({ ended }) =>
        was<readonly ApprovalLine[]>((await client.ask('list-approvals', { query: { all: ended } })).approvals),
      approve: (approval, _holder, why) => approved(client.ask('approve', { params: { approval }, body: { why } })),
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

/** A token whose answer was lost lets somebody in all the same, and whoever wanted it has to be told so. */
async function lostOrNot<Made>(name: string, asked: Promise<Made>): Promise<Made> {
  try {
    return await asked;
  } catch (error) {
    const isSure = isFault(error, 'api.key.done');
    const isInDoubt =
      isFault(error, 'api.key.under-way') ||
      isFault(error, 'api.server.in-doubt') ||
      isFault(error, 'api.server.silent');
    if (!isSure && !isInDoubt) throw error;
    throw fault('access.token.lost', { name, isSure }, { cause: error });
  }
}

function revoked(asked: Promise<{ readonly changed: boolean }>): Promise<Revoked> {
  return orNotThere<Revoked>(
    asked.then(({ changed }) => (changed ? 'revoked' : 'ended')),
    () => 'unknown',
  );
}

/** What the server refuses is called by why it does. */
async function approved(asked: Promise<unknown>): Promise<Approved> {
  type Outcome =
    | { readonly kind: 'approved'; readonly approval: ApprovalLine }
    | { readonly kind: 'own' | 'ended' | 'unknown' };
  const done = asked.then((approval): Outcome => ({ kind: 'approved', approval: approval as ApprovalLine }));
  const outcome = await orNotThere(orRefused<Outcome>(done, 'own', 'ended'), (): Outcome => ({ kind: 'unknown' }));
  return outcome.kind === 'approved' ? outcome : { kind: 'refused', why: outcome.kind };
}
