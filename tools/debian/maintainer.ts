/** Whoever builds a package, as Debian's own tools ask for them (debchange(1)): a name and an address where they can be written to. */
export function maintainer(): string {
  return `${process.env['DEBFULLNAME'] ?? 'Godwit'} <${process.env['DEBEMAIL'] ?? 'godwit@localhost'}>`;
}
