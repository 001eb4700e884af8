/** Whose name it may be that somebody signed in under: what to look for in the list of mailboxes. */

import { type SideName, userParts } from './platform.ts';

export interface NameMeanings {
  /** Addresses, of mailboxes or as aliases. */
  readonly addresses: readonly string[];
  /** What the list calls somebody on a platform. */
  readonly users: readonly string[];
  /** What stands before the at sign of one address; only where nothing else is found, and where it is one alone. */
  readonly local: string | null;
}

/** `name` in lower case; `template` as the settings of that side have it, `{local}@old.example`. */
export function meaningsOf(name: string, side: SideName, template: string | null): NameMeanings {
  // Windows puts a domain before the name: `corp\ann`.
  const bare = name.slice(name.lastIndexOf('\\') + 1);
  const found = filledIn(bare, side, template) ?? filledIn(name, side, template);
  const made =
    found && (found['address'] ?? (found['local'] && found['domain'] && `${found['local']}@${found['domain']}`));
  const user = found?.['source_user'] ?? found?.['target_user'] ?? null;
  return {
    addresses: distinct([bare, made ?? null]).filter((each) => each.includes('@')),
    users: distinct([name, bare, user]),
    local: made ? null : (found?.['local'] ?? (bare.includes('@') ? null : bare)),
  };
}

type Filled = Readonly<Record<string, string | undefined>>;

/** What was filled into the template for this name to come of it; null where none could. */
function filledIn(name: string, side: SideName, template: string | null): Filled | null {
  if (template === null) return null;
  const parts = userParts(side, { user: template });
  const seen = new Set<string>();
  const pattern = parts.map((part) => {
    if ('text' in part) return part.text.toLowerCase().replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
    if (seen.has(part.field)) return `\\k<${part.field}>`;
    seen.add(part.field);
    return part.field === 'local' || part.field === 'domain' ? `(?<${part.field}>[^@]+)` : `(?<${part.field}>.+)`;
  });
  return new RegExp(`^${pattern.join('')}$`, 's').exec(name)?.groups ?? null;
}

function distinct(words: readonly (string | null)[]): readonly string[] {
  return [...new Set(words.filter((word) => word !== null && word !== ''))] as string[];
}
