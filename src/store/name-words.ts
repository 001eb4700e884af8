/** Whom people mean by words of a name: each is the beginning of a word of the address or of the display name, in whatever order. */

import { type RawBuilder, sql } from 'kysely';
import { nameWords } from '#domain/selector.ts';

/** Of a mailbox `m`, as the index of migration 0023 has it: another expression would walk past everybody. */
const words = sql`to_tsvector('simple'::regconfig, translate(m.address, '.@_-+', '     ') || ' ' || coalesce(m.display_name, ''))`;

/** Every word of `name` is there. Words are letters and digits only, so that nothing in them has a meaning to `to_tsquery`. */
export function isNamed(name: string): RawBuilder<boolean> {
  const query = nameWords(name)
    .map((word) => `${word}:*`)
    .join(' & ');
  return sql<boolean>`${words} @@ to_tsquery('simple'::regconfig, ${query})`;
}
