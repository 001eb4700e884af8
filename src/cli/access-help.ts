/** What `godwit access --help` teaches. */

export const accessHelp = `Who is let in by the API, and what they may do there: tokens of machines, sessions of people who signed in, and approvals
of dangerous acts by a second person. Whoever reaches the database with this command may do everything;
by a server (--server) it is what the token may.

EXAMPLES
  godwit access token create --name "nightly report" --role auditor
  godwit access token create --name "ward 7" --role local-administrator --organisation RXY --expires 30d
  godwit access token create --name watcher --role operator --scope see --scope brake-on --out /etc/watcher/token
  godwit access token list                              who was given what, until when, and when it was used last
  godwit access token revoke 7 --why "it was in a repository"
  godwit access session list                            who is signed in
  godwit access session revoke 12 --why "her laptop was stolen"
  godwit access approvals                               what waits for a second person
  godwit access approve 3 --why "seen to with Ann: all is ready"

A token is shown when it is made, and never again: the database keeps its digest. docs/rights.md tells what each role may do.

EXIT CODES  0 done; 4 the database cannot be reached; 5 interrupted; 2 wrong usage, or nobody by that number.`;
