/** What is told of a selector that names what is not there. */

import type { UnknownName } from '#domain/selector.ts';
import { shown } from './shown.ts';

/** `organisation=RXZ: there is no such organisation; did you mean RXY?` */
export function unknownText({ key, value, nearest }: UnknownName): string {
  const what = key === 'wave' ? 'wave' : 'organisation';
  return `${key}=${shown(value, 80)}: there is no such ${what}${nearest === null ? '.' : `; did you mean ${shown(nearest, 80)}?`}`;
}
