/** Answers about who is let in, and about second persons. */

import type { Revoked } from '#domain/access.ts';
import { type Holder, mayGive } from '#domain/rights.ts';
import { type Answerers, type Asked, notThere, refused, unfit } from './answer.ts';
import type { accessContract } from './contract-access.ts';
import type { Operation } from './operation.ts';
import { wire } from './shapes/shape.ts';

const dayMs = 86_400_000;
const usualDays = 90;

export const accessAnswers: Answerers<typeof accessContract> = {
  async 'list-tokens'({ desk, query: { all = false } }) {
    return { tokens: wire(await desk.access.tokens.list({ ended: all })) };
  },
  async 'create-token'(asked) {
    const { desk, who, body } = asked;
    const { name, role, organisation = null, scopes = null, days, seconds } = body;
    if (days !== undefined && seconds !== undefined) throw unfit('give days or seconds, and not both');
    if (role === 'local-administrator' && organisation === null)
      throw unfit('organisation: a local administrator is one of an organisation');
    const held = { role, organisation };
    const giver = holderOf(asked);
    if (!mayGive(giver, { who: '', person: '', roles: [held], scopes }))
      throw refused('Nobody gives more than they may do themselves.', { kind: 'too-much' });
    const order = {
      name: name.trim(),
      role: held,
      scopes,
      lastsMs: seconds === undefined ? (days ?? usualDays) * dayMs : seconds * 1_000,
    };
    const made = await desk.access.tokens.create(order, who, giver.person);
    if (made.kind === 'unknown-organisation') throw notThere('organisation', String(organisation), made.nearest);
    return { token: wire(made.token), bearer: made.bearer };
  },
  async 'revoke-token'({ desk, who, params: { token }, body: { why = null } }) {
    return changedBy(await desk.access.tokens.revoke(token, who, why), 'token', token);
  },
  async 'list-sessions'({ desk, query: { all = false } }) {
    return { sessions: wire(await desk.access.sessions.list({ ended: all })) };
  },
  async 'revoke-session'({ desk, who, params: { session }, body: { why = null } }) {
    return changedBy(await desk.access.sessions.revoke(session, who, why), 'session', session);
  },
  async 'list-approvals'(asked) {
    const { desk, query } = asked;
    return { approvals: wire(await desk.access.approvals.list({ ended: query.all ?? false }, holderOf(asked))) };
  },
  async approve(asked) {
    const { desk, params, body } = asked;
    const approved = await desk.access.approvals.approve(params.approval, holderOf(asked), body.why);
    if (approved.kind === 'approved') return wire(approved.approval);
    switch (approved.why) {
      case 'unknown':
        throw notThere('approval', String(params.approval));
      case 'own':
        throw refused('It was asked for by you: a second person is somebody else.', { kind: 'own' });
      case 'ended':
        throw refused('It was approved before, or has expired.', { kind: 'ended' });
    }
  },
};

function changedBy(revoked: Revoked, what: string, id: number): { readonly changed: boolean } {
  if (revoked === 'unknown') throw notThere(what, String(id));
  return { changed: revoked === 'revoked' };
}

function holderOf({ holder }: Pick<Asked<Operation>, 'holder'>): Holder {
  if (holder === null) throw new Error('nobody is asking');
  return holder;
}
