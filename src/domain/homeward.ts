/** A selection as it is seen from the target, once people live there: what they have there is theirs, and all of it goes home. */

import { withoutRemoved } from './removed-folder.ts';
import { everything, type Selection } from './selection.ts';

/**
 * What is carried back after the switch. What was left out on the way there concerned mail of the source; whatever people have
 * on the target now goes home, under the names that it had there. Of folders that were merged the first is the home.
 */
export function homeward({ map }: Selection): Selection {
  const turned = map.map(({ from, to }) => ({ from: to, to: from }));
  const first = turned.filter((rule, i) => turned.findIndex(({ from }) => from === rule.from) === i);
  return withoutRemoved({ ...everything, map: first });
}
