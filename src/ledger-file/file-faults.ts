/** What SQLite and the file system say when the ledger cannot be kept, in the words of our catalogue. */

import { Fault, fault } from '#domain/fault.ts';

/** Result codes of SQLite (the lower octet of the extended ones). */
const sqlite = {
  perm: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADb: 26,
};

/** SQLITE_IOERR_SHMSIZE: the index of the write-ahead log could not be made larger, 32 KiB at a time, which only wants room. */
const cannotGrow = 4874;

/** Codes of the file system that mean "no room": disk, quota, and the limit on the size of one file. */
const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * The fault that an error of SQLite or of the file system amounts to, or null where it is neither (then it is a mistake of
 * ours). `roomLeft` is asked only about a failed write, of which SQLite does not tell the reason.
 */
export function ledgerFault(error: unknown, file: string, roomLeft: () => string | null = () => null): Fault | null {
  if (error instanceof Fault) return error;
  if (!(error instanceof Error)) return null;
  const { code, errcode, errno } = error as Error & { code?: string; errcode?: number; errno?: number };
  if (code === 'ERR_SQLITE_ERROR' && errcode !== undefined) {
    const detail = `${error.message} (SQLite ${errcode})`;
    switch (errcode & 0xff) {
      case sqlite.full:
        return fault('ledger.disk-full', { file }, { cause: error });
      case sqlite.corrupt:
      case sqlite.notADb:
        return fault('ledger.damaged', { file, detail }, { cause: error });
      case sqlite.ioError: {
        const why = errcode === cannotGrow ? 'ENOSPC' : roomLeft();
        if (why !== null && noRoom.has(why)) return fault('ledger.disk-full', { file }, { cause: error });
        return fault('ledger.unwritable', { file, detail }, { cause: error });
      }
      case sqlite.busy:
      case sqlite.locked:
        return fault(
          'ledger.unwritable',
          { file, detail: 'another process has kept it locked for 10 seconds' },
          { cause: error },
        );
      case sqlite.perm:
      case sqlite.readonly:
      case sqlite.cantOpen:
        return fault('ledger.unwritable', { file, detail }, { cause: error });
      default:
        return null;
    }
  }
  if (code !== undefined && errno !== undefined) {
    if (noRoom.has(code)) return fault('ledger.disk-full', { file }, { cause: error });
    return fault('ledger.unwritable', { file, detail: code }, { cause: error });
  }
  return null;
}
