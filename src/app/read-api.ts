/** What a godwit.yaml says of the HTTP API, read. */

import { dirname, resolve } from 'node:path';
import { parseSize } from '#cli/quantities.ts';
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
  const files = readFiles(form, written);
  if (at === null || files === null || (form['sign-in'] !== undefined && signIn === null)) return 'wrong';
  const { certificate, key } = tls;
  const pem =
    certificate === undefined || key === undefined
      ? null
      : { certificate: resolve(folder, certificate), key: resolve(folder, key) };
  return { at, tls: pem, behindProxy, signIn, files };
}

function readFiles({ files }: ApiForm, written: Written): ApiSettings['files'] | null {
  const octets = (key: keyof ApiForm['files']) =>
    written.read(['api', 'files', key], files[key], (size) => {
      const number = parseSize(String(size));
      return number === null ? null : { number };
    });
  const [largest, together] = [octets('largest'), octets('together')];
  if (largest === null || together === null) return null;
  if (largest.number <= together.number) return { largest: largest.number, together: together.number };
  written.problem(
    ['api', 'files', 'largest'],
    'api.files.largest: one file cannot be larger than all together (api.files.together).',
  );
  return null;
}
