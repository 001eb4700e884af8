/**
 * Where a secret is to be had: a variable of the environment, a file of the machine, a credential that systemd gives to the
 * process, or the estate's own store of sealed secrets. Settings, lists and messages hold such references and never a secret.
 */

export type SecretReference =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'credential'; readonly name: string }
  | { readonly kind: 'sealed'; readonly name: string };

/** Where the key of sealed secrets is: itself, or a file that says which service keeps it. */
export type KeyReference =
  | Exclude<SecretReference, { readonly kind: 'sealed' }>
  | { readonly kind: 'vault'; readonly file: string };

/** A name in the store of sealed secrets, and the column's bound: an address (RFC 5321 §4.5.3.1) with a prefix before it. */
const nameOctetsMax = 400;

/** Reads `env:NAME`, `file:PATH`, `credential:NAME` or `sealed:NAME`. What else was written is not repeated: it may be the secret itself. */
export function readSecretReference(text: string): SecretReference | { readonly problem: string } {
  if (text.startsWith('env:')) {
    const name = text.slice('env:'.length);
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { kind: 'env', name };
    return { problem: 'after "env:" stands the name of an environment variable.' };
  }
  if (text.startsWith('file:')) {
    const path = text.slice('file:'.length);
    if (path !== '' && !path.includes('\0')) return { kind: 'file', path };
    return { problem: 'after "file:" stands the path of a file.' };
  }
  if (text.startsWith('credential:')) {
    const name = text.slice('credential:'.length);
    // As systemd allows them (systemd.exec(5), `LoadCredential=`): a name of a file in a folder of its own.
    if (/^[A-Za-z0-9_.@-]{1,255}$/.test(name) && !/^\.+$/.test(name)) return { kind: 'credential', name };
    return { problem: 'after "credential:" stands the name of a credential that systemd gives to the process.' };
  }
  if (text.startsWith('sealed:')) {
    const name = sealedName(text.slice('sealed:'.length));
    return name === null ? { problem: `after "sealed:" stands ${whatNamesAre}.` } : { kind: 'sealed', name };
  }
  return {
    problem:
      'a secret is referred to as env:NAME, file:PATH, credential:NAME or sealed:NAME, and never stands here itself.',
  };
}

export const whatNamesAre = 'a name without blanks, such as source-admin or source/ann@corp.example';

/** A name of a sealed secret in its one spelling, lower case as addresses are compared; null where `text` is none. */
export function sealedName(text: string): string | null {
  const name = text.toLowerCase();
  const fits = name !== '' && Buffer.byteLength(name) <= nameOctetsMax && name.isWellFormed();
  return fits && !/[\s\p{C}]/u.test(name) ? name : null;
}

/** Reads what GODWIT_KEY may name. */
export function readKeyReference(text: string): KeyReference | { readonly problem: string } {
  if (text.startsWith('vault:')) {
    const file = text.slice('vault:'.length);
    if (file !== '' && !file.includes('\0')) return { kind: 'vault', file };
    return { problem: 'after "vault:" stands the path of a file.' };
  }
  const reference = readSecretReference(text);
  if ('kind' in reference && reference.kind === 'sealed') return { problem: 'a key that is sealed opens nothing.' };
  return reference;
}

/** As it is written, for people and for lists of what is lacking. */
export function shownReference(reference: SecretReference | KeyReference): string {
  switch (reference.kind) {
    case 'file':
      return `file:${reference.path}`;
    case 'vault':
      return `vault:${reference.file}`;
    case 'env':
    case 'credential':
    case 'sealed':
      return `${reference.kind}:${reference.name}`;
  }
}
