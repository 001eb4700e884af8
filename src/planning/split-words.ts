/**
 * What does not work while a grant is split, in words for those whom it touches. What holds between any two platforms comes
 * from how mail is opened and sent: a client opens what the server it signs in to holds, and whoever submits a message is
 * judged by the server that takes it. What is said of Exchange is what Microsoft documents of hybrid deployments
 * ("Permissions in Exchange hybrid deployments", "Overview of delegation in a Microsoft 365 hybrid environment").
 */

import type { GrantKind } from '#domain/estate.ts';
import type { SplitSide } from './split.ts';

export interface Meanwhile {
  /** In a few words, for a cell of a table. */
  readonly inShort: string;
  /** Between any two platforms. */
  readonly anywhere: string;
  /** Between Exchange Server and Exchange Online joined as a hybrid. */
  readonly hybrid: string;
}

export function meanwhile(kind: GrantKind, first: SplitSide): Meanwhile {
  return words[kind][first];
}

const hybridFull =
  'Outlook on Windows opens it across the two, once directories and mailboxes are set up for that; it may ask for a password ' +
  'once more. It is not opened by itself (auto-mapping) before all who are linked have moved. Outlook on the web shows a ' +
  'link and another sign-in. Rooms and equipment cannot be added as another mailbox.';
const hybridSendAs =
  'The right is not carried between the two directories: it works in most cases where an administrator has set it by hand on ' +
  'the side on which the sender is, and Microsoft does not support it.';
const hybridSendOnBehalf =
  'It works from Outlook on the desktop where the directories are synchronised with the hybrid option; without it the right has to be ' +
  'set by hand on the side on which the sender is. Outlook on the web cannot do it. Where the mailbox was added as another ' +
  'account, sending on behalf fails.';
const hybridFolder =
  'Folders open in many cases and Microsoft does not support it. Of a calendar often only free and busy is seen, private items are ' +
  'not, and invitations cannot be answered for the owner in Outlook on the web.';

const words: Readonly<Record<GrantKind, Readonly<Record<SplitSide, Meanwhile>>>> = {
  'full-access': {
    mailbox: {
      inShort: 'the mailbox is on the new side; the grantee, on the old, cannot open it there',
      anywhere:
        'The mailbox is on the new platform, and whoever was given it signs in to the old one, where it is not any more. They see ' +
        'nothing new in it, and cannot work in it, unless they get an account or a password of its own there.',
      hybrid: hybridFull,
    },
    grantee: {
      inShort: 'the grantee is on the new side; the mailbox, still on the old, does not open there',
      anywhere:
        'Whoever was given the mailbox signs in to the new platform, where it is not yet. They can go on working in it only where ' +
        'they may still sign in to the old one.',
      hybrid: hybridFull,
    },
  },
  'send-as': {
    mailbox: {
      inShort: 'sent through the old side, in the name of an address that has left it',
      anywhere:
        'The grantee sends through the old platform, the address belongs to the new one. Whether the old one still takes it depends on ' +
        'its rules for addresses that have left; from there no copy can be put among the sent messages of the mailbox.',
      hybrid: hybridSendAs,
    },
    grantee: {
      inShort: 'sent through the new side, which does not hold the address yet',
      anywhere:
        'The grantee sends through the new platform, which takes it only if its rules let this sender use an address that it does not ' +
        'hold yet; from there no copy can be put among the sent messages of the mailbox.',
      hybrid: hybridSendAs,
    },
  },
  'send-on-behalf': {
    mailbox: {
      inShort: 'sent through the old side, on behalf of somebody who has left it',
      anywhere:
        'The grantee sends through the old platform on behalf of an address of the new one. Whether that is taken depends on the rules ' +
        'of the old one; a right that is kept only with the mailbox went with it.',
      hybrid: hybridSendOnBehalf,
    },
    grantee: {
      inShort: 'sent through the new side, on behalf of somebody who is not there yet',
      anywhere:
        'The grantee sends through the new platform, which knows of the right only if it is set there before the mailbox comes.',
      hybrid: hybridSendOnBehalf,
    },
  },
  folder: {
    mailbox: {
      inShort: 'the shared folders are on the new side and cannot be opened from the old',
      anywhere:
        'Shared folders live with their mailbox. The grantee, still on the old platform, does not see them any more.',
      hybrid: hybridFolder,
    },
    grantee: {
      inShort: 'the shared folders are still on the old side and cannot be opened from the new',
      anywhere:
        'Shared folders live with their mailbox, which is still on the old platform. The grantee does not see them on the new one.',
      hybrid: hybridFolder,
    },
  },
};
