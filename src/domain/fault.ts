/**
 * Everything that can go wrong and is thrown: a lasting code, how far it reaches, when to try again, what to do. The
 * command line, the documentation (docs/faults.md is made from this file) and later the console show the same four things.
 */

import { withoutSecrets } from '#lib/redaction.ts';
import { accessFaults } from './access-faults.ts';
import { apiFaults } from './api-faults.ts';
import type { Finding } from './estate-changes.ts';
import type { RowProblem } from './estate-columns.ts';
import { entry, type Reach, type Retry } from './fault-entry.ts';
import { fileFaults } from './file-faults.ts';
import { planningFaults } from './planning-faults.ts';
import type { FaultReport } from './report.ts';

export type { Reach, Retry };

type Host = { readonly host: string };
type Account = { readonly host: string; readonly user: string };
/** The words of a server, already cut to a bounded length and freed of control characters by whoever throws. */
type Said = { readonly text: string };
/** A database, as it may be shown. */
type Named = { readonly name: string };
type FolderAt = { readonly host: string; readonly folder: string };

/** The catalogue, ordered by where a fault arises. A code once released keeps its meaning. */
export const faults = {
  'imap.host.unknown': entry<Host>(
    'platform',
    'operator',
    ({ host }) => `There is no address for ${host}.`,
    'Check the spelling of the host in the URL, and that this machine can resolve it.',
  ),
  'imap.host.unresolved': entry<Host>(
    'platform',
    'paced',
    ({ host }) => `The address of ${host} cannot be looked up at the moment.`,
    'Check that the name servers of this machine answer. It is tried again.',
  ),
  'imap.connect.refused': entry<Host & { readonly port: number }>(
    'platform',
    'paced',
    ({ host, port }) => `${host} accepts no connection on port ${port}.`,
    'Check the port (993 for imaps, 143 for imap) and the firewall between here and there.',
  ),
  'imap.connect.timeout': entry<Host & { readonly port: number; readonly seconds: number }>(
    'platform',
    'paced',
    ({ host, port, seconds }) => `${host}:${port} did not answer within ${seconds} seconds.`,
    'Check that the host is up and that no firewall drops the packets silently.',
  ),
  'imap.connect.unreachable': entry<Host & { readonly port: number } & Said>(
    'platform',
    'paced',
    ({ host, port, text }) => `There is no way from here to ${host}:${port}: ${text}`,
    'Check the network of this machine, its routes and its firewall.',
  ),
  'imap.tls.expired': entry<Host>(
    'platform',
    'operator',
    ({ host }) => `The certificate of ${host} is out of date.`,
    'Have it renewed on the server. Godwit does not go on with it unless you turn verification off for that side.',
  ),
  'imap.tls.untrusted': entry<Host>(
    'platform',
    'operator',
    ({ host }) => `The certificate of ${host} is signed by nobody this machine trusts (perhaps by itself).`,
    'Give the authority that signed it with --ca FILE (PEM).',
  ),
  'imap.tls.wrong-host': entry<Host>(
    'platform',
    'operator',
    ({ host }) => `The certificate that answered for ${host} belongs to another name.`,
    'Use the name that the certificate bears, or have the name added to it.',
  ),
  'imap.tls.failed': entry<Host & Said>(
    'platform',
    'paced',
    ({ host, text }) => `${host} and we could not agree on TLS: ${text}`,
    'Check that the port speaks TLS at once (imaps) or after STARTTLS (imap), and in version 1.2 or later.',
  ),
  'imap.starttls.missing': entry<Host>(
    'platform',
    'operator',
    ({ host }) => `${host} does not offer STARTTLS on this port, and nothing is sent in the clear.`,
    'Use imaps:// if the server has that port. If someone stands between here and there, the offer may have been removed.',
  ),
  'imap.starttls.injected': entry<Host>(
    'platform',
    'operator',
    ({ host }) => `${host} sent data in the clear after it agreed to STARTTLS: someone may be between here and there.`,
    'Do not go on over this network path. If the server is known to do so by itself, use imaps://.',
  ),
  'imap.preauth.before-tls': entry<Host>(
    'platform',
    'operator',
    ({ host }) => `${host} greets with PREAUTH before TLS, which leaves no way to protect the connection.`,
    'Use imaps://.',
  ),
  'imap.sign-in.refused': entry<Account & Said>(
    'mailbox',
    'operator',
    ({ host, user, text }) => `${host} refused the sign-in of ${user}: ${text}`,
    'Check the user name and the secret of that side, then run the same command again.',
  ),
  'imap.sign-in.unavailable': entry<Account & Said>(
    'mailbox',
    'paced',
    ({ host, user, text }) => `${host} cannot sign ${user} in at the moment: ${text}`,
    'It is tried again with growing waits. If it lasts, ask whoever runs the server.',
  ),
  'imap.sign-in.no-mechanism': entry<Host & { readonly offered: string }>(
    'platform',
    'operator',
    ({ host, offered }) => `${host} offers no way to sign in that we speak (it offers: ${offered || 'none'}).`,
    'We speak PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER, not NTLM or GSSAPI. Have one of ours enabled.',
  ),
  'imap.connection.lost': entry<Host & Said>(
    'mailbox',
    'soon',
    ({ host, text }) => `The connection to ${host} was lost: ${text}`,
    'It is opened again. If it happens all the time, look for a proxy or firewall that ends long connections.',
  ),
  'imap.connection.silent': entry<Host & { readonly seconds: number; readonly command: string }>(
    'mailbox',
    'soon',
    ({ host, seconds, command }) => `${host} left ${command} unanswered for ${seconds} seconds.`,
    'It is tried again on a new connection.',
  ),
  'imap.server.bye': entry<Host & Said>(
    'mailbox',
    'paced',
    ({ host, text }) => `${host} ended the session: ${text}`,
    'It is opened again after a wait.',
  ),
  'imap.server.throttled': entry<Host & Said & { readonly waitMs: number | null }>(
    'platform',
    'paced',
    ({ host, text }) => `${host} asks us to slow down: ${text}`,
    'We wait as long as it asks and go on with fewer connections. Nothing needs to be done.',
  ),
  'imap.server.garbled': entry<Host & Said>(
    'mailbox',
    'soon',
    ({ host, text }) => `${host} answered in a way that is not IMAP: ${text}`,
    'It is tried again on a new connection. If it persists, run with --log-level trace and send us the transcript.',
  ),
  'imap.server.endless': entry<Host & { readonly limit: string }>(
    'mailbox',
    'never',
    ({ host, limit }) => `${host} sends more than any answer should hold (${limit}).`,
    'The connection was closed to protect this machine. Look at what stands at that address.',
  ),
  'imap.command.refused': entry<Host & Said & { readonly command: string }>(
    'mailbox',
    'never',
    ({ host, command, text }) => `${host} refused ${command}: ${text}`,
    'Its words say why; `godwit probe` shows what this server can do.',
  ),
  'oauth.settings.wrong': entry<{ readonly file: string; readonly detail: string }>(
    'platform',
    'operator',
    ({ file, detail }) => `The OAuth file ${file} cannot be used: ${detail}`,
    'Put it right; docs/oauth.md shows a whole one for each kind of sign-in.',
  ),
  'oauth.issuer.unreachable': entry<Host & Said>(
    'platform',
    'paced',
    ({ host, text }) => `No token can be had from ${host} at the moment: ${text}`,
    'Check the address in the OAuth file, and that this machine may reach it over HTTPS. It is tried again.',
  ),
  'oauth.issuer.untrusted': entry<Host & Said>(
    'platform',
    'operator',
    ({ host, text }) => `The certificate of ${host}, which gives out the tokens, cannot be trusted: ${text}`,
    'If an authority of your own signed it, name its certificate in NODE_EXTRA_CA_CERTS. Nothing was sent.',
  ),
  'oauth.issuer.garbled': entry<Host & Said>(
    'platform',
    'operator',
    ({ host, text }) => `${host} answered in a way that is not OAuth: ${text}`,
    'Check the address in the OAuth file: it must be the token endpoint, or the issuer whose metadata name it.',
  ),
  'oauth.client.refused': entry<Host & Said>(
    'platform',
    'operator',
    ({ host, text }) => `${host} does not accept the application in the OAuth file: ${text}`,
    'Check the client id, that its secret or certificate is the current one, and that the scope was consented to by an administrator.',
  ),
  'oauth.grant.revoked': entry<Account & Said>(
    'mailbox',
    'operator',
    ({ host, user, text }) => `${host} gives out no more tokens for ${user}: ${text}`,
    'The consent was withdrawn or has expired, or the application may not act for this mailbox. Grant it again, then run the same command again.',
  ),
  'oauth.token.refused': entry<Account & Said>(
    'mailbox',
    'operator',
    ({ host, user, text }) => `${host} does not accept a fresh token for ${user}: ${text}`,
    'The token is good, the mailbox is not open to it: check that the application was given this mailbox, and that IMAP is on for it (docs/oauth.md).',
  ),
  'secret.unresolved': entry<{ readonly reference: string } & Said>(
    'platform',
    'operator',
    ({ reference, text }) => `The secret ${reference} cannot be had here: ${text}`,
    'Give this process the variable or file, or seal it with `godwit secret set` and refer to it as sealed:NAME (docs/secrets.md).',
  ),
  'secret.altered': entry<{ readonly name: string }>(
    'platform',
    'operator',
    ({ name }) => `What the database keeps as the secret ${name} is not what was sealed under this name.`,
    'Set it anew with `godwit secret set`, and find out who wrote to the table.',
  ),
  'secret.mailbox.none': entry<{ readonly mailbox: string; readonly place: string }>(
    'mailbox',
    'operator',
    ({ mailbox, place }) => `There is no secret for ${mailbox} in ${place}.`,
    'Put it there, then `godwit mailbox retry` with its address.',
  ),
  'secret.mailbox.wrong': entry<{ readonly place: string } & Said>(
    'mailbox',
    'operator',
    ({ place, text }) => `The secret of a mailbox in ${place} cannot be used: ${text}`,
    'Put the line right, then `godwit mailbox retry` with its address. A line is an address and a reference: env:NAME, file:PATH or sealed:NAME.',
  ),
  'secret.key.missing': entry<object>(
    'estate',
    'operator',
    () => 'There is no key for sealed secrets: GODWIT_KEY is not set.',
    'Make one with `godwit secret key`, keep a copy of it elsewhere, and set GODWIT_KEY=file:PATH for every process.',
  ),
  'secret.key.unreadable': entry<{ readonly reference: string } & Said>(
    'estate',
    'operator',
    ({ reference, text }) => `The key of sealed secrets cannot be had from ${reference}: ${text}`,
    'Check GODWIT_KEY, and that this user may read what it names. `godwit secret key` makes a key.',
  ),
  'secret.key.other': entry<{ readonly name: string; readonly keyId: string }>(
    'estate',
    'operator',
    ({ name, keyId }) => `The secret ${name} was sealed under the key ${keyId}, which this process does not have.`,
    'Add that key to GODWIT_KEY after a comma, or set the secret anew with `godwit secret set`.',
  ),
  'secret.key.away': entry<{ readonly service: string } & Said>(
    'platform',
    'soon',
    ({ service, text }) => `${service}, which keeps the key of sealed secrets, does not answer as it should: ${text}`,
    'Look whether it runs, is unsealed and can be reached from here. What waits for it goes on by itself.',
  ),
  'secret.key.refused': entry<{ readonly service: string } & Said>(
    'platform',
    'operator',
    ({ service, text }) => `${service}, which keeps the key of sealed secrets, refuses: ${text}`,
    'Check its token, what that may do (`update` on encrypt/ and decrypt/ of the key), and the file that GODWIT_KEY names (docs/secrets.md).',
  ),
  'folder.unreadable': entry<FolderAt & Said>(
    'folder',
    'operator',
    ({ host, folder, text }) => `${host} does not let us read "${folder}": ${text}`,
    'Check the rights of the account on that folder, or leave it out with --exclude.',
  ),
  'folder.gone': entry<FolderAt & Said>(
    'folder',
    'operator',
    ({ host, folder, text }) => `${host} has no folder "${folder}" any more: ${text}`,
    'Run the same command again: the folders are listed anew. If the server goes on listing it, leave it out with --exclude.',
  ),
  'folder.busy': entry<FolderAt & Said>(
    'folder',
    'paced',
    ({ host, folder, text }) => `${host} does not let us at "${folder}" for the moment: ${text}`,
    'It is tried again with growing waits. If it lasts, look who else works in that folder, and how the server fares.',
  ),
  'folder.renumbered': entry<FolderAt>(
    'folder',
    'operator',
    ({ host, folder }) =>
      `${host} has renumbered "${folder}" (UIDVALIDITY) and what we put there can no longer be proven by content.`,
    'Look at the folder on both sides. `godwit verify` names what is on one side only.',
  ),
  'folder.renumbered-meanwhile': entry<FolderAt>(
    'folder',
    'soon',
    ({ host, folder }) => `${host} has renumbered "${folder}" (UIDVALIDITY) while we were working on it.`,
    'It is looked at anew. If it happens all the time, ask whoever runs the server what renumbers its folders.',
  ),
  'folder.in-doubt': entry<FolderAt & Said>(
    'folder',
    'operator',
    ({ host, folder, text }) =>
      `What ${host} says of "${folder}" contradicts itself, so nothing of it is removed: ${text}.`,
    'Everything else was done. Run again; if it stays so, have the folder looked at on the source: its index, its store, who may see it. If it is gone for good, remove it on the target by hand.',
  ),
  'mailbox.into-itself': entry<{ readonly mailbox: string }>(
    'mailbox',
    'operator',
    ({ mailbox }) => `Source and target of this mailbox are the same: ${mailbox}.`,
    'Nothing was done. Look at who it is on either side: source_user and target_user in the list of mailboxes, and `user` in godwit.yaml; then retry it.',
  ),
  'mailbox.other-account': entry<{ readonly account: string }>(
    'mailbox',
    'operator',
    ({ account }) => `What is known of this mailbox was not learnt with ${account}, but with another account.`,
    'Nothing was done on either side. If it is the same account under another name or host, say so with `godwit mailbox same-account`. ' +
      'If not, put source_user, target_user or the platform in godwit.yaml back and `godwit mailbox retry`; before the switch, ' +
      '`godwit mailbox other-account` has it copied anew.',
  ),
  'target.quota': entry<Host & Said>(
    'mailbox',
    'operator',
    ({ host, text }) => `The mailbox at ${host} is full: ${text}`,
    'Raise its quota or make room, then run the same command again; it goes on where it stopped.',
  ),
  'target.read-only': entry<FolderAt & Said>(
    'folder',
    'operator',
    ({ host, folder, text }) => `"${folder}" at ${host} takes no messages: ${text}`,
    'Give the account the right to insert (ACL "i") there, or leave the folder out with --exclude.',
  ),
  'target.expunge.unavailable': entry<Host>(
    'platform',
    'operator',
    ({ host }) => `${host} cannot remove single messages by their UID (no UIDPLUS), so removals are not mirrored.`,
    'Run without --delete, or let people remove those messages themselves; they are listed.',
  ),
  'ledger.in-use': entry<{ readonly mailbox: string; readonly holder: string }>(
    'mailbox',
    'operator',
    ({ mailbox, holder }) => `${mailbox} is being copied by another process (${holder}).`,
    'Wait until it has ended, or end it. Two at once would not be faster.',
  ),
  'ledger.lost': entry<{ readonly mailbox: string }>(
    'mailbox',
    'soon',
    ({ mailbox }) => `${mailbox} is in other hands: this worker had not been heard of for too long.`,
    'Nothing has to be done. Whoever has it now first looks at the target, and goes on from there.',
  ),
  'ledger.damaged': entry<{ readonly file: string; readonly detail: string }>(
    'estate',
    'operator',
    ({ file, detail }) => `The ledger ${file} is damaged: ${detail}`,
    'Restore it from a backup, or move it away and run again: what is already on the target is then recognised by its content.',
  ),
  'ledger.newer': entry<{ readonly file: string; readonly version: number; readonly known: number }>(
    'estate',
    'operator',
    ({ file, version, known }) =>
      `The ledger ${file} was written by a newer Godwit (format ${version}; this one knows ${known}).`,
    'Use the newer Godwit for it.',
  ),
  'ledger.older': entry<{ readonly file: string; readonly version: number; readonly known: number }>(
    'estate',
    'operator',
    ({ file, version, known }) =>
      `The ledger ${file} was written by a Godwit from before the first release (format ${version}; this one reads ${known}).`,
    'Give a new folder with --state and run again: what arrived is found on the target by its content and not sent twice. ' +
      'Removals of earlier runs are not mirrored then.',
  ),
  'ledger.disk-full': entry<{ readonly file: string }>(
    'estate',
    'operator',
    ({ file }) => `There is no room left to write the ledger ${file}.`,
    'Make room on that file system, or give another folder with --state, and run again. Nothing was sent without being recorded.',
  ),
  'ledger.unwritable': entry<{ readonly file: string; readonly detail: string }>(
    'estate',
    'operator',
    ({ file, detail }) => `The ledger ${file} cannot be written: ${detail}`,
    'Check the owner and mode of the state folder, or give another with --state.',
  ),
  'database.url.wrong': entry<{ readonly detail: string }>(
    'estate',
    'operator',
    ({ detail }) => `The URL of the database cannot be used: ${detail}`,
    'Put it right where it is written: DATABASE_URL, or the file or variable that godwit.yaml names.',
  ),
  'database.away': entry<Named & Said>(
    'estate',
    'paced',
    ({ name, text }) => `The database ${name} does not answer: ${text}`,
    'Check that PostgreSQL runs and can be reached from here. Whatever was under way goes on when it is back.',
  ),
  'database.busy': entry<Named & Said>(
    'mailbox',
    'soon',
    ({ name, text }) => `The database ${name} could not do it just then: ${text}`,
    'It is tried again. Where it comes often, the log of the server says who waits for whom.',
  ),
  'database.refused': entry<Named & Said>(
    'estate',
    'operator',
    ({ name, text }) => `The database ${name} does not let us in: ${text}`,
    'Check user, password and database in DATABASE_URL, and the rights of that user.',
  ),
  'database.unprotected': entry<Named & Said>(
    'estate',
    'operator',
    ({ name, text }) => `The connection to the database ${name} cannot be protected: ${text}`,
    'Give the server a certificate that this machine trusts, or name its authority in the URL: ?sslrootcert=PATH. ' +
      'On a line that nobody else can listen to, ?sslmode=disable does without.',
  ),
  'database.too-old': entry<Named & { readonly version: string }>(
    'estate',
    'operator',
    ({ name, version }) => `The database ${name} is PostgreSQL ${version}; 15 or newer is needed.`,
    'Give the URL of a newer server in DATABASE_URL, or leave it out for the embedded one.',
  ),
  'database.disk-full': entry<Named>(
    'estate',
    'paced',
    ({ name }) => `The disk of the database ${name} is full.`,
    'Make room there. Whatever was under way goes on then.',
  ),
  'database.unprepared': entry<Named & { readonly missing: number }>(
    'estate',
    'operator',
    ({ name, missing }) => `The database ${name} lacks ${missing} migrations of this version.`,
    'See them with `godwit db plan`, and run them with `godwit db migrate`.',
  ),
  'database.newer': entry<Named & { readonly migration: string }>(
    'estate',
    'operator',
    ({ name, migration }) => `The database ${name} was prepared by a newer Godwit (migration ${migration}).`,
    'Use the newer Godwit for it.',
  ),
  'database.restored': entry<Named & Said>(
    'estate',
    'operator',
    ({ name, text }) => `The database ${name} was restored, and knows less than has happened: ${text}.`,
    'Nothing is moved until somebody has looked: `godwit db restored` tells whom it concerns, and with --yes and --why it goes on (docs/backup.md).',
  ),
  'database.migration-edited': entry<{ readonly migration: string }>(
    'estate',
    'never',
    ({ migration }) => `The migration ${migration} was changed after it had been run.`,
    'Put the file back as it was released; what is to change goes into a new migration.',
  ),
  'database.occupied': entry<Named & Said>(
    'estate',
    'operator',
    ({ name, text }) => `The database ${name} holds something of others: ${text}`,
    'Create a database for Godwit alone, and give its URL.',
  ),
  'database.embedded.unusable': entry<{ readonly detail: string }>(
    'estate',
    'operator',
    ({ detail }) => `The embedded PostgreSQL cannot be started: ${detail}`,
    'Give the URL of a PostgreSQL server of yours in DATABASE_URL (15 or newer).',
  ),
  'database.url.missing': entry<{ readonly stateDir: string }>(
    'estate',
    'operator',
    ({ stateDir }) => `DATABASE_URL is not set, and there is no embedded database in ${stateDir}.`,
    'Set DATABASE_URL as it is for `godwit serve`; on the machine of an embedded database, give its state folder (--state).',
  ),
  'settings.other-form': entry<{ readonly form: number; readonly version: string; readonly ours: number }>(
    'estate',
    'operator',
    ({ form, version, ours }) =>
      `The settings of this estate were published by Godwit ${version} in form ${form}; this one reads form ${ours}.`,
    'Use the same version for `godwit serve` and `godwit worker`. Until then this worker takes nothing.',
  ),
  'digests.key.missing': entry<{ readonly file: string }>(
    'estate',
    'operator',
    ({ file }) =>
      `The key of the digests is not to be had here: it is not sealed in the database, and there is no ${file}.`,
    'Restart `godwit serve` with GODWIT_KEY, which seals it, and give the same GODWIT_KEY to all workers; or copy that file from its state folder.',
  ),
  'digests.key.other': entry<{ readonly place: string }>(
    'estate',
    'operator',
    ({ place }) => `The key of the digests in ${place} is that of another estate.`,
    'Give the state folder of this estate, or set GODWIT_KEY where its digests are sealed.',
  ),
  'evidence.key.missing': entry<{ readonly file: string }>(
    'estate',
    'operator',
    ({ file }) =>
      `The key that signs certificates is not to be had here: it is not sealed in the database, and there is no ${file}.`,
    'Run this where its state folder is, or with the GODWIT_KEY under which it is sealed. Where it is lost, `godwit certificate key rotate` makes another; what it signed stays valid.',
  ),
  'evidence.folder.unwritable': entry<{ readonly folder: string } & Said>(
    'estate',
    'operator',
    ({ folder, text }) => `The evidence cannot be written to ${folder}: ${text}`,
    'Make room there, or name another folder, and run the same command again: what was made is kept, and it goes on from there.',
  ),
  'evidence.chain.moved': entry<{ readonly wave: string }>(
    'estate',
    'soon',
    ({ wave }) => `Certificates of the wave ${wave} were made anew by somebody else while its root was made.`,
    'Run the same command again when the other one has ended; the certificates are kept.',
  ),
  'check.all-refused': entry<{ readonly side: string; readonly mailboxes: number }>(
    'platform',
    'operator',
    ({ side, mailboxes }) =>
      `The ${side} refused the sign-ins of the first ${mailboxes} mailboxes, all of them, and no more were tried.`,
    'Look whether the secret of that side is right, what its administrator may do, and who a mailbox is there (`user` in godwit.yaml); then check again.',
  ),
  'listen.unusable': entry<{ readonly at: string } & Said>(
    'estate',
    'operator',
    ({ at, text }) => `Nothing can be listened for on ${at}: ${text}`,
    'Name another host and port with --listen HOST:PORT, or `listen` or the door in godwit.yaml, or off.',
  ),
  'estate.import.under-way': entry<Named>(
    'estate',
    'paced',
    ({ name }) => `Another import into ${name} is under way, or a plan is being applied to it.`,
    'Wait until it has ended. One that was killed is cleared away by the database within some seconds.',
  ),
  'estate.files.wrong': entry<{
    readonly folder: string;
    readonly problems: number;
    readonly findings: readonly Finding[];
  }>(
    'estate',
    'operator',
    ({ folder, problems }) => `The files of the estate in ${folder} have ${problems} problems, each of which is told.`,
    'Put right what is told, line by line, and run it again. `godwit estate import` tells the same.',
  ),
  'plan.file.wrong': entry<{
    readonly file: string;
    readonly problems: number;
    readonly findings: readonly RowProblem[];
  }>(
    'estate',
    'operator',
    ({ file, problems }) => `The plan ${file} has ${problems} problems, each of which is told.`,
    'Put right what is told, line by line, or have it planned anew with `godwit plan`.',
  ),
  'plan.file.unreadable': entry<{ readonly file: string } & Said>(
    'estate',
    'operator',
    ({ file, text }) => `The plan ${file} cannot be read: ${text}.`,
    'Name a plan that `godwit plan -o FILE` has written.',
  ),
  'plan.file.unwritable': entry<{ readonly file: string } & Said>(
    'estate',
    'operator',
    ({ file, text }) => `The plan cannot be written to ${file}: ${text}`,
    'Name another file with -o, or see that its folder is there, may be written to and has room. What stood there before is as it was.',
  ),
  'plan.nobody': entry<object>(
    'estate',
    'operator',
    () => 'There is nobody to plan: the estate has no mailboxes.',
    'Import them with `godwit estate import`, or name a folder with the three files: --estate DIR.',
  ),
  'plan.no-window': entry<{ readonly why: string | null }>(
    'estate',
    'operator',
    ({ why }) => `No window of the calendar is left to move in.${why === null ? '' : ` The first ${why}.`}`,
    'Set `until` in the calendar to a later day, or take away the blackouts that all windows touch.',
  ),
  'plan.unknown-address': entry<{ readonly address: string; readonly nearest: string | null }>(
    'mailbox',
    'operator',
    ({ address, nearest }) =>
      `The estate has no mailbox ${address}.${nearest === null ? '' : ` The nearest is ${nearest}.`}`,
    'Check its spelling, or look for it with `godwit get mailboxes`.',
  ),
  'plan.wishes-wrong': entry<{
    readonly file: string;
    readonly problems: readonly {
      readonly line: number | null;
      readonly column: number | null;
      readonly problem: string;
    }[];
  }>(
    'estate',
    'operator',
    ({ file, problems }) => `The wishes in ${file} have ${problems.length} problems, each of which is told.`,
    'Put right what is told, line by line, and run it again. docs/planning.md tells what a wish looks like.',
  ),
  'plan.apply.under-way': entry<Named>(
    'estate',
    'paced',
    ({ name }) => `Another plan is being applied to ${name}, or an import into it is under way.`,
    'Wait until it has ended. One that was killed is cleared away by the database within some seconds.',
  ),
  'plan.estate-moved': entry<{ readonly what: string }>(
    'estate',
    'soon',
    ({ what }) => `While the plan was being applied the estate became another: ${what}. Nothing was changed.`,
    'Say it again: the plan is then held against the estate as it is.',
  ),
  'notice.settings.none': entry<{ readonly file: string }>(
    'estate',
    'operator',
    ({ file }) => `${file} does not say how messages are sent to people.`,
    'Write notices.smtp.url and notices.from into it; docs/notices.md shows how.',
  ),
  'notice.template.wrong': entry<{ readonly file: string; readonly line: number } & Said>(
    'estate',
    'operator',
    ({ file, line, text }) => `${file}:${line}: ${text}`,
    'Mend that line (docs/notices.md tells of places and paragraphs), and look at it with `godwit notices preview ADDRESS`.',
  ),
  'notice.template.missing': entry<{ readonly file: string } & Said>(
    'estate',
    'operator',
    ({ file, text }) => `The template ${file} cannot be read: ${text}`,
    'Every message that is to be sent needs one in the language of the programme; those that Godwit brings are in notices/.',
  ),
  'notice.sender.busy': entry<object>(
    'estate',
    'paced',
    () => 'Messages to people are being sent by another process already.',
    'One process does so at a time, and `godwit serve` by itself when they fall due: `godwit notices list` tells what was sent.',
  ),
  'notice.server.unreachable': entry<Host & { readonly port: number } & Said>(
    'estate',
    'paced',
    ({ host, port, text }) => `${host}:${port} takes no messages to people: ${text}`,
    'Check notices.smtp.url in godwit.yaml, and the firewall between here and there. It is tried again; nothing is lost or sent twice.',
  ),
  'notice.server.certificate': entry<Host & Said>(
    'estate',
    'operator',
    ({ host, text }) => `The certificate of ${host} is not to be trusted: ${text}`,
    'Use the name that the certificate bears, or give the authority that signed it as notices.smtp.ca.',
  ),
  'notice.server.no-tls': entry<Host & { readonly port: number } & Said>(
    'estate',
    'operator',
    ({ host, port, text }) =>
      `${host}:${port} and we could not agree on TLS, and nothing is sent in the clear: ${text}`,
    'Use smtps:// where the port speaks TLS from the first octet, smtp:// where it offers STARTTLS.',
  ),
  'notice.server.sign-in': entry<Account & Said>(
    'estate',
    'operator',
    ({ host, user, text }) => `${host} refused the sign-in of ${user}: ${text}`,
    'Check notices.smtp.user and the secret to which notices.smtp.secret refers.',
  ),
  'notice.server.stopped': entry<Said>(
    'estate',
    'paced',
    ({ text }) => `The server for messages to people takes none at the moment: ${text}`,
    'Look at that server, and whether it lets notices.from send. It is tried again; nothing is lost or sent twice.',
  ),
  'notice.refused.often': entry<{ readonly messages: number } & Said>(
    'estate',
    'operator',
    ({ messages, text }) => `The last ${messages} messages to people were all refused: ${text}`,
    'Look at the server and at the text. What was refused is sent when you say `godwit notices send --again`.',
  ),
  'rehearsal.unwritable': entry<{ readonly folder: string } & Said>(
    'estate',
    'operator',
    ({ folder, text }) => `The report cannot be written into ${folder}: ${text}`,
    'Name a folder that can be written to, on a disk with room, with --report FOLDER.',
  ),
  'tail.file.unreadable': entry<{ readonly file: string } & Said>(
    'estate',
    'operator',
    ({ file, text }) => `${file} cannot be read: ${text}`,
    'See that it is a log file, plain or compressed by gzip, that this user may read, and run it again: what was read is kept, and is not counted twice.',
  ),
  'tail.file.elsewhere': entry<{ readonly file: string }>(
    'estate',
    'paced',
    ({ file }) => `Somebody else is reading ${file}, or a copy of it.`,
    'Let one of them read it. Run again, it goes on where the other is by then.',
  ),
  'worker.vanished': entry<{ readonly attempts: number }>(
    'mailbox',
    'operator',
    ({ attempts }) => `${attempts} workers vanished while they had this mailbox in hand.`,
    'Look at the log of the last of them: it may be something in this mailbox that ends them. Then retry it.',
  ),
  'door.lost': entry<{ readonly door: string; readonly id: string }>(
    'estate',
    'paced',
    ({ door }) =>
      `The door on ${door} has not been heard of for longer than its lease, and was never told that this mailbox is to move: it may still answer by what was.`,
    'Bring it back in touch with the database, or stop it and say that it is gone: `godwit coexist doors` shows its number, `godwit coexist forget NUMBER` says so.',
  ),
  'door.slow': entry<{ readonly door: string }>(
    'estate',
    'paced',
    ({ door }) => `The door on ${door} lives, and has not taken note in time that a mailbox is held.`,
    'The switch is tried again. Where it stays so, look at that process: its log says what keeps it.',
  ),
  'sessions.unusable': entry<{ readonly url: string } & Said>(
    'platform',
    'paced',
    ({ url, text }) => `Sessions cannot be asked for or ended at ${url}: ${text}`,
    'See that the doveadm HTTP API listens there, and that its key is the one that the settings refer to (docs/coexistence.md).',
  ),
  'traces.unusable': entry<{ readonly file: string } & Said>(
    'estate',
    'operator',
    ({ file, text }) => `Traces cannot be told by ${file}: ${text}.`,
    'Install the SDK of OpenTelemetry beside that file, as docs/traces.md says, or take GODWIT_TRACES out of the environment.',
  ),
  'endpoint.refused': entry<Host & { readonly port: number; readonly because: string }>(
    'platform',
    'operator',
    ({ host, port, because }) => `Nothing is connected to ${host}:${port}: ${because}.`,
    'If it is meant, allow it under `endpoints` in godwit.yaml (hosts, ports, networks) and start Godwit anew. If it is not, look at who answers for that name (docs/endpoints.md).',
  ),
  'directory.unusable': entry<{ readonly url: string } & Said>(
    'platform',
    'paced',
    ({ url, text }) => `The directory at ${url} cannot be asked or written: ${text}`,
    'It is tried again. Where it stays so, see that the server is up, that this machine can reach it, and that its certificate is signed by an authority that `directory.ca` names.',
  ),
  'directory.refused': entry<{ readonly url: string } & Said>(
    'platform',
    'operator',
    ({ url, text }) => `The directory at ${url} refuses: ${text}`,
    'See that `directory.bind-dn` may sign in, read below `directory.base` and write the attributes that the settings name, and that the entry has an object class that allows them. Then `godwit mailbox retry`.',
  ),
  'directory.no-entry': entry<{ readonly url: string; readonly filter: string }>(
    'mailbox',
    'operator',
    ({ url, filter }) => `The directory at ${url} has no entry for ${filter}.`,
    'Give it one, or correct `directory.filter` or `directory.base`; then `godwit mailbox retry`.',
  ),
  'directory.several': entry<{ readonly url: string; readonly filter: string }>(
    'mailbox',
    'operator',
    ({ url, filter }) =>
      `The directory at ${url} has more than one entry for ${filter}, and only one of them can be meant.`,
    'Let `directory.filter` find one only, by an object class for instance; then `godwit mailbox retry`.',
  ),
  'switch.braked': entry<{ readonly who: string; readonly why: string }>(
    'estate',
    'paced',
    ({ who, why }) => `Nothing is switched: ${who} has pulled the brake (${why}).`,
    'Take it off when it is safe: `godwit brake off`.',
  ),
  'switch.sessions': entry<{ readonly user: string }>(
    'mailbox',
    'paced',
    ({ user }) => `Sessions of ${user} on the side that is left did not end when they were closed.`,
    'It is tried again. Where it stays so, see what holds them open there (`doveadm who`): a program may come back by a way that no door holds.',
  ),
  'switch.too-long': entry<{ readonly seconds: number }>(
    'mailbox',
    'paced',
    ({ seconds }) =>
      `What was left to do at the switch did not fit into the ${seconds} seconds that people may be kept waiting.`,
    'It stayed where it was and is tried again. Where it stays so, switch it when less is written to it, or allow more with `hold-most`.',
  ),
  'switch.exceptions': entry<{ readonly messages: number; readonly first: string }>(
    'mailbox',
    'never',
    ({ messages, first }) =>
      `${messages} messages are not on the other side, each is listed with its reason, and nobody has accepted that; the first of them is ${first}.`,
    'See each with its reason: `godwit describe mailbox ADDRESS`. To go without them, `godwit mailbox accept ADDRESS --all --why …`; where the reason is mended, `godwit mailbox retry ADDRESS`.',
  ),
  'switch.incomplete': entry<{ readonly missing: number; readonly first: string }>(
    'mailbox',
    'paced',
    ({ missing, first }) => `At the switch ${missing} messages were not on the other side, the first of them ${first}.`,
    'It is tried again. Where it stays so, look at its exceptions with `godwit describe mailbox`; nobody was held.',
  ),
  'switch.unquiet': entry<object>(
    'mailbox',
    'paced',
    () => 'Something changed in it each time that it was to be switched.',
    'It is tried again at another moment.',
  ),
  'switch.unsettled': entry<Said>(
    'mailbox',
    'paced',
    ({ text }) => `The switch has to wait: ${text}`,
    'It is tried again.',
  ),
  'way-home.late': entry<{ readonly minutes: number }>(
    'mailbox',
    'paced',
    ({ minutes }) => `What has changed since the switch was not carried home for ${minutes} minutes.`,
    'See that workers are there (`godwit status`), and that it is neither held nor excluded (`godwit describe mailbox ADDRESS`). Until it is carried home again, going back would take longer.',
  ),
  'way-home.refused': entry<{ readonly messages: number } & Said>(
    'mailbox',
    'paced',
    ({ messages, text }) => `The side that was left does not take ${messages} messages that are carried home: ${text}`,
    'Give the account the right to insert there again, or have that server looked at: it is tried at each pass. What it refuses is not at home when people go back.',
  ),
  'sync.gave-up': entry<Said>(
    'mailbox',
    'paced',
    ({ text }) => `It was tried again and again without getting further: ${text}`,
    'Look at the servers on both sides. Running again is safe: it goes on where it stopped.',
  ),
  ...apiFaults,
  ...fileFaults,
  ...planningFaults,
  ...accessFaults,
  interrupted: entry<{ readonly by: string }>(
    'mailbox',
    'soon',
    ({ by }) => `It was stopped before its end (${by}).`,
    'Run the same command again: it goes on where it stopped.',
  ),
  internal: entry<{ readonly detail: string }>(
    'mailbox',
    'never',
    // Whatever was thrown, by whoever's library: nobody has looked at its words.
    ({ detail }) => `A fault of ours: ${withoutSecrets(detail)}`,
    'Please report it with the log. Running again is safe.',
  ),
} as const;

export type FaultCode = keyof typeof faults;
export type About<Code extends FaultCode> = Parameters<(typeof faults)[Code]['says']>[0];

/** A fault in flight. Thrown by `fault(...)` only. */
export class Fault<Code extends FaultCode = FaultCode> extends Error {
  /** `instanceof` tells that it is one of ours, and not which. */
  static override [Symbol.hasInstance](value: unknown): value is Fault {
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }

  override readonly name = 'Fault';
  readonly code: Code;
  readonly about: About<Code>;

  /** `words`: as another process told them, instead of those of the catalogue. */
  constructor(code: Code, about: About<Code>, options?: { readonly cause?: unknown; readonly words?: string }) {
    super(options?.words ?? (faults[code].says as (about: About<Code>) => string)(about), options);
    this.code = code;
    this.about = about;
  }

  get reach(): Reach {
    return faults[this.code].reach;
  }

  get retry(): Retry {
    return faults[this.code].retry;
  }

  get remedy(): string {
    return faults[this.code].remedy;
  }
}

/** Makes a fault of the catalogue, to be thrown. */
export function fault<Code extends FaultCode>(
  code: Code,
  about: About<Code>,
  options?: { readonly cause?: unknown },
): Fault<Code> {
  return new Fault(code, about, options);
}

/** A fault of another process, by its code and in its words; null where this version knows no such code. */
export function faultOfOther(code: string, words: string, about: object = {}): Fault | null {
  if (!Object.hasOwn(faults, code)) return null;
  return new Fault(code as FaultCode, about, { words });
}

/** As documents tell it. */
export function told({ code, message, remedy }: Fault): FaultReport {
  return { code, message, remedy };
}

/** Whether `error` is the fault `code`. */
export function isFault<Code extends FaultCode>(error: unknown, code: Code): error is Fault<Code> {
  return error instanceof Fault && error.code === code;
}
