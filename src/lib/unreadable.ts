/** Why a file cannot be read, in words, by the code of the system's refusal; null where only the refusal itself can tell. */
export function whyNotRead(code: unknown): string | null {
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of its path is no folder';
    default:
      return null;
  }
}
