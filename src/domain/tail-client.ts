/**
 * What somebody reads mail with, told by what it calls itself, without the version: `Outlook`, `Thunderbird`, `iPhone`. People
 * update; a list with a line for each version would help nobody.
 */

import { cleanText } from '#lib/clean-text.ts';

export interface ClientFamily {
  /** Empty where the client says nothing of itself. */
  readonly name: string;
  /** A library or tool that programs use, and people do not. */
  readonly isProgram: boolean;
}

type Known = readonly [pattern: RegExp, name: string, isProgram?: true];

/** The first that fits counts: many say that they are Mozilla, and name themselves behind it. */
const known: readonly Known[] = [
  [/^python|python-requests|\bimaplib\b|\bexchangelib\b|aiohttp/i, 'Python', true],
  [/^curl|libcurl/i, 'curl', true],
  [/\bwget\b/i, 'wget', true],
  [/fetchmail/i, 'fetchmail', true],
  [/getmail/i, 'getmail', true],
  [/imapsync|offlineimap|\bmbsync\b|\bisync\b/i, 'a copier of mailboxes', true],
  [/ExchangeServicesClient/i, 'EWS Managed API', true],
  [/javamail|jakarta mail|^java\b|apache-httpclient|okhttp|ews-java/i, 'Java', true],
  [/\bphp\b|phpmailer/i, 'PHP', true],
  [/mail::|libwww-perl|^perl/i, 'Perl', true],
  [/mailkit|\.net\b|system\.net/i, '.NET', true],
  [/go-http-client|go-imap/i, 'Go', true],
  [/^ruby|net::imap/i, 'Ruby', true],
  [/node-?imap|imapflow|nodemailer|^axios|^node\b|^undici/i, 'Node', true],
  [/powershell/i, 'PowerShell', true],
  [/blackberry|\bBES\b/i, 'BlackBerry'],
  [/MacOutlook|Outlook-?(?:for-)?Mac/i, 'Outlook for Mac'],
  [/Outlook-(?:iOS|Android)|com\.microsoft\.outlook/i, 'Outlook mobile'],
  [/Microsoft Outlook|MSOutlook|\bOutlook\b|Microsoft Office/i, 'Outlook'],
  [/Lync|Skype|UCWA|OC\/\d/i, 'Skype for Business'],
  [/Teams/i, 'Teams'],
  [/Thunderbird|Icedove|Betterbird/i, 'Thunderbird'],
  [/K-9|FairEmail|aqua ?mail|bluemail|nine-|TouchDown/i, 'a mail app on Android'],
  [/Apple-iPhone|^iPhone|com\.apple\.mobilemail|iOS\/|^iOS\b/i, 'iPhone'],
  [/Apple-iPad|^iPad/i, 'iPad'],
  [
    /Mac ?OS X? ?Mail|com\.apple\.mail|^Mac\b|macOS\/|MacOSX|AppleExchangeWebServices|ExchangeWebServices\/.*accountsd/i,
    'Apple Mail',
  ],
  [/Android-Mail|Samsung|SAMSUNG|Android\/|^Android|EAS-Client/i, 'Android'],
  [/Evolution/i, 'Evolution'],
  [/roundcube/i, 'Roundcube'],
  [/horde/i, 'Horde'],
  [/nextcloud|davx5|davdroid/i, 'a DAV client'],
  [/^mutt|neomutt/i, 'Mutt'],
  [/eM ?Client/i, 'eM Client'],
  [/\bGmail\b|google/i, 'Gmail'],
  [/MSIE|Trident|Edg(?:e|A|iOS)?\/|Chrome\/|Firefox\/|Safari\//i, 'a browser'],
];

/** Families that are libraries and tools. */
export const programFamilies: ReadonlySet<string> = new Set(
  known.flatMap(([, name, isProgram]) => (isProgram ? [name] : [])),
);
const lookedAtMost = 400;

export function clientFamily(text: string | null): ClientFamily {
  if (text === null) return { name: '', isProgram: false };
  const clean = cleanText(text.slice(0, lookedAtMost), lookedAtMost);
  const found = known.find(([pattern]) => pattern.test(clean));
  if (found) return { name: found[1], isProgram: found[2] === true };
  // Its first word, where that looks like a name: whoever sends a new one each time does not make as many lines.
  const [, word] = /^([a-z][a-z .+-]{1,30}?)(?=[\d/_;,()[\]]| \d|$)/i.exec(clean) ?? [];
  return { name: word === undefined ? (clean === '' ? '' : 'another client') : word.trim(), isProgram: false };
}

/** Whether a family of that name is a library or a tool. */
export function isProgram(family: string): boolean {
  return programFamilies.has(family);
}
