/** The tagged answer of a command. */

export interface Reply {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** What stands in brackets, without them. */
  readonly code: string | null;
  readonly text: string;
}

export const ok = (text: string, code: string | null = null): Reply => ({ status: 'OK', code, text });
export const no = (text: string, code: string | null = null): Reply => ({ status: 'NO', code, text });
export const bad = (text: string): Reply => ({ status: 'BAD', code: null, text });
