/** What the registry knows of vulnerabilities in what we ship (`npm audit`), where it answers such questions; some mirrors do not. */

import { execFile } from 'node:child_process';

export type Audited =
  | { readonly kind: 'told'; readonly vulnerabilities: number; readonly report: string }
  | { readonly kind: 'not-offered'; readonly why: string };

interface Said {
  readonly metadata?: { readonly vulnerabilities?: { readonly total?: number } };
  readonly message?: string;
}

/** npm ends with 1 both when it found something and when it could not ask, so what it said decides. */
export function audit(home: string): Promise<Audited> {
  return new Promise((resolve) => {
    const options = { cwd: home, maxBuffer: 64 * 1024 * 1024 };
    execFile('npm', ['audit', '--omit=dev', '--json'], options, (error, stdout) => {
      resolve(readAudit(stdout, error?.message ?? ''));
    });
  });
}

/** Reads what `npm audit --json` printed; `otherwise` is why there may be nothing. */
export function readAudit(text: string, otherwise: string): Audited {
  let said: Said;
  try {
    said = JSON.parse(text) as Said;
  } catch {
    return { kind: 'not-offered', why: otherwise.split('\n')[0] ?? 'npm said nothing' };
  }
  const vulnerabilities = said.metadata?.vulnerabilities?.total;
  if (typeof vulnerabilities === 'number') return { kind: 'told', vulnerabilities, report: text };
  return { kind: 'not-offered', why: said.message ?? 'npm said nothing of vulnerabilities' };
}
