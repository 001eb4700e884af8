/** Folder trees that have made movers of mail stumble. Each is asked for; what the server makes of it is read back. */

import { Chance } from '../src/lib/chance.ts';
import { awkwardMessages, plainMessages } from './awkward-mail.ts';
import type { SeedFolder, SeedMessage } from './seed.ts';

/** A whole account: every message trait once, every folder trait once, some plain mail, an empty folder. */
export function awkwardAccount(seed: number, crlfOnly = false): readonly SeedFolder[] {
  const chance = new Chance(seed);
  const few = (name: string): readonly SeedMessage[] => [...plainMessages(chance.bits(), 2, name)];
  const folder = (...path: readonly string[]): SeedFolder => ({ path, messages: few(path.join('-')) });
  const deep = Array.from({ length: 22 }, (_, i) => `level ${i + 1}`);
  return [
    { path: ['INBOX'], messages: [...awkwardMessages(seed, crlfOnly), ...plainMessages(seed, 30)], subscribed: true },
    { path: ['Sent'], messages: few('sent'), subscribed: true, specialUse: '\\Sent' },
    { path: ['Drafts'], messages: few('drafts'), specialUse: '\\Drafts' },
    { path: ['Trash'], messages: few('trash'), specialUse: '\\Trash' },
    { path: ['Junk'], specialUse: '\\Junk' },
    { path: ['Archive'], messages: few('archive'), subscribed: true, specialUse: '\\Archive' },
    { path: ['Empty'], subscribed: true },
    // Its parent is never created: Dovecot makes it \Noselect, Cyrus lists it otherwise.
    folder('Parent only', 'child'),
    folder(...deep),
    folder('Größe & Maße'),
    folder('日本語', '受信'),
    folder('\u{1f426} bird'),
    folder('R&D'),
    folder('caf\u00e9 NFC'),
    folder('cafe\u0301 NFD'),
    folder('Case'),
    folder('CASE'),
    folder('Case', 'below'),
    folder('CASE', 'below'),
    // Where a dot divides names, the first is written as the second.
    folder('v1.2'),
    folder('v1%2E2'),
    // Some refuse it, some make one of the two, some keep both.
    folder('double', 'divided'),
    folder('double', '', 'divided'),
    folder(' lead'),
    folder('trail '),
    folder('two  blanks'),
    folder('x'.repeat(120)),
    folder('quote " and backslash \\'),
    folder('percent % and star *'),
    folder("apostrophe ' and (brackets) [too] {8}"),
    folder('CON'),
    folder('Inbox2'),
    folder('INBOX', 'below'),
    folder('NIL'),
    folder('Lists', 'a-b', 'c_d'),
    { path: ['Gone long ago'], subscribed: true, deleted: true },
  ];
}
