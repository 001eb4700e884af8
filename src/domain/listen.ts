/** Where a process tells how it does. */

export interface Listen {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** Where, unless somebody says otherwise; a second process on one machine finds it taken, and takes any that is free. */
export const usualListen = '127.0.0.1:8025';

/** Reads `127.0.0.1:8025`, `[::1]:8025`, `metrics.corp.example:80` or `off`. Null for anything else. */
export function readListen(text: string): { readonly at: Listen | null } | null {
  if (text === 'off') return { at: null };
  const [, ipv6, name, port] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = ipv6 ?? name;
  return host === undefined || Number(port) > 65_535 ? null : { at: { host, port: Number(port) } };
}

export function shownListen({ host, port }: Listen): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
