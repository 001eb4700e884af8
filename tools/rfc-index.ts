/**
 * Gathers the places of the standards that the code names, in the one form we write them (`RFC 9051 §7.5.2`), and makes
 * docs/rfc-coverage.md of them: by document, by section, with the lines that honour it. Tests are counted apart.
 */

export interface Citation {
  readonly rfc: number;
  /** `7.5.2`, or null where the whole document is meant. */
  readonly section: string | null;
  readonly path: string;
  readonly line: number;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const titles: Readonly<Record<number, string>> = {
  2088: 'IMAP4 non-synchronizing literals (older form)',
  2104: 'HMAC: keyed hashing for message authentication',
  2152: 'UTF-7',
  2177: 'IMAP IDLE',
  2195: 'AUTH CRAM-MD5',
  2342: 'IMAP NAMESPACE',
  2595: 'Using TLS with IMAP, POP3 and ACAP',
  2971: 'IMAP ID',
  3339: 'Date and time on the internet',
  3348: 'IMAP CHILDREN',
  3501: 'IMAP4rev1',
  3502: 'IMAP MULTIAPPEND',
  3516: 'IMAP BINARY',
  3691: 'IMAP UNSELECT',
  3986: 'Uniform Resource Identifier',
  4314: 'IMAP ACL',
  4315: 'IMAP UIDPLUS',
  4466: 'Collected extensions to IMAP4 ABNF',
  4551: 'IMAP CONDSTORE (older form)',
  4616: 'SASL PLAIN',
  4648: 'Base16, Base32 and Base64',
  4731: 'IMAP ESEARCH',
  4959: 'IMAP SASL-IR',
  4978: 'IMAP COMPRESS',
  5092: 'IMAP URL scheme',
  5161: 'IMAP ENABLE',
  5182: 'IMAP SEARCHRES',
  5228: 'Sieve',
  5258: 'IMAP LIST-EXTENDED',
  5321: 'SMTP',
  5322: 'Internet Message Format',
  5464: 'IMAP METADATA',
  5530: 'IMAP response codes',
  5788: 'IMAP keyword registry',
  5819: 'IMAP LIST-STATUS',
  5869: 'HKDF',
  6154: 'IMAP SPECIAL-USE',
  6532: 'Internationalized email headers',
  6749: 'OAuth 2.0',
  6750: 'OAuth 2.0 bearer tokens',
  6851: 'IMAP MOVE',
  6855: 'IMAP support for UTF-8',
  7162: 'IMAP CONDSTORE and QRESYNC',
  7377: 'IMAP MULTISEARCH',
  7515: 'JSON Web Signature',
  7519: 'JSON Web Token',
  7523: 'JWT profile for OAuth 2.0',
  7628: 'SASL OAUTHBEARER',
  7888: 'IMAP LITERAL+ and LITERAL-',
  7889: 'IMAP APPENDLIMIT',
  8414: 'OAuth 2.0 authorization server metadata',
  8437: 'IMAP UNAUTHENTICATE',
  8438: 'IMAP STATUS=SIZE',
  8446: 'TLS 1.3',
  8457: 'IMAP $Important',
  8474: 'IMAP OBJECTID',
  8514: 'IMAP SAVEDATE',
  8621: 'JMAP for mail',
  9051: 'IMAP4rev2',
  9208: 'IMAP QUOTA',
  9525: 'Service identity in TLS',
  9585: 'IMAP INPROGRESS',
};

/** Every place named in a file. `RFC 7162 §3.2.5, §3.2.10` names two. */
export function citationsOf(file: SourceFile): readonly Citation[] {
  const citations: Citation[] = [];
  const form = /\bRFC (\d{3,5})((?:(?:,| and|,? or)? ?§+ ?(?:[0-9]+|[A-Z](?=\.|\b))(?:\.[0-9]+)*)*)/g;
  file.text.split('\n').forEach((text, index) => {
    for (const [, rfc, places] of text.matchAll(form)) {
      const sections = [...(places as string).matchAll(/§+ ?([0-9A-Z]+(?:\.[0-9]+)*)/g)].map(
        (found) => found[1] as string,
      );
      for (const section of sections.length === 0 ? [null] : sections) {
        citations.push({ rfc: Number(rfc), section, path: file.path, line: index + 1 });
      }
    }
  });
  return citations;
}

/** The page, from all the files of src/. */
export function rfcCoverage(files: readonly SourceFile[]): string {
  const citations = files.filter((file) => file.path.startsWith('src/')).flatMap(citationsOf);
  const documents = [...Map.groupBy(citations, (citation) => citation.rfc)].toSorted(([a], [b]) => a - b);
  return [
    '# Where the standards are honoured',
    '',
    'Gathered from the comments in `src/` by `npm run docs`; do not edit. A place is named where the code that honours it',
    'stands (lines as they were then); tests that show it are in the last column.',
    '',
    ...documents.flatMap(([rfc, named]) => [
      `## RFC ${rfc}${titles[rfc] ? `: ${titles[rfc]}` : ''}`,
      '',
      '| section | code | tests |',
      '| --- | --- | --- |',
      ...[...Map.groupBy(named, (citation) => citation.section ?? '')]
        .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
        .map(([section, places]) => {
          const tests = places.filter((place) => place.path.endsWith('.test.ts'));
          const code = places.filter((place) => !place.path.endsWith('.test.ts'));
          return `| ${section === '' ? 'as a whole' : `§${section}`} | ${listed(code)} | ${listed(tests)} |`;
        }),
      '',
    ]),
  ].join('\n');
}

/** `src/a.ts:1, 7; src/b.ts:3` */
function listed(places: readonly Citation[]): string {
  return [...Map.groupBy(places, (place) => place.path)]
    .map(([path, lines]) => `${path}:${[...new Set(lines.map((place) => place.line))].join(', ')}`)
    .join('; ');
}
