/** `fetch` for an issuer: what it answers is bounded, since whoever stands at that address is not ours. */

import type { CustomFetchOptions } from 'openid-client';

/** A token of Entra ID has some 3 kB, the metadata of an issuer 10. */
const longestAnswerOctets = 1_048_576;

class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong';
}

/** Fetches, and fails as soon as the body is longer than any answer should be. */
export async function bounded(url: string, options: CustomFetchOptions): Promise<Response> {
  const answer = await fetch(url, options as RequestInit);
  if (!answer.body) return answer;
  let octets = 0;
  const counted = answer.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        octets += chunk.length;
        if (octets > longestAnswerOctets)
          throw new AnswerTooLong(`its answer is longer than ${longestAnswerOctets} octets`);
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(counted, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
}
