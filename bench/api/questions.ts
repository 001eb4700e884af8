/** What the API is asked in the bench: each of its questions at least once, lists and searches from the common to the mean. */

import { sql } from 'kysely';
import { contract, type OperationName } from '#api/contract.ts';
import type { Database } from '#store/db.ts';
import { oneRow } from '#store/db.ts';

export interface Asked {
  readonly operation: OperationName;
  /** Paths and queries, taken in turn, so that no two clients always ask the same. */
  readonly paths: readonly string[];
  readonly what: string;
}

/** Not listings, searches or details, and why none of them is bound to a tenth of a second. */
const others: Readonly<Partial<Record<string, string>>> = {
  'verify-audit': 'reads the whole log',
  'see-audit-head': 'chains what is not chained yet',
  'compare-audit-heads': 'is asked with what was kept elsewhere',
  'see-notices-due': 'wants settings of messages',
  'preview-notice': 'wants templates of messages',
  'examine-estate': 'looks at everything that it stands on',
  'see-forecast': 'plays what is left of the programme',
  'report-wave': 'tells tens of thousands of lines',
  'list-applications': 'tells all of an estate, line by line',
  'export-evidence': 'tells all of an organisation, file by file',
  'check-wave': 'looks at each of its mailboxes on both platforms',
  'verify-wave': 'compares both ends of each of its mailboxes',
  'see-file': 'is about what was sent just before',
  'follow-changes': 'a stream; npm run bench -- events',
};

interface Sample {
  readonly address: string;
  readonly organisation: string;
  readonly wave: string;
}

const samplesMost = 500;

/** Names of this estate, spread over all of it. */
async function samples(db: Database): Promise<readonly Sample[]> {
  const { most } = await oneRow(db.sql, sql<{ most: number }>`select max(id) as most from mailbox`);
  const { rows } = await sql<Sample>`
    select m.address, o.code as organisation, w.name as wave
      from generate_series(1, ${samplesMost}::int) as n
      join mailbox m on m.id = 1 + (n::int8 * ${Math.floor(most / samplesMost)}) % ${most}
      join organisation o on o.id = m.organisation join wave w on w.id = m.wave`.execute(db.sql);
  return rows;
}

export async function questionsOf(db: Database): Promise<readonly Asked[]> {
  const known = await samples(db);
  const listing = (what: string, select: (sample: Sample) => string, after?: (sample: Sample) => string): Asked => ({
    operation: 'list-mailboxes',
    what: `mailboxes, ${what}`,
    paths: known.map((sample) => {
      const query = new URLSearchParams();
      if (select(sample) !== '') query.set('select', select(sample));
      if (after) query.set('after', after(sample));
      return `/v1/mailboxes?${query.toString()}`;
    }),
  });
  const plain = (operation: OperationName, of: (path: string, sample: Sample) => string = (path) => path): Asked => ({
    operation,
    what: contract[operation].does,
    paths: known.map((sample) => of(contract[operation].path, sample)),
  });
  const named = (operation: OperationName): Asked =>
    plain(operation, (path, { address, organisation, wave }) =>
      path
        .replace(':address', encodeURIComponent(address))
        .replace(':organisation', encodeURIComponent(organisation))
        .replace(':wave', encodeURIComponent(wave))
        .replace(':code', 'target.quota'),
    );
  const listings = [
    listing(
      'all, from anywhere on',
      () => '',
      ({ address }) => address,
    ),
    listing('blocked', () => 'stage=blocked'),
    listing(
      'following, from anywhere on',
      () => 'stage=following',
      ({ address }) => address,
    ),
    listing('of an organisation', ({ organisation }) => `organisation=${organisation}`),
    listing('under a region', () => 'under=Q000'),
    listing('of a wave', ({ wave }) => `wave=${wave}`),
    listing('of a wave, settled', ({ wave }) => `wave=${wave} stage=settled`),
    listing('application accounts', () => 'kind=application'),
    listing('search: an address', ({ address }) => `address=${address}`),
    listing('search: the beginning of an address', ({ address }) => `address=${address.slice(0, 6)}*`),
    listing('search: a name', ({ address }) => `name=${nameIn(address)}`),
    listing('search: a first and the beginning of a last name', ({ address }) => `name=${nameIn(address, 2)}`),
  ];
  const gets = (Object.keys(contract) as OperationName[]).filter(
    (name) => contract[name].method === 'GET' && name !== 'list-mailboxes' && others[name] === undefined,
  );
  return [...listings, ...gets.map(named)];
}

/** Of `zoe.smith81@…` the last name, or the first and the beginning of the last. */
function nameIn(address: string, words = 1): string {
  const [first = '', last = ''] = (address.split('@')[0] ?? '').split(/[.\d]+/);
  return words === 1 ? last || first : `${first}.${last.slice(0, 3)}`;
}
