/** What `godwit doctor` says of who is let in. */

import type { TokenLine } from './access.ts';
import { fine, look, type Remark } from './diagnosis.ts';

/** So many are named by their numbers: of names and makers only those are told who may list tokens. */
const namedMost = 5;
const soonMs = 14 * 86_400_000;

/** `tokens`: those that let somebody in. `now`: as their times. */
export function judgeTokens(tokens: readonly TokenLine[], now: number): readonly Remark[] {
  if (tokens.length === 0) return [];
  const orphans = tokens.filter(({ makerMay }) => makerMay === false);
  const ending = tokens.filter(({ expiresAt, usedAt }) => usedAt !== null && expiresAt.getTime() - now < soonMs);
  const remarks = [
    ...(orphans.length === 0
      ? []
      : [
          look(
            'tokens',
            `${orphans.length} let somebody in though their makers might not make them any more: ${numbers(orphans)}`,
            'See who needs them (godwit access token list); revoke them, or have somebody else make others.',
          ),
        ]),
    ...(ending.length === 0
      ? []
      : [
          look(
            'tokens',
            `${ending.length} that are used end within 14 days: ${numbers(ending)}`,
            'Make others before they end: godwit access token create.',
          ),
        ]),
  ];
  return remarks.length === 0 ? [fine('tokens', `${tokens.length} let somebody in`)] : remarks;
}

function numbers(tokens: readonly TokenLine[]): string {
  const named = tokens.slice(0, namedMost).map(({ id }) => id);
  return `${named.join(', ')}${tokens.length > named.length ? ', …' : ''}`;
}
