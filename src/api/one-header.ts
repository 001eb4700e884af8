/** The same as `undefined` where it was sent twice: nobody knows which was meant. */
export function oneHeader(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
