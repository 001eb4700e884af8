/** What `--help` teaches: each command in a few sentences, then examples that can be typed as they stand. */

export const godwitHelp = `Moves mailboxes from one mail server to another, whole and once, and says by name what did not arrive.

EXAMPLES
  godwit demo                                   watch a move between two servers of ours
  godwit probe imaps://mail.example             what is at the other end
  godwit copy imaps://someone@old.example imaps://someone@new.example
                                                move a mailbox; passwords are asked for
  godwit verify imaps://someone@old.example imaps://someone@new.example
                                                compare both sides
  godwit copy --help                            all that copy can do

EXIT CODES
  0 all there   3 done, but something is listed as refused or different   4 could not reach a server or sign in
  5 interrupted or gave up, safe to run again   2 wrong usage   1 a fault of ours`;

export const copyHelp = `Moves the mail of SOURCE to TARGET. The source is only read. Run again, it carries what changed; stopped at any
moment and run again, it goes on. At the end it says by name what did not arrive and why.

SOURCE and TARGET are URLs: imaps://user@host (TLS), imap://user@host (STARTTLS, required), imap+plain://user@host
(clear text, on this machine only unless --allow-clear-text). In a user name an "@" may stand as it is; other special
characters are percent-encoded. A port follows the host: imaps://someone@mail.example:1993.

Passwords are never part of a command line: --source-secret env:NAME, file:PATH, or wait to be asked.

EXAMPLES
  godwit copy imaps://ann@old.example imaps://ann@new.example --source-secret env:OLD --target-secret file:new.pw
  godwit copy … --dry-run                                 say what would be done
  godwit copy … --follow 60s                              go on carrying changes until stopped
  godwit copy … --exclude '\\Trash' --exclude 'Lists/**' --since 2y
  godwit copy … --map 'Sent Items=Sent' --map 'Old=Archive/Old'
  godwit copy … --source-admin root --source-secret file:admin.pw        without people's passwords
  godwit copy --accounts accounts.csv --at-once 8         many accounts; the first line of the file is
                                                          source,target,source_secret,target_secret
  godwit copy … --bandwidth "08:00,512k 19:00,off"        slow by day, free by night
  godwit copy … -o json > report.json                     for programs (docs/report.md)

SIZES AND TIMES  25M is 25 × 1024² bytes. 60s, 5m, 1h. Dates are UTC: 2024-03-31, 2024-03-31T12:00:00+02:00, or 30d ago.

FOLDERS  Globs are matched against the whole path, joined with "/": * stays within a name, ** goes across. A role such
as '\\Sent' or '\\Trash' means the folder with that use, whatever it is called.

EXIT CODES  0 all there; 3 done, but something is listed as refused or different; 4 could not reach or sign in;
5 interrupted or gave up, safe to run again; 2 wrong usage; 1 a fault of ours. Of several accounts the gravest wins.`;

export const verifyHelp = `Reads both sides on connections of its own and compares folders, messages, dates and flags. Nothing is written.

EXAMPLES
  godwit verify imaps://ann@old.example imaps://ann@new.example --source-secret env:OLD --target-secret env:NEW
  godwit verify --accounts accounts.csv -o json
  godwit verify … --sample 5%                             read the content of one message in twenty; all are counted
  godwit verify --wave pilot --sample 5%                  every mailbox of a wave, while people go on working

With --wave what has not been carried yet, and what people did after the switch, is told apart from what is wrong, and what
somebody has accepted (godwit mailbox accept) from what nobody has. What is found is kept: godwit report wave tells of it.

EXIT CODES  0 all that the source holds is on the target, the same; 3 they differ, and it says where; 4 could not reach or sign in; 5 interrupted or gave up;
2 wrong usage; 1 a fault of ours.`;

export const probeHelp = `Looks at a server and tells what it can do, what it cannot, and what that means for a move from or to it. Without a
user name it looks as far as one can without signing in. Nothing is written.

EXAMPLES
  godwit probe imaps://mail.example
  godwit probe imaps://someone@mail.example --secret env:PASSWORD
  godwit probe imaps://someone@mail.example --deep        what in the messages other servers refuse or alter
  godwit probe imaps://someone@mail.example -o json`;

export const initHelp = `Writes the settings of a programme, godwit.yaml, with a word on each. On a terminal it asks for both servers; what
is not known yet may be filled in later. A file that is there already is left as it is.

EXAMPLES
  godwit init
  godwit init --source imaps://mail.old.example --source-admin mover --target imaps://mail.new.example --target-admin mover
  godwit init --check                                     everything that is wrong in it, with line and column

docs/godwit-yaml.md tells of every setting; editors that know YAML check and complete them as you write.

EXIT CODES  0 written, or in order; 2 there already, or something is wrong in it; 5 a question was left unanswered.`;

export const secretHelp = `Keeps passwords in the database of the estate, sealed under a key from outside it. The settings then refer to
them as sealed:NAME, and workers on every machine have them that have the key. What is set can be used and not be read: no
command shows a secret.

EXAMPLES
  godwit secret key --out /etc/godwit/key             make the key, once; keep a copy elsewhere
  export GODWIT_KEY=file:/etc/godwit/key              for every process
  godwit secret set source-admin                      asks for it; then in godwit.yaml: secret: sealed:source-admin
  pass show old/admin | godwit secret set source-admin
  godwit secret set source/ --from passwords.csv      each mailbox's own; then in godwit.yaml: secrets: sealed:source/
  godwit secret list source/
  godwit secret remove source-admin

CHANGING THE KEY
  godwit secret key --out /etc/godwit/key.2           then, for every process, the new one first:
  export GODWIT_KEY=file:/etc/godwit/key.2,file:/etc/godwit/key
  godwit secret rotate                                brings all under it; after that the old key can go
  godwit secret rotate --server URL                   the same with the keys of that server

WHEN IT IS OVER
  godwit secret erase --all                           how many there are, and whether anybody still needs them
  godwit secret erase --all --why "all released" --yes

EXIT CODES  0 done; 3 done, but some stayed under their key; 2 wrong usage, or no key; 5 the database is away.`;

export const dbHelp = `Looks after the database of the estate: the PostgreSQL server that godwit.yaml or DATABASE_URL names (15 or newer), or
the one that Godwit brings, under the state folder. Its own it brings up to date by itself; yours only when it is told to.

EXAMPLES
  godwit db info                                      where it is, its version, what has been run in it, its size
  godwit db plan                                      the SQL that a migration would run
  godwit db migrate                                   run it: all or nothing, and once, however many do so at the same time
  godwit db restored                                  after a restore: what it lacks, and whom that concerns
  godwit db restored --yes --why 'the disk was lost'  confirm it: those are held where they live now, and work goes on
  DATABASE_URL=postgresql://godwit@db.example/godwit godwit db migrate

Between machines TLS is on and verified unless the URL says otherwise: ?sslrootcert=PATH names an authority, and
?sslmode=disable does without. With database: file:PATH in godwit.yaml the URL and its password are in no environment.

EXIT CODES  0 done; 3 somebody has to be looked at (restored); 2 wrong usage; 5 the database is away or not fit for it; 1 a fault
of ours.`;

export const programmeHelp = `An estate moves by itself: what godwit.yaml describes and godwit estate import brought is copied, kept close, and switched in
its window.

EXAMPLES
  godwit serve                                                                   carries mail until you stop it
  godwit wave create pilot --window 2026-12-01T19:00/06:00 --select 'organisation=RXY kind=person' --limit 100
  godwit wave start pilot                                                        copied from now on, switched in the window
  godwit wave watch pilot                                                        until nobody in it is on the way
  godwit wave pause pilot --why 'the help desk is full'
  godwit mailbox hold ann@corp.example --why 'on call'                           and release, retry, exclude, go-back
  godwit status                                                                  who stands where; -o json for programs

Whoever has switched is carried home all the time until it is released, so that go-back loses nothing.

EXIT CODES  0 done; 2 wrong usage; 3 status: somebody is blocked; 5 the database is away; 1 a fault of ours.`;

export const waveHelp = `A wave is the mailboxes that switch together, in one window: an evening, a night, a weekend. Days ahead it is started, and its
mailboxes are copied and kept close; in its window they switch, the pilot before the rest, those first that are closest.

EXAMPLES
  godwit wave create pilot --window 2026-12-01T19:00/06:00 --select 'organisation=RXY kind=person' --limit 100
  godwit wave start pilot                                          copied from now on, switched in the window
  godwit wave pause pilot --why 'the help desk is full'            nobody more switches; resume goes on
  godwit wave reschedule pilot --window 2026-12-08T19:00/06:00     another evening, also for who did not make it
  godwit wave cancel pilot --why 'no licences'                     who has not switched can be planned anew
  godwit wave go-back pilot --why 'calendars are lost'             all who have settled come home, with what came since
  godwit wave release pilot --why 'a month without complaints'     whose way back would end; --yes ends it

It pauses by itself when more fail than its error budget allows (--error-budget, at least five), and says why; resume counts
anew. It finishes by itself once its window has closed and nobody in it is on the way; whoever is blocked, held or excluded
is not waited for.

EXIT CODES  0 done; 2 wrong usage; 3 watch: somebody is blocked; 5 the database is away; 1 a fault of ours.`;

export const mailboxHelp = `Orders to mailboxes: by their addresses, or all that a selector means. Each is recorded, with your name and your reason.

EXAMPLES
  godwit mailbox hold ann@corp.example bob@corp.example --why 'on call'
  godwit mailbox release ann@corp.example bob@corp.example
  godwit mailbox retry --select 'wave=pilot mark=blocked fault=target.quota'
  godwit mailbox exclude --select 'organisation=RXY kind=room'
  godwit mailbox defer ann@corp.example --until 2026-12-01 --why 'on call tonight'
  godwit mailbox ask --select under=RXY-W12 --not-before 2026-12-07 --not-after 2026-12-18 --why 'the audit'
  godwit mailbox answer ann@corp.example --decline --why 'her team moves on the 3rd'
  godwit mailbox go-back ann@corp.example --why 'her calendar is lost'

hold lets a mailbox wait where it is, exclude lets its journey rest for good; release ends both. defer takes
who has not begun to switch out of their window; they go on by themselves when the day has come (release: before), without a window
where their wave is over by then. ask is heard by the next godwit plan, and godwit get wishes tells what became of it; ask --withdraw
takes it back until then. retry is for the blocked, and for who is being carried: the next pass is at once, and tries again what the other side had refused. same-account and
other-account are for those that are blocked for mailbox.other-account: another user or host is meant than before, and only
you know whether it is the same account.
go-back brings home who has settled, with all that came since, also who is blocked or held there, and keeps them at home
until they are released.

EXIT CODES  0 done; 3 done, but some do not obey and are named; 2 wrong usage, or nobody obeys; 5 the database is away.`;

export const brakeHelp = `Stops all switching of an estate within seconds, on all machines, and lets it go on. What is in the middle of a switch is
withdrawn and stays where it was; copies and following go on, so that nothing is lost by waiting. Windows go on closing meanwhile.

EXAMPLES
  godwit brake on --why 'the new platform refuses sign-ins'
  godwit brake off --why 'mended, says its operator'

EXIT CODES  0 done, or so already; 2 wrong usage; 5 the database is away; 1 a fault of ours.`;

export const coexistHelp = `Opens the doors that Postfix, nginx, Dovecot and mail programs ask where a mailbox lives now, as "doors" in godwit.yaml says
(docs/coexistence.md). godwit serve opens them too where its godwit.yaml has them. Any number of them may run on any machines; a
switch waits until each of them has taken note. One that has lost the database answers from memory, and "later" for who moves.

EXAMPLES
  godwit coexist                                          opens them until you stop it
  godwit coexist doors                                    which there are, and whether they are heard of
  godwit coexist forget 3f2a --why 'machine is gone'      a lost one is waited for no more; be sure that it is stopped

EXIT CODES  0 asked to go, done; 3 a door is lost (doors); 2 wrong usage, a place where nothing can listen; 5 the database is old or
newer; 1 a fault of ours.`;

export const doctorEstateHelp = `Looks at everything that an estate stands on, all at once and each for 15 seconds at most, and tells what is wrong as a list of
things to do, the most urgent first: settings, files of secrets, disk, database, clocks, workers, queue, both platforms and their
certificates, doors, ways home, waves that wait for a word, blocked mailboxes by their fault, notices, forecast and audit log. Nothing is
changed. Where half of it is down, the rest is told.

EXAMPLES
  godwit doctor                        everything
  godwit doctor --quiet                only what is wrong
  godwit doctor -o json                the same for a program
  godwit doctor --server URL           from where that server is: its machine, settings and keys
  godwit doctor coexistence --help     prove the doors, the way of mail and the proxies with two test mailboxes

EXIT CODES  0 nothing is wrong; 3 something is, and says what to do; 2 wrong usage; 1 a fault of ours.`;

export const doctorHelp = `Proves the chain of coexistence end to end (docs/coexistence.md), with two test mailboxes of the estate of which one has moved:
which doors have registered and whether they are heard of, what the doors of this godwit.yaml answer on this machine, on which side a
message handed in at the MX arrives, and which side a sign-in through the proxies reaches. Nothing is deleted: the messages stay.

EXAMPLES
  godwit doctor coexistence --unmoved test1@corp.example --moved test2@corp.example       the doors only
  godwit doctor coexistence --unmoved test1@corp.example --moved test2@corp.example --mx mx.corp.example:25 \\
    --imap imaps://mail.corp.example --unmoved-secret env:TEST1 --moved-secret env:TEST2  and the whole way
  … -o json                                                                               the same for a program

EXIT CODES  0 nothing is wrong; 3 something is, and says what to do; 2 wrong usage; 5 the database is away; 1 a fault of ours.`;

export const auditHelp = `Every step, mark and order is recorded, with who, when and why, in a log that is only ever added to; its records are chained,
each link with the hash of the one before. Whoever owns the database could cut its end off all the same, so the control
plane keeps the latest link in its state folder, too (audit-head.json).

EXAMPLES
  godwit audit verify                 reads all of it, and names the first record that is not as it was written
  godwit audit verify -o json         with the head of the chain
  godwit audit list --since 7d --who ann --what hold     the latest first; --limit and --after for more of them
  godwit audit head >> /elsewhere/heads                  the end of the chain, a line, for whoever keeps it elsewhere
  godwit audit head --against /elsewhere/heads           whether the log still holds all of those

Heads can be sent elsewhere by themselves, every day or hour: \`audit\` in godwit.yaml, docs/audit.md.

EXIT CODES  0 it is as it was written; 3 it is not; 2 wrong usage; 5 the database is away; 1 a fault of ours.`;

export const acceptHelp = `Takes messages that are listed as refused or different off the list of what somebody has to look at: with your name and
your reason, for whoever asks later. What is accepted is that message in that manner; if it becomes worse it is open again.
A mailbox that waits for nothing else (switch.exceptions) switches, or goes home, without those messages: at once.

EXAMPLES
  godwit mailbox accept ann@corp.example --folder INBOX --uid 4711 --why 'a virus; ann knows'
  godwit mailbox accept ann@corp.example --folder 'Lists/old' --why 'not wanted any more'
  godwit mailbox accept ann@corp.example --all --why 'seen one by one with ann'

EXIT CODES  0 done; 2 wrong usage, or nothing of that is listed; 5 the database is away; 1 a fault of ours.`;

export const waveCheckHelp = `Looks at every mailbox of a wave on both sides, days before it comes, and tells what will go wrong with which, and what to do:
sign-ins, room on the target, messages larger than it takes, names of folders, keywords. Nothing is written on either side.
Of each organisation it tells which ways in (the MX, the proxy, the server itself) are held while its mailboxes switch, and by
what; where there are doors, a wave with others waits in its window until they are held, or until a person says that it may go.
It keeps to the budgets of both platforms, may be stopped and goes on where it was: who was found ready within a day is not
looked at again.

EXAMPLES
  godwit wave check pilot
  godwit wave check pilot --again                         also those that were found ready within a day
  godwit wave check pilot -o csv > pilot-readiness.csv    a line for each finding
  godwit wave check pilot -o json
  godwit wave accept-ways-in pilot --why 'nobody comes by POP at night'   recorded; asked again when more is lost

EXIT CODES  0 all are ready; 3 something will go wrong with some, or a word is wanted; 4 a side could not be reached; 5 interrupted, or the database
is away; 2 wrong usage; 1 a fault of ours.`;

export const rehearseHelp = `Plays the whole programme of a plan on a virtual clock: the real rules of waves, windows, retries, error budgets and
governors, against pretended platforms and people who change their minds. Tells what is done in each window, what breaks
the calendar, who goes where instead, and when it is over. Nothing is connected to, and nothing is changed.

EXAMPLES
  godwit rehearse plan.csv --estate DIR                       the folder's estate, calendar.yaml, nothing unusual
  godwit rehearse plan.csv --faults weather.yaml              outages, failures, people (docs/weather-yaml.md)
  godwit rehearse plan.csv --report rehearsal                 charts and a page for a board
  godwit rehearse plan.csv --rates rates.json                 with what was measured elsewhere
  godwit rehearse plan.csv --speed 1000                       as a programme to watch
  godwit rehearse plan.csv -o json                            all of it (docs/rehearsal.md)

The same plan, estate, calendar, weather, rates and seed make the same rehearsal. --runs rehearses it again with the seeds that
follow, and tells how far the finish lies apart.

EXIT CODES  0 rehearsed; 3 somebody misses a window and no later one has room; 2 wrong usage; 5 the database is away;
1 a fault of ours.`;

export const reportHelp = `Tells what became of a wave, mailbox by mailbox and in sum: messages found, copied, already there and refused for what
reason; bytes and seconds; for how long people were interrupted; and every message that is listed by name, with who
accepted it.

EXAMPLES
  godwit report wave pilot
  godwit report wave pilot -o csv > pilot.csv             each mailbox a line
  godwit report wave pilot -o csv --exceptions            each message that is listed by name a line
  godwit report wave pilot -o html > pilot.html           a page to hand round, without scripts
  godwit report wave pilot -o json                        all of it (docs/wave-report.schema.json)

EXIT CODES  0 nothing is listed that nobody has accepted; 3 something is; 2 wrong usage; 5 the database is away;
1 a fault of ours.`;

export const workerHelp = `More hands for an estate, on this machine or any other. What there is to do, and how, a worker takes from the database,
where godwit serve has published its settings; it needs no godwit.yaml. Start and stop as many as you like while waves run.

It needs
  DATABASE_URL   as for godwit serve; without it, it joins the embedded database of this state folder
  GODWIT_KEY     the key of the sealed secrets, as for godwit serve (godwit secret --help)
  env:, file:    what else the settings refer to; what cannot be resolved here is named, and nothing is taken before it can

EXAMPLES
  DATABASE_URL=postgresql://godwit@db.corp.example/godwit GODWIT_KEY=file:/etc/godwit.key godwit worker
  godwit worker --at-once 16 --listen 10.0.0.7:8025         health and metrics for another machine
  godwit worker run --help                                  all its flags; run may be left out
  godwit worker drain 3f2a                                  the worker whose id begins so goes (godwit get workers)

On SIGTERM, Ctrl-C and drain, passes are broken off where they stand and go on elsewhere, and switches are seen through for
15 seconds. A second signal ends it at once, which loses nothing either.

EXIT CODES  0 asked to go; 2 wrong usage, a key or an address that cannot be used; 5 the database is away, old or newer; 1 a
fault of ours.`;

export const getHelp = `Lists what an estate holds. On a screen the first lines, in a file all; where more follow, it says after which to go on.

SELECTOR  words like key=value, all of which have to hold; of several values, with commas between, any.
  address=ann@corp.example,*@ward.example   * stands for anything
  name=zoe.smi                              words of the display name; one may be a beginning
  organisation=RXY    under=Q1              under: with all organisations below it
  stage=following     kind=person,shared    wave=pilot     hint=north
  stage=blocked       mark=held,none        a mark is a place as well
  fault=imap.sign-in.*                      what they are blocked for (docs/faults.md)
  way-home=late                             who has switched and is not carried home any more

EXAMPLES
  godwit get mailboxes --select 'stage=blocked'
  godwit get mailboxes --select 'under=Q1 wave=pilot fault=target.quota' -o csv > full.csv
  godwit get mailboxes --select 'address=ann*' --limit 10
  godwit get waves
  godwit get organisations --after RXY
  godwit get workers -o json

Cells of CSV that a spreadsheet would take for a formula begin with an apostrophe.

EXIT CODES  0 done; 2 wrong usage, or a name that the estate does not have; 5 the database is away; 1 a fault of ours.`;

export const describeHelp = `Tells everything about one mailbox or one wave: where it stands and since when, what keeps it and who said so, where its
mail belongs, what was carried, what went wrong with what to do about it, and the newest of its log.

EXAMPLES
  godwit describe mailbox ann@corp.example       by an alias as well
  godwit describe mailbox ann@corp.example -o json
  godwit describe wave pilot                     who stands where, and what is blocked for what

EXIT CODES  0 done; 3 it is blocked, or somebody in it is; 2 wrong usage, or there is none such; 5 the database is away;
1 a fault of ours.`;

export const estateHelp = `Makes the estate be as files say: who there is, where they belong, and who works in whose mailbox. Without --yes it
only tells what would change: who joins, moves, leaves or comes back. All of it happens, or nothing does.

Each file is the whole truth about its kind: who is no longer in it leaves (and is kept, marked). Of what no file is given
nothing changes. Files are CSV in UTF-8; their first line names the columns (docs/estate.md).

EXAMPLES
  godwit estate import --organisations o.csv --mailboxes m.csv --grants g.csv          what would change
  godwit estate import --organisations o.csv --mailboxes m.csv --grants g.csv --yes    do it
  godwit estate import --mailboxes m.csv -o json > changes.json                        everyone who changes, by name

EXIT CODES  0 done, or would be; 2 wrong usage, or files with something wrong in them: each place is told, and nothing was
imported; 5 interrupted, or the database is away: nothing was imported; 1 a fault of ours.`;

export const planHelp = `Says who moves in which window: as few days as can be between people who work in each other's mailboxes, within what the
calendar has room for, its blackouts, and everybody's own dates. Nothing is asked of any server, and nothing changes before
the plan is applied. The same files and seed give the same plan.

The estate is what was imported, with all that has become of it since, or three files in a folder (docs/estate.md). The
calendar says when there are windows (docs/calendar-yaml.md):

  timezone: Europe/London
  from: 2026-08-03
  until: 2027-01-31
  windows:
    - { name: evening, days: [Mon, Tue, Wed, Thu], start: "19:00", end: "06:00", mailboxes: 22000 }
    - { name: weekend, days: [Fri], start: "19:00", end: "06:00", end_day: Mon, mailboxes: 83000 }
  blackouts: [2026-08-31, { from: 2026-12-24, until: 2027-01-02 }]

EXAMPLES
  godwit plan --estate estate/ --calendar calendar.yaml                 what it would come to; nothing is written
  godwit plan --estate estate/ --calendar calendar.yaml -o plan.csv     the plan, and beside it plan.splits.csv (every grant
                                                                        that is split, between which days, and what does not
                                                                        work meanwhile), plan.unplaced.csv (who has no window,
                                                                        why, and the smallest change that would give them one)
                                                                        and plan.summary.txt
  godwit plan --calendar calendar.yaml -o plan.csv                      the imported estate
  godwit plan … --explain ann@corp.example                              why then, and what every other window would cost
  godwit plan … --diff plan.csv -o plan.csv                             again, with what changes since
  godwit plan … --wishes wishes.csv --effort 5m                         with what organisations ask; better, for longer
  godwit plan … -o plan.csv -o json                                     one JSON document on stdout as well
  godwit plan make --help                                               all its flags; make may be left out

Files are put in their places together, when all is done: whoever stops it keeps the plan that was there.
docs/planning.md tells of everything in them.

EXIT CODES  0 everybody has a window; 3 somebody has none, and is told of; 2 wrong usage, a calendar without windows, or files with
something wrong in them; 5 interrupted, the database is away, or the plan cannot be written; 1 a fault of ours.`;

export const forecastHelp = `Says when each wave will have been copied, how long its switch takes and who misses the window: as the middle of many runs
(P50) and what is kept nine times in ten (P90). It rests on what this estate has measured of itself, and where it has not, on
what others have published; which is told. The control plane makes one every night and keeps it.

EXAMPLES
  godwit forecast                                         all waves, and when all is over
  godwit forecast --wave evening-2026-08-04               one of them
  godwit forecast --history                               how right it was
  godwit forecast -o json > rates.json                    with the rates, as godwit rehearse --rates takes them

EXIT CODES  0 everybody makes their window; 3 somebody probably does not; 2 wrong usage; 5 the database is away.`;

export const planApplyHelp = `Makes waves of a plan: new ones, mailboxes that go from one to another, and those that are empty then go. Without --yes it
only tells what would change. All of it happens, or nothing does; the same plan a second time changes nothing.

Every row is held against the estate as it is now, and nothing is done where it has moved: who joined or left since, whose dates
or organisation do not allow the day any more, waves that have begun, windows that have become too small; each is named.
Whoever has begun or has moved is left alone.

EXAMPLES
  godwit plan apply plan.csv --calendar calendar.yaml                                what would change
  godwit plan apply plan.csv --calendar calendar.yaml --yes --why 'board, 12 May'    do it
  godwit plan apply plan.csv --calendar calendar.yaml -o json                        the same as one JSON document

EXIT CODES  0 done, or would be; 2 wrong usage, something wrong in the plan, or the estate has moved: nothing was changed; 5
interrupted, somebody else was faster, or the database is away: nothing was changed; 1 a fault of ours.`;

export const demoHelp = `Starts two mail servers on this machine, an old and a new one, and plays three acts. All of it takes a minute or
two, and everything is taken away again, also after Ctrl-C.

  copy     four people are moved while you watch; it runs again (nothing is sent), and both sides are compared
  town     an estate of 200 mailboxes moves in two waves while mail goes on coming in, and one of them goes back
  switch   one person's mail program is signed in through a proxy and a message comes each second, while her mailbox changes
           sides and goes back: what arrived, on which side the program is, and how long it was without a session, second by second

EXAMPLES
  godwit demo              all three
  godwit demo switch       the third alone, in about half a minute

The servers are Dovecot out of Debian's packages, unpacked and not installed. Where they cannot be had, stand-ins of ours take their
place and switch is left out. For switch there is a Dovecot proxy, and a Postfix where it can be had (it wants to be root); else the
messages are handed to Godwit's own door for deliveries, and it says so.

EXIT CODES  0 all went as told; 3 in switch a message was lost, came twice or was refused, or nobody changed sides; 4 the act that was
asked for cannot be played here; 5 stopped; otherwise that of the command that did not go well.`;

export const testHelp = `Runs everything that CI runs: types, layers, format, lint, and all tests.`;
