/** The words for what is served otherwise than it was read, which a ledger keeps, and how they read from the other side. */

/** Stands between the details of several differences of one message. */
export const between = ' | ';
export const lacks = 'lacks';
export const besides = 'has besides';

/** Flags that one side lacks, and that it has besides. */
export function flagWords(missing: readonly string[], extra: readonly string[]): string {
  const words = [
    missing.length > 0 ? `${lacks} ${missing.join(' ')}` : '',
    extra.length > 0 ? `${besides} ${extra.join(' ')}` : '',
  ];
  return words.filter((part) => part !== '').join(', ');
}

export function dateWords(source: string, target: string): string {
  return `${source} on the source, ${target} on the target`;
}

/** What a detail of the class `name` says when source and target have changed their parts. */
export function turnedWords(name: string, detail: string): string {
  if (name === 'date') {
    const [, source, target] = /^(.*) on the source, (.*) on the target$/.exec(detail) ?? [];
    return source === undefined || target === undefined ? detail : dateWords(target, source);
  }
  if (name !== 'flags' && name !== 'keywords') return detail;
  const [, missing = '', extra = ''] =
    new RegExp(`^(?:${lacks} (.*?))?(?:, |)(?:${besides} (.*))?$`, 's').exec(detail) ?? [];
  const listOf = (text: string): readonly string[] => (text === '' ? [] : text.split(' '));
  return flagWords(listOf(extra), listOf(missing)) || detail;
}
