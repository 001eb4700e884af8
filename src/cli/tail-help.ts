/** What `godwit tail --help` says. */

export const tailHelp = `Who still signs in by old names, protocols or clients: what has to end before the source can be switched off. It is learnt
from the log files of the servers that people sign in to (tail read), and from our own doors, which report by themselves.

Of each sign-in are kept: the name, the protocol, the kind of client without its version, the server's name, how often, when
first and last, and from which networks (/24 of IPv4, /48 of IPv6; never an address). Names are resolved to mailboxes; those
that the estate does not have are listed by themselves.

EXAMPLES
  godwit tail read --format dovecot /var/log/mail.log*           as far as they are new; compressed ones too
  godwit tail read --format iis --follow u_ex261121.log          and go on as it grows
  godwit tail                                                    everybody who was seen
  godwit tail --organisation RXY --since 7d --old -o csv         what a local administrator has to see to
  godwit tail --protocol pop3 --moved                            who has moved, and still polls
  godwit tail burn-down --since 90d                              day by day, how many mailboxes still use the old ways
  godwit tail applications                                       programs among them, with what speaks for it
  godwit tail assign scan@corp.example --owner 'Facilities' --plan 'new scanner, OAuth' --by 2027-03-31

The list is the command list: godwit tail list --help has all its flags. docs/tail.md tells of logs and of what is in the list.

EXIT CODES  0 done; 2 wrong usage; 3 a log in which no line was understood; 5 interrupted, or the database is away; 1 a fault of ours.`;

export const tailReadHelp = `Reads log files of the servers that people sign in to. Each is gone on with where the last reading came to, whatever it is
called by then and whether it was compressed meanwhile: no line counts twice. A line that is not understood is counted, and the
first few are shown. Passwords are not in these logs, and nothing of a message is read.

  dovecot   the info log of 2.3 and 2.4 (with imap_id_log = * clients name themselves)
  postfix   smtpd and qmgr: who has signed in to submit, and senders of messages that were handed in without
  nginx     the error log of a mail proxy at the level info, or the access log ("combined") before EWS, ActiveSync, DAV …
  iis       W3C extended, by its #Fields: EWS, OWA, ActiveSync, MAPI, Autodiscover, OAB

EXAMPLES
  godwit tail read --format dovecot /var/log/dovecot-info.log --not-from 10.0.0.9      Godwit's own sign-ins are nobody's
  godwit tail read --format nginx --side target --port 1143=imap error.log
  godwit tail read --format postfix --timezone Europe/London /var/log/mail.log.2.gz /var/log/mail.log.1 /var/log/mail.log

EXIT CODES  0 read; 2 wrong usage, or a file that cannot be read; 3 a file in which no line was understood; 5 interrupted, or the
database is away: run it again, it goes on; 1 a fault of ours.`;
