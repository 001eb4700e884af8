/** What can be wrong with a question to the HTTP API; part of the catalogue (`fault.ts`). */

import type { WhyRefused } from './access.ts';
import { entry } from './fault-entry.ts';

/** A server that is asked, as it may be shown; and words about it, bounded and clean. */
type Asked = { readonly server: string };
type Said = { readonly text: string };

export const apiFaults = {
  'api.server.unreachable': entry<Asked & Said>(
    'estate',
    'paced',
    ({ server, text }) => `${server} cannot be asked: ${text}`,
    'Check the address (--server, GODWIT_SERVER), that `godwit serve` runs there with `api` in its godwit.yaml, and the way to it. An order that was sent is obeyed once, however often it is sent.',
  ),
  'api.server.untrusted': entry<Asked & Said>(
    'estate',
    'operator',
    ({ server, text }) => `The certificate of ${server} cannot be trusted: ${text}`,
    'Give the authority that signed it with --server-ca FILE or GODWIT_CA (PEM), and use the name that it bears. Nothing was sent.',
  ),
  'api.server.silent': entry<Asked & { readonly seconds: number }>(
    'estate',
    'paced',
    ({ server, seconds }) => `${server} did not answer within ${seconds} seconds.`,
    'Ask how things stand before you order the same again: nobody knows whether it was obeyed.',
  ),
  'api.server.garbled': entry<Asked & Said>(
    'estate',
    'operator',
    ({ server, text }) => `What answers at ${server} does not answer as Godwit does: ${text}`,
    'Check the address, and what stands in between (a proxy, a sign-in page). A server of another version may answer otherwise: use the same on both sides.',
  ),
  'api.server.broke-off': entry<Asked>(
    'estate',
    'soon',
    ({ server }) => `The answer of ${server} broke off.`,
    'What was told is not whole. Ask again.',
  ),
  'api.server.in-doubt': entry<Asked>(
    'estate',
    'operator',
    ({ server }) => `The connection to ${server} broke, and nobody knows whether the order was obeyed.`,
    'Ask how things stand before you order the same again.',
  ),
  'api.bearer.missing': entry<object>(
    'estate',
    'operator',
    () => 'Nobody is told anything here who does not say who they are.',
    'Send a token with `Authorization: Bearer …`; docs/api.md says how one is made and kept.',
  ),
  'api.bearer.refused': entry<{ readonly why: WhyRefused }>(
    'estate',
    'operator',
    ({ why }) =>
      why === 'without-role'
        ? 'Your groups give you no role here any more.'
        : `What was sent to prove who is asking is ${why}.`,
    'Ask whoever gave it out for another; whoever signed in signs in again.',
  ),
  'api.bearer.too-many': entry<{ readonly seconds: number }>(
    'estate',
    'paced',
    ({ seconds }) =>
      `Too many wrong tokens came from there: nobody is let in from that address for ${seconds} seconds.`,
    'Wait, and see which program has a token that is not good any more.',
  ),
  'api.origin.foreign': entry<object>(
    'estate',
    'operator',
    () => 'This was ordered in your name by a page that is not ours.',
    'Order it from the page at the `origin` that godwit.yaml names, or with a token.',
  ),
  'api.act.forbidden': entry<{ readonly act: string }>(
    'estate',
    'operator',
    ({ act }) => `Your role does not let you do this (${act}).`,
    'Ask an owner of the programme for a role that does.',
  ),
  'api.not-there': entry<{
    readonly what: string;
    readonly name: string;
    readonly nearest: string | null;
    /** What the operation answered, for programs. */
    readonly outcome?: { readonly kind: string };
  }>(
    'estate',
    'operator',
    ({ what, name, nearest }) =>
      `There is no ${what} ${JSON.stringify(name)} here${nearest === null ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`}.`,
    'Check its name; the lists show what there is.',
  ),
  'api.route.unknown': entry<object>(
    'estate',
    'operator',
    () => 'There is nothing at this address.',
    'Look it up in /openapi.json, which describes every address there is.',
  ),
  'api.request.unfit': entry<{ readonly text: string; readonly problems: readonly string[] }>(
    'estate',
    'operator',
    ({ text }) => `This cannot be done as it was asked: ${text}`,
    'Look up in /openapi.json what is expected.',
  ),
  'api.body.malformed': entry<object>(
    'estate',
    'operator',
    () => 'What was sent is not JSON.',
    'Send one JSON object in UTF-8.',
  ),
  'api.body.not-json': entry<object>(
    'estate',
    'operator',
    () => 'What was sent does not say that it is JSON.',
    'Send it with `Content-Type: application/json`.',
  ),
  'api.body.too-large': entry<{ readonly kilobytes: number }>(
    'estate',
    'operator',
    ({ kilobytes }) => `What was sent is larger than the ${kilobytes} kB that are read.`,
    'Send less at a time.',
  ),
  'api.streams.too-many': entry<{ readonly seconds: number }>(
    'estate',
    'paced',
    () => 'So many follow what changes already that nobody more is told.',
    'Ask again in a while; close what nobody looks at. A program needs one stream, however many it tells.',
  ),
  'api.evidence.busy': entry<{ readonly seconds: number }>(
    'estate',
    'paced',
    () => 'So many bundles of evidence are being fetched already that no other is begun.',
    'Fetch it again in a while.',
  ),
  'api.key.missing': entry<object>(
    'estate',
    'operator',
    () => 'An order wants an Idempotency-Key, so that sent twice it is obeyed once.',
    'Send a header `Idempotency-Key` with 8 to 128 letters, digits, - or _ of your own choice, such as a UUID.',
  ),
  'api.key.other-body': entry<object>(
    'estate',
    'operator',
    () => 'This Idempotency-Key was used for something else within the last day.',
    'Give each order a key of its own.',
  ),
  'api.key.under-way': entry<object>(
    'estate',
    'paced',
    () => 'What was sent under this Idempotency-Key first is still being done, or nobody heard how it ended.',
    'Ask how things stand before you send it again, under another key.',
  ),
  'api.key.done': entry<object>(
    'estate',
    'never',
    () => 'What was sent under this Idempotency-Key has been done, and its answer is told once only.',
    'Ask how things stand; send a new order under another key.',
  ),
  'api.approval.waits': entry<{ readonly approval: number; readonly act: string }>(
    'estate',
    'operator',
    ({ approval, act }) => `Two people do this here (${act}): it waits for somebody else to approve ${approval}.`,
    'Have somebody approve it (`godwit access approve`, or /v1/approvals), then send the same order once more, under another key.',
  ),
  'api.approval.overtaken': entry<{
    readonly approval: number;
    readonly act: string;
    readonly before: number;
    readonly meant: number;
    readonly means: number;
  }>(
    'estate',
    'operator',
    ({ approval, act, before, meant, means }) =>
      `Others are meant now than when ${before} was asked for (${act}): ${meant === means ? `${means}, and not the same` : `${meant} then, ${means} now`}. It waits for somebody else to approve ${approval}.`,
    'See who is meant now; then have somebody approve it anew (`godwit access approve`, or /v1/approvals), and send the same order once more.',
  ),
  'api.refused': entry<{ readonly text: string; readonly outcome: { readonly kind: string } }>(
    'estate',
    'operator',
    ({ text }) => text,
    'See how it stands, and ask again when that has changed.',
  ),
} as const;
