/** The directory of a godwit.yaml, read: where it is, who signs in, and what is written for each side. */

import { dirname, resolve } from 'node:path';
import { readAuthorities } from '#cli/sides.ts';
import type { Problems } from '#cli/usage.ts';
import {
  attributesOf,
  type DirectoryServer,
  type DirectorySettings,
  directoryTemplateProblem,
} from '#domain/directory.ts';
import { isForThisMachine } from '#domain/door-place.ts';
import { readListen } from '#domain/listen.ts';
import { type SideName, sideNames, userFields } from '#domain/platform.ts';
import type { DirectoryForm } from './directory-form.ts';
import { referenceIn } from './read-platform.ts';
import type { Written } from './written.ts';

type Flaw = { readonly problem: string };

/** Null where none is written; `wrong` where something of it is, which is then among the problems. */
export async function readDirectory(
  form: DirectoryForm | undefined,
  written: Written,
  file: string,
  problems: Problems,
): Promise<DirectorySettings | null | 'wrong'> {
  if (form === undefined) return null;
  if (!written.isWhole(['directory'])) return 'wrong';
  const folder = dirname(resolve(file));
  const { filterProblem } = await import('#connectors/ldap/index.ts');
  const at = written.read(['directory', 'url'], form.url, (text) => placeIn(text, form['allow-clear-text']));
  const secret = written.read(['directory', 'secret'], form.secret, (text) => referenceIn(folder, text));
  const filter = written.read(['directory', 'filter'], form.filter, (text) => {
    const problem = directoryTemplateProblem(text) ?? filterProblem(text.replaceAll(/\{\w+\}/g, 'someone'));
    if (problem !== null) return { problem };
    const isOfAll = !userFields.some((field) => text.includes(`{${field}}`));
    return isOfAll
      ? { problem: 'it would find the same entry for everybody; write {address} or {local} in it.' }
      : text;
  });
  const sides = sideNames.map((side) => sideOf(side, form, written));
  const ca =
    form.ca === undefined
      ? null
      : await readAuthorities(resolve(folder, form.ca), problems, 'directory.ca', written.at(['directory', 'ca']));
  const [source, target] = sides;
  if (!at || !secret || !filter || !source || !target || (form.ca !== undefined && ca === null)) return 'wrong';
  if (attributesOf({ source, target }).length === 0) {
    written.problem(
      ['directory'],
      'directory: no attribute is named in source or target, so nothing would be written.',
    );
    return 'wrong';
  }
  return { server: { ...at, ca }, bindDn: form['bind-dn'], secret, base: form.base, filter, source, target };
}

function sideOf(side: SideName, form: DirectoryForm, written: Written): DirectorySettings[SideName] | null {
  const sound = Object.entries(form[side]).map(([name, value]) =>
    written.read(['directory', side, name], value, (text) => {
      // RFC 4512 §2.5, with options such as ;lang-de.
      if (!/^[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*$/.test(name))
        return { problem: 'this is no name of an attribute.' };
      const problem = text === null ? null : directoryTemplateProblem(text);
      return problem === null ? { text } : { problem };
    }),
  );
  return sound.includes(null) ? null : form[side];
}

const usualPorts = { tls: 636, starttls: 389, clear: 389 } as const;

function placeIn(text: string, mayBeClear: boolean): Omit<DirectoryServer, 'ca'> | Flaw | null {
  const [, secured, rest = ''] = /^ldap(s|\+plain)?:\/\/([^/@?#]+)\/?$/i.exec(text) ?? [];
  const security = secured === undefined ? 'starttls' : secured.toLowerCase() === 's' ? 'tls' : 'clear';
  const at = readListen(/:\d+$/.test(rest) ? rest : `${rest}:${usualPorts[security]}`)?.at;
  if (!at) return null;
  if (security === 'clear' && !mayBeClear && !isForThisMachine({ kind: 'tcp', ...at }))
    return {
      problem:
        'the password would go over the network in clear text. Use ldaps:// or ldap://, or write "allow-clear-text: true".',
    };
  return { host: at.host, port: at.port, security };
}
