/**
 * Which folder plays which part, for servers that do not say so (RFC 6154 came late): by the names that mail programs
 * have given these folders in their users' languages. Only used to find a counterpart, never to decide what is copied.
 */

import type { Folder, SpecialUse } from './item.ts';

const names: Partial<Record<SpecialUse, readonly string[]>> = {
  '\\Sent': [
    'sent',
    'sent items',
    'sent mail',
    'sent messages',
    'gesendet',
    'gesendete elemente',
    'gesendete objekte',
    'envoyés',
    'éléments envoyés',
    'messages envoyés',
    'enviados',
    'elementos enviados',
    'posta inviata',
    'inviati',
    'verzonden',
    'verzonden items',
    'wysłane',
    'elementy wysłane',
    'skickat',
    'sendt',
    'отправленные',
  ],
  '\\Drafts': [
    'drafts',
    'draft',
    'entwürfe',
    'brouillons',
    'borradores',
    'bozze',
    'concepten',
    'rascunhos',
    'szkice',
    'wersje robocze',
    'utkast',
    'kladder',
    'черновики',
  ],
  '\\Trash': [
    'trash',
    'deleted items',
    'deleted messages',
    'deleted',
    'papierkorb',
    'gelöschte elemente',
    'gelöschte objekte',
    'corbeille',
    'éléments supprimés',
    'papelera',
    'elementos eliminados',
    'cestino',
    'posta eliminata',
    'prullenbak',
    'verwijderde items',
    'lixeira',
    'kosz',
    'elementy usunięte',
    'papperskorg',
    'slettet',
    'корзина',
  ],
  '\\Junk': [
    'junk',
    'junk e-mail',
    'junk email',
    'junk mail',
    'spam',
    'bulk mail',
    'spamverdacht',
    'courrier indésirable',
    'indésirables',
    'correo no deseado',
    'posta indesiderata',
    'ongewenste e-mail',
    'wiadomości-śmieci',
    'skräppost',
    'спам',
  ],
  '\\Archive': ['archive', 'archives', 'archiv', 'archivo', 'archivio', 'archief', 'archiwum', 'arkiv'],
};

const useOfName = new Map(
  Object.entries(names).flatMap(([use, spellings]) => spellings.map((name) => [name, use as SpecialUse] as const)),
);

/** The folder's uses as its platform tells them; where nobody in `folders` claims a use, the one its name stands for. */
export function usesOf(folder: Folder, folders: readonly Folder[]): readonly SpecialUse[] {
  if (folder.specialUses.length > 0) return folder.specialUses;
  if (folder.path.length !== 1) return [];
  const use = useOfName.get((folder.path[0] as string).normalize('NFC').toLowerCase());
  if (!use || folders.some((other) => other.specialUses.includes(use))) return [];
  const first = folders.find(
    (other) =>
      other.path.length === 1 && useOfName.get((other.path[0] as string).normalize('NFC').toLowerCase()) === use,
  );
  return first === folder ? [use] : [];
}
