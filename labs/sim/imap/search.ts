/** SEARCH by the few keys that movers of mail use, with the answer of ESEARCH where asked for (RFC 4731, RFC 9051 §6.4.4). */

import type { MemoryMessage } from '#connectors/memory/platform.ts';
import { Malformed, readSet, textOf, type Value, wordOf } from './parse.ts';
import type { Selected } from './selected.ts';
import { bad, ok, type Reply } from './reply.ts';
import type { Session } from './session.ts';
import { writeSet } from './write.ts';

type Test = (message: MemoryMessage, sequence: number) => boolean;

export function search(session: Session, values: readonly Value[], byUid: boolean): Reply {
  const selected = session.selected as Selected;
  let rest = [...values];
  let returned: readonly string[] | null = null;
  if (rest[0]?.kind === 'atom' && wordOf(rest[0]) === 'RETURN') {
    if (!session.has('ESEARCH')) return bad('RETURN is not offered');
    returned = rest[1]?.kind === 'list' ? rest[1].items.map(wordOf) : [];
    rest = rest.slice(2);
  }
  if (rest[0]?.kind === 'atom' && wordOf(rest[0]) === 'CHARSET') rest = rest.slice(2);
  const tests = keys(rest, selected);
  const found = selected.uids.filter((uid, index) => {
    const message = selected.folder.message(uid);
    return message !== undefined && tests.every((test) => test(message, index + 1));
  });
  const numbers: readonly number[] = byUid ? found : found.map((uid) => selected.sequence(uid));
  if (returned === null) session.say(`SEARCH${numbers.map((number) => ` ${number}`).join('')}`);
  else session.say(`ESEARCH${byUid ? ' UID' : ''}${extended(returned.length > 0 ? returned : ['ALL'], numbers)}`);
  return ok('Search completed.');
}

function extended(wanted: readonly string[], numbers: readonly number[]): string {
  return wanted
    .map((word) => {
      if (word === 'COUNT') return ` COUNT ${numbers.length}`;
      // Nothing found: these are left out altogether (RFC 4731 §3.1).
      if (numbers.length === 0) return '';
      if (word === 'MIN') return ` MIN ${numbers[0]}`;
      if (word === 'MAX') return ` MAX ${numbers.at(-1)}`;
      if (word === 'ALL') return ` ALL ${writeSet(numbers)}`;
      throw new Malformed(`no such result: ${word.slice(0, 30)}`);
    })
    .join('');
}

const flagKeys: Record<string, readonly [flag: string, wanted: boolean]> = {
  SEEN: ['\\Seen', true],
  UNSEEN: ['\\Seen', false],
  DELETED: ['\\Deleted', true],
  UNDELETED: ['\\Deleted', false],
  FLAGGED: ['\\Flagged', true],
  UNFLAGGED: ['\\Flagged', false],
  ANSWERED: ['\\Answered', true],
  UNANSWERED: ['\\Answered', false],
  DRAFT: ['\\Draft', true],
  UNDRAFT: ['\\Draft', false],
};

function keys(values: readonly Value[], selected: Selected): readonly Test[] {
  const tests: Test[] = [];
  for (let at = 0; at < values.length; at++) {
    const word = wordOf(values[at]);
    const flag = flagKeys[word];
    if (flag) tests.push(({ flags }) => flags.includes(flag[0]) === flag[1]);
    else if (word === 'ALL') tests.push(() => true);
    else if (word === 'UID') {
      const ranges = readSet(textOf(values[++at]), selected.uids.at(-1) ?? 1);
      tests.push(({ uid }) => ranges.some(([first, last]) => first <= uid && uid <= last));
    } else if (word === 'MODSEQ') {
      const since = BigInt(textOf(values[++at]));
      tests.push(({ modSeq }) => modSeq >= since);
    } else if (word === 'KEYWORD' || word === 'UNKEYWORD') {
      const keyword = textOf(values[++at]);
      tests.push(({ flags }) => flags.includes(keyword) === (word === 'KEYWORD'));
    } else if (/^[\d*]/.test(word)) {
      const ranges = readSet(word, selected.uids.length);
      tests.push((_, sequence) => ranges.some(([first, last]) => first <= sequence && sequence <= last));
    } else throw new Malformed(`no such key: ${word.slice(0, 30)}`);
  }
  return tests;
}
