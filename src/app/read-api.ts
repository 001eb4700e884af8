/** What a godwit.yaml says of the HTTP API, read. */

import { dirname, resolve } from 'node:path';
import type { ApiSettings } from '#domain/api-settings.ts';
import { isForThisMachine, readDoorPlace } from '#domain/door-place.ts';
import type { ApiForm } from './api-form.ts';
import { readSignIn } from './read-sign-in.ts';
import type { Written } from './written.ts';

/** Null where it is not answered; `wrong` where something of it is, which is then among the problems. */
export function readApi(form: ApiForm | undefined, written: Written, file: string): ApiSettings | null | 'wrong' {
  if (form === undefined) return null;
  if (!written.isWhole(['api'])) return 'wrong';
  const behindProxy = form['behind-proxy'];
  const tls = form.tls ?? {};
  const folder = dirname(resolve(file));
  if ((tls.certificate === undefined) !== (tls.key === undefined)) {
    written.problem(['api', 'tls'], 'api.tls needs both certificate and key, or neither.');
    return 'wrong';
  }
  const isClear = tls.certificate === undefined || tls.key === undefined;
  const at = written.read(['api', 'listen'], form.listen, (text) => {
    const place = readDoorPlace(text);
    if (place === null || !isClear || behindProxy || isForThisMachine(place)) return place;
    return { problem: 'other machines could come here in clear text: write "tls", or "behind-proxy: true".' };
  });
  const signIn = form['sign-in'] === undefined ? null : readSignIn(form['sign-in'], written, file);
  if (at === null || (form['sign-in'] !== undefined && signIn === null)) return 'wrong';
  const { certificate, key } = tls;
  const files =
    certificate === undefined || key === undefined
      ? null
      : { certificate: resolve(folder, certificate), key: resolve(folder, key) };
  return { at, tls: files, behindProxy, signIn };
}
