/**
 * What the command line needs of the world around it, so that `app/` can join it to the real one and a test to a made-up
 * one. Everything heavy is behind a function and is loaded only when a command asks for it.
 */

import type { EstateFileKind } from '#domain/estate-columns.ts';
import type { Accepted, WhichExceptions } from '#domain/acceptance.ts';
import type { ApprovalLine, Approved, Revoked, SessionLine, TokenLine, TokenMade, TokenOrder } from '#domain/access.ts';
import type { Brake } from '#domain/brake.ts';
import type { AuditFinding, AuditHead, HeadLost } from '#domain/audit-finding.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import type { AuditLine, AuditListOrder } from '#domain/audit-line.ts';
import type { DatabaseCare } from '#domain/database-state.ts';
import type { MailboxFound, WaveFound } from '#domain/description.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import type {
  ListOrder,
  MailboxLine,
  MailboxListOrder,
  OrganisationLine,
  Page,
  WaveLine,
} from '#domain/estate-lists.ts';
import type { DoorKnown } from '#domain/door-known.ts';
import type { DoorPlace } from '#domain/door-place.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import type { Day } from '#domain/estate.ts';
import type { AskedDays, DateWish, WishDeclined, WishedDays } from '#domain/dates.ts';
import type { EstateNow, MailboxesOrdered, MailboxOrder, Whom } from '#domain/estate-state.ts';
import type { ForecastPast } from '#domain/forecast-past.ts';
import type { Listen } from '#domain/listen.ts';
import type {
  Wave,
  WaveCreated,
  WaveMoved,
  WaveOrder,
  WaveOrderStep,
  WaveOutlined,
  WaveSettledOrdered,
} from '#domain/wave.ts';
import type { Calendar } from '#domain/calendar.ts';
import type { WaveWays, WaysAccepted, WaysPromised } from '#domain/ways-in.ts';
import type { DayWindow } from '#domain/window.ts';
import type { ProbeReport } from '#domain/probe-report.ts';
import type { CommandError, CopyReport, MailboxReport } from '#domain/report.ts';
import type { Holder } from '#domain/rights.ts';
import type { KeyReference, SecretReference } from '#domain/secret-reference.ts';
import type { Selection } from '#domain/selection.ts';
import type { WaveCertificate } from '#domain/certificate.ts';
import type { Selector, UnknownName } from '#domain/selector.ts';
import type { ServerPlace } from '#domain/server-place.ts';
import type { KnownKey } from '#domain/signing-key.ts';
import type { TailApplication, TailDay, TailLine, TailListOrder, TailPlanned, TailPlanOrder } from '#domain/tail.ts';
import type { Log } from '#lib/log.ts';
import type { PlanApplied, PlanOrder } from '#operations/apply-plan.ts';
import type { CheckedMailbox, CheckWaveRequest } from '#operations/check-wave.ts';
import type { CheckedLive, CheckLive } from '#operations/check-live.ts';
import type { CertifyWave } from '#operations/certify-wave.ts';
import type { ExportedEvidence } from '#operations/bundle-lines.ts';
import type { MadeCertificate, MakeCertificates } from '#operations/make-certificates.ts';
import type { CopyChoices, CopyWatcher, Pace } from '#operations/copy-mailbox.ts';
import type { Finding } from '#operations/doctor-parts.ts';
import type { EstateForecast } from '#operations/forecast.ts';
import type { SecretDesk, SecretKeeping } from '#operations/keep-secrets.ts';
import type { ImportOrder, ImportReport, ImportWatcher } from '#operations/import-estate.ts';
import type { PlanEstateOrder } from '#operations/plan-estate.ts';
import type { PlanReport } from '#operations/plan-report.ts';
import type { NoticeDesk } from '#operations/notice-desk.ts';
import type { WaveReported } from '#operations/report-wave.ts';
import type { LogRead, ReadLogOrder } from '#operations/read-access-log.ts';
import type { SettingsToRehearse } from '#operations/rehearsal-terms.ts';
import type { RehearseWatcher } from '#operations/rehearse.ts';
import type { EstateRoster } from '#operations/roster-of-estate.ts';
import type { VerifyReport, VerifyWatcher } from '#operations/verify-mailbox.ts';
import type { VerifiedMailbox, VerifyWaveRequest } from '#operations/verify-wave.ts';
import type { Habits } from '#rehearsal/order.ts';
import type { RehearsalReport } from '#rehearsal/report-page.ts';

export interface OutStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';
export type LogFormat = 'text' | 'json';

/** Defaults that the surroundings may change (`app/settings.ts`). */
export interface Settings {
  readonly stateDir: string;
  readonly atOnce: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly ca: string | null;
  /** The file with the settings of a programme. */
  readonly config: string;
  /** Where the keys of sealed secrets are, the one that seals first. */
  readonly keys: readonly KeyReference[];
  /** The module that receives traces; null: nobody does. */
  readonly traces: string | null;
  /** The server that verbs of an estate go by, as it was written; null: they open its database. */
  readonly server: string | null;
  /** Where the token for it is, as it was written. */
  readonly token: string | null;
}

export interface World {
  readonly version: string;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  /** Whether a person can be asked something. */
  readonly canAsk: boolean;
  /** Whether a moving display can be drawn on stderr. */
  readonly canDraw: boolean;
  /** For `env:NAME` secrets only. */
  environment(name: string): string | undefined;
  /** Throws a `UsageError` when a setting is wrong or unknown. */
  settings(): Settings;
  now(): number;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly interruption: AbortSignal;
  /** Calls `last`, too, when a second Ctrl-C ends the process at once: it may write, synchronously, and must return. */
  onEmergency(last: () => void): void;
  /** Asks a person for a secret without showing it; null when they gave up. */
  askSecret(question: string): Promise<string | null>;
  /** Asks a person for a line; null when they gave up. */
  ask(question: Question): Promise<string | null>;
  /** Reads the settings of a programme. Throws a `UsageError` that names everything wrong. */
  readEstate(file: string): Promise<EstateSettings>;
  /** Which variables and files that they refer to cannot be had in this process. */
  notHere(settings: EstateSettings): Promise<readonly string[]>;
  /** Opens the sealed secrets of an estate. */
  openSecrets(options: SecretsOptions): Promise<SecretKeeping & AsyncDisposable>;
  /** Opens the database of an estate, however far from up to date it is. */
  openDatabase(options: DatabaseOptions): Promise<DatabaseCare>;
  /** Opens an estate for imports. */
  openImporter(options: ImporterOptions): Promise<Importer>;
  /** Opens an estate for whoever plans it. */
  openPlanning(options: DatabaseOptions): Promise<EstatePlanning>;
  /** Reads the calendar of a programme. Throws a `UsageError` that names everything wrong. */
  readCalendar(file: string): Promise<Calendar>;
  /** Opens an estate to be planned, and the places where its plan is to lie. */
  openPlanWork(options: PlanWorkOptions): Promise<PlanWork>;
  /**
   * Rehearses a plan, once everything it needs has been read, and writes the report where one is wanted. Throws a
   * `UsageError` that names what is wrong with the files; `operations/read-roster.ts` throws its faults.
   */
  rehearse(
    options: RehearseOptions,
    watcher: RehearseWatcher & RehearsalReading,
    signal: AbortSignal,
  ): Promise<{ readonly report: RehearsalReport; readonly files: readonly string[] }>;
  /** Opens an estate for people: its waves, how it stands, and its mailboxes. */
  openProgramme(options: DatabaseOptions): Promise<Programme>;
  /** The same, by the API of a server. */
  openProgrammeThere(options: ServerOptions): Promise<Programme>;
  /** What people have besides, by the API of a server. */
  openDesksThere(options: ServerOptions): Promise<DesksThere>;
  /** Opens an estate to say who is let in by its API. */
  openAccess(options: DatabaseOptions): Promise<AccessDesk>;
  /** Opens an estate for messages to its people. */
  openNotices(options: NoticesOptions): Promise<NoticesWork>;
  /** Opens an estate to see who still signs in to it, and how. */
  openTail(options: TailDeskOptions): Promise<TailDesk>;
  /** Opens an estate to look at its mailboxes on both platforms. */
  openInspection(options: InspectionOptions): Promise<EstateInspection>;
  /** Opens an estate for certificates, and the keys that sign them. */
  openEvidence(options: InspectionOptions): Promise<EvidenceWork>;
  /** The same by the API of a server. */
  openEvidenceThere(options: ServerOptions): Promise<EvidenceWork>;
  /** Carries the mailboxes of an estate until the signal fires. */
  serve(options: ServeOptions, signal: AbortSignal): Promise<void>;
  /** Opens the doors that mail systems ask, until the signal fires. */
  coexist(options: CoexistOptions, signal: AbortSignal): Promise<void>;
  /** Tries the chain of coexistence with two test mailboxes. */
  doctor(options: DoctorOptions, signal: AbortSignal): Promise<readonly Finding[]>;
  doctorEstate(options: DoctorEstateOptions, signal: AbortSignal): Promise<readonly Diagnosis[]>;
  /** Helps to, until the signal fires or it is drained. */
  work(options: WorkOptions, signal: AbortSignal): Promise<'stopped' | 'drained'>;
  /** All that is piped in, at most so many octets and one; null where stdin is a terminal. */
  readInput(octetsMax: number): Promise<Buffer | null>;
  /** Where the JSON Schema of such a file is, for editors. */
  readonly estateSchema: string;
  openLog(level: LogLevel, format: LogFormat, write: (line: string) => void): Log;
  openEngine(options: EngineOptions): Promise<Engine>;
  demo(stage: DemoStage): Promise<number>;
}

export interface DoctorEstateOptions {
  /** Null where they cannot be read; `problems` then says why, a line each. */
  readonly settings: EstateSettings | null;
  readonly problems: readonly string[];
  readonly stateDir: string;
  readonly keys: readonly KeyReference[];
  readonly version: string;
  readonly log: Log;
}

export interface DoctorOptions {
  readonly settings: EstateSettings;
  readonly stateDir: string;
  readonly keys: readonly KeyReference[];
  readonly log: Log;
  /** Test mailboxes; without a secret nobody signs in as them. */
  readonly moved: TestMailbox;
  readonly unmoved: TestMailbox;
  /** Null: no message is sent. */
  readonly mx: Listen | null;
  readonly from: string | null;
  /** Null: nobody signs in. */
  readonly imap: { readonly endpoint: Endpoint; readonly ca: string | null; readonly verify: boolean } | null;
  readonly withinMs: number;
  /** Told what is being done. */
  readonly tell: (doing: string) => void;
}

export interface TestMailbox {
  readonly address: string;
  readonly secret: SecretReference | null;
}

export interface SecretsOptions {
  readonly settings: EstateSettings;
  readonly stateDir: string;
  /** Where the keys are, the one that seals first. Empty where none is needed. */
  readonly keys: readonly KeyReference[];
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface DatabaseOptions {
  readonly database: EstateSettings['database'];
  readonly stateDir: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface ServerOptions {
  readonly place: ServerPlace;
  /** The token itself. */
  readonly bearer: string;
  /** PEM text of authorities to trust besides those of the machine, or null. */
  readonly ca: string | null;
  readonly signal: AbortSignal;
}

export interface ImporterOptions extends DatabaseOptions {
  readonly users: ImportOrder['users'];
}

export interface ImporterOrder extends Pick<ImportOrder, 'dryRun'> {
  /** Paths by what the files tell of. */
  readonly files: Partial<Readonly<Record<EstateFileKind, string>>>;
  readonly watcher: ImportWatcher & {
    /** So many octets of a file are on their way to where it is read. */
    sending(kind: EstateFileKind, octets: number): void;
  };
  /** Whether whoever asks reads all remarks and changes by name, or the first of them. */
  readonly names: 'all' | 'first';
}

/** What becomes of an import is told by its report and, on the way, to its watcher; `operations/import-estate.ts` throws its faults. */
export interface Importer extends AsyncDisposable {
  import(order: ImporterOrder, signal: AbortSignal): Promise<ImportReport>;
}

export interface PlanApplying extends AsyncDisposable {
  /** `operations/apply-plan.ts` throws its faults. */
  apply(order: Omit<PlanOrder, 'who' | 'openKeeping'>, signal: AbortSignal): Promise<PlanApplied>;
}

export interface EstatePlanning extends PlanApplying {
  /** The imported estate as a planner is asked about it; `operations/roster-of-estate.ts` throws its faults. */
  roster(calendar: Calendar, signal: AbortSignal): Promise<EstateRoster>;
  /** Days that are asked for, for single mailboxes. */
  wishes(signal: AbortSignal): Promise<readonly AskedDays[]>;
}

/** Files of a plan, by their paths. */
export interface PlanPlaces {
  readonly calendar: string;
  /** The plan itself; null where nothing is written. */
  readonly out: string | null;
  /** What else is read besides the estate, over which nothing may be written: wishes, settings. */
  readonly reads: readonly string[];
  /** The plan before, whose place the new one may take. */
  readonly earlier: string | null;
}

export interface PlanWorkOptions extends PlanPlaces {
  /** A folder with the three files, or where the imported estate is. */
  readonly estate: { readonly folder: string } | Pick<DatabaseOptions, 'database' | 'stateDir'>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface PlanWork extends AsyncDisposable {
  /** `operations/plan-estate.ts` throws its faults. */
  plan(order: Omit<PlanEstateOrder, 'estate' | 'drafts' | 'planner'>, signal: AbortSignal): Promise<PlanReport>;
  /** Puts what was written in its place, with this summary; gives where that is. */
  settle(summary: string): readonly string[];
  /** Takes away what was written so far, for an end that waits for nothing. */
  abandon(): void;
}

export interface RehearseOptions {
  /** Files, and the folder that the report goes to; null for none of it. */
  readonly plan: string;
  readonly calendar: string;
  readonly weather: string | null;
  readonly rates: string | null;
  readonly folder: string | null;
  readonly estate: { readonly folder: string } | Pick<DatabaseOptions, 'database' | 'stateDir'>;
  readonly seed: number;
  readonly runs: number;
  readonly speed: number | null;
  /** What is not said is as the estate and the settings have it, and else as usual. */
  readonly habits: Partial<Habits>;
  /** Of the programme; null where there are none. */
  readonly settings: SettingsToRehearse | null;
  readonly log: Log;
}

export interface RehearsalReading {
  /** What is being read, in words. */
  reads(what: string): void;
  /** Whose clocks are shown. */
  clocks(timezone: string): void;
}

export interface TailDeskOptions extends DatabaseOptions {
  /** What users are made of, as the settings say. */
  readonly users: ImportOrder['users'];
  /** Of the programme. */
  readonly timezone: string;
}

/** Without a time zone of its own it is that of the programme. */
export type TailReadOrder = Pick<ReadLogOrder, 'path' | 'format' | 'side' | 'ports'> & {
  readonly timezone: string | undefined;
  /** Addresses and networks, each as `operations/log-networks.ts` reads it. */
  readonly notFrom: readonly string[];
};

export interface TailDesk extends AsyncDisposable {
  /** `sent` is told how much of it has gone to a server, where it goes by one. */
  read(order: TailReadOrder, signal: AbortSignal, sent?: (octets: number) => void): Promise<LogRead>;
  /** Until the signal fires. */
  follow(order: TailReadOrder, signal: AbortSignal): Promise<LogRead>;
  /** Whose names are of the estate by now that were not; how many. */
  knowAgain(): Promise<number>;
  list(order: TailListOrder): Promise<Page<TailLine> | UnknownName>;
  burnDown(order: {
    readonly organisation: string | null;
    readonly days: number;
  }): Promise<readonly TailDay[] | UnknownName>;
  applications(order: {
    readonly organisation: string | null;
    readonly sinceMs: number | null;
  }): AsyncIterable<readonly TailApplication[]>;
  /** Null where there is one of that code. */
  organisation(code: string): Promise<UnknownName | null>;
  assign(order: TailPlanOrder): Promise<TailPlanned>;
  unassign(name: string): Promise<TailPlanned>;
}

export interface InspectionOptions extends DatabaseOptions {
  readonly settings: EstateSettings;
  readonly keys: readonly KeyReference[];
}

export interface AccessDesk extends AsyncDisposable {
  /** Whoever runs the command. */
  readonly holder: Holder;
  readonly tokens: {
    create(order: TokenOrder, who: string): Promise<TokenMade>;
    list(order: { readonly ended: boolean }): Promise<readonly TokenLine[]>;
    revoke(id: number, who: string, why: string | null): Promise<Revoked>;
  };
  readonly sessions: {
    list(order: { readonly ended: boolean }): Promise<readonly SessionLine[]>;
    revoke(id: number, who: string, why: string | null): Promise<Revoked>;
  };
  readonly approvals: {
    list(order: { readonly ended: boolean }, holder: Holder): Promise<readonly ApprovalLine[]>;
    approve(id: number, holder: Holder, why: string): Promise<Approved>;
  };
}

/** Desks of an estate that is somewhere else: each opens when it is asked for, and nothing is asked before a verb asks it. */
export interface DesksThere {
  access(): AccessDesk;
  tail(): TailDesk;
  notices(): NoticesWork;
  inspection(): EstateInspection;
  importer(): Importer;
  /** For plans that were made for the calendar in this file. */
  planning(calendar: string): PlanApplying;
  planWork(places: PlanPlaces): PlanWork;
  /** As `World.rehearse`. */
  rehearse(
    options: Omit<RehearseOptions, 'estate' | 'settings' | 'log'>,
    watcher: RehearseWatcher & RehearsalReading,
  ): Promise<{ readonly report: RehearsalReport; readonly files: readonly string[] }>;
  secrets(): SecretDesk & AsyncDisposable;
  doctor(): DoctorThere;
}

export interface DoctorThere extends AsyncDisposable {
  /** What is found from where the server is. */
  examine(): Promise<readonly Diagnosis[]>;
}

export type WaveToInspect =
  | { readonly kind: 'found'; readonly wave: Wave; readonly mailboxes: number }
  | { readonly kind: 'unknown'; readonly nearest: string | null };

interface LookAtWave {
  readonly wave: Wave;
  /** Mailboxes at a time; null: as whoever looks has it. */
  readonly atOnce: number | null;
}

export interface EstateInspection extends AsyncDisposable {
  /** Mailboxes at a time, as the settings say; null where that is not for whoever asks to say. */
  readonly atOnce: number | null;
  find(wave: string): Promise<WaveToInspect>;
  verify(
    order: LookAtWave & Pick<VerifyWaveRequest, 'sample' | 'watcher'>,
    signal: AbortSignal,
  ): AsyncIterable<readonly VerifiedMailbox[]>;
  /** The ways in of those of it who have still to switch. */
  ways(wave: Wave): Promise<WaveWays>;
  check(
    order: LookAtWave & Pick<CheckWaveRequest, 'freshSeconds' | 'watcher'>,
    signal: AbortSignal,
  ): AsyncIterable<readonly CheckedMailbox[]>;
}

/** Whose certificates or keys: those of a wave, or one mailbox by its address. */
export type Certified = { readonly wave: Wave } | { readonly mailbox: string };

export interface EvidenceWork extends AsyncDisposable {
  find: EstateInspection['find'];
  /** `folder`: where the files go, null for nowhere; `atOnce` null: as the settings say. Throws `evidence.*`, `digests.key.*`, `secret.key.*`. */
  make(
    order: Pick<MakeCertificates, 'anew' | 'withElements' | 'watcher'> & {
      readonly whose: Certified;
      readonly atOnce: number | null;
      readonly folder: string | null;
    },
    signal: AbortSignal,
  ): AsyncIterable<readonly MadeCertificate[]>;
  /** Closes a round: the root of the wave, into the audit log and the folder. Null where there is nothing to cover. */
  close(
    order: Pick<CertifyWave, 'wave' | 'reasons'> & { readonly folder: string | null },
  ): Promise<WaveCertificate | null>;
  /** Writes the evidence of an organisation and all below it into a folder. Throws `evidence.folder.unwritable`. */
  export(
    order: { readonly organisation: string; readonly folder: string; readonly withDigestKeys: boolean },
    signal: AbortSignal,
  ): Promise<ExportedEvidence | UnknownName>;
  /** Writes the digest key of each into the folder, for those who check contents; answers with how many they are. */
  digestKeys(whose: Certified, folder: string): Promise<number>;
  readonly keys: {
    /** All that ever signed. */
    list(): Promise<readonly KnownKey[]>;
    /** Has another sign from now on; its id. Throws `secret.key.*`. */
    rotate(): Promise<string>;
  };
}

export interface NoticesOptions {
  readonly settings: EstateSettings;
  readonly stateDir: string;
  readonly keys: readonly KeyReference[];
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface NoticesWork extends NoticeDesk, AsyncDisposable {}

export interface ServeOptions {
  readonly settings: EstateSettings;
  readonly stateDir: string;
  readonly keys: readonly KeyReference[];
  /** The module that receives traces; null: nobody does. */
  readonly traces: string | null;
  readonly log: Log;
  /** Called once everything is open; with where health and metrics are told, null for nowhere. */
  readonly started: (at: Listen | null, doors: readonly DoorOpened[]) => void;
}

export type CoexistOptions = Omit<ServeOptions, 'traces'>;

/** A door, once it is open. */
export interface DoorOpened {
  /** In words for people. */
  readonly serves: string;
  readonly at: DoorPlace;
}

export interface WorkOptions extends Omit<ServeOptions, 'settings' | 'started'> {
  readonly started: (at: Listen | null) => void;
  /** Settings of its own; null for those of the estate. */
  readonly settings: EstateSettings | null;
  readonly database: EstateSettings['database'];
  readonly listen: Listen | null;
  /** Null: as the settings say. */
  readonly atOnce: number | null;
}

export interface Programme extends AsyncDisposable {
  /** For the audit log. */
  readonly who: string;
  /** By what the programme goes, where somebody else has its settings; null where they are this run's. */
  terms(): Promise<{ readonly timezone: string; readonly errorBudget: number } | null>;
  readonly waves: {
    create(order: WaveOrder, who: string): Promise<WaveCreated>;
    move(name: string, step: WaveOrderStep, who: string, why: string | null): Promise<WaveMoved>;
    reschedule(name: string, window: DayWindow, who: string, why: string | null): Promise<WaveMoved>;
    goBack(name: string, who: string, why: string): Promise<WaveSettledOrdered>;
    release(name: string, isDryRun: boolean, who: string, why: string): Promise<WaveSettledOrdered>;
    list(): Promise<readonly WaveOutlined[]>;
  };
  readonly waysIn: {
    /** A person's word for all that nobody holds at this moment. */
    accept(wave: string, promised: WaysPromised, who: string, why: string): Promise<WaysAccepted>;
  };
  readonly view: { now(): Promise<EstateNow> };
  /** Tells when something may have changed; lacking: whoever watches looks as often as they like. */
  readonly watch?: () => Watching;
  readonly lists: {
    mailboxes(order: MailboxListOrder): Promise<Page<MailboxLine> | UnknownName>;
    /** Null where that could only be told by counting. */
    count(selector: Selector): Promise<number | null>;
    organisations(order: ListOrder): Promise<Page<OrganisationLine>>;
    waves(): Promise<readonly WaveLine[]>;
  };
  readonly descriptions: {
    mailbox(address: string): Promise<MailboxFound>;
    wave(name: string): Promise<WaveFound>;
  };
  readonly workforce: {
    /** False: there is no such worker any more. */
    drain(worker: string, who: string): Promise<boolean>;
  };
  readonly doors: {
    list(): Promise<readonly DoorKnown[]>;
    /** False: there is none of this id. */
    forget(id: string, who: string, why: string): Promise<boolean>;
  };
  readonly brake: {
    state(): Promise<Brake | null>;
    pull(who: string, why: string): Promise<boolean>;
    release(who: string, why: string): Promise<boolean>;
  };
  readonly audit: {
    verify(): Promise<{ readonly finding: AuditFinding; readonly kept: AuditHead | null }>;
    list(order: AuditListOrder): Promise<Page<AuditLine>>;
    /** The latest link, once everything there is has been chained; null for a log in which nothing is. */
    head(): Promise<AuditHead | null>;
    /** The first of these links that the log does not hold any more, and what is wrong; null where it holds them all. */
    firstLost(heads: readonly AuditHead[]): Promise<HeadLost | null>;
  };
  readonly mailboxes: {
    order(whom: Whom, order: MailboxOrder, who: string, why: string | null): Promise<MailboxesOrdered>;
  };
  /** Days that people ask for. */
  readonly dates: {
    defer(whom: Whom, until: Day, who: string, why: string): Promise<MailboxesOrdered>;
    ask(whom: Whom, days: WishedDays, who: string, why: string): Promise<MailboxesOrdered>;
    withdraw(whom: Whom, who: string, why: string): Promise<MailboxesOrdered>;
    decline(address: string, who: string, why: string): Promise<WishDeclined>;
    wishes(order: ListOrder): Promise<Page<DateWish>>;
  };
  readonly acceptances: {
    accept(address: string, which: WhichExceptions, who: string, why: string): Promise<Accepted>;
  };
  readonly reports: { wave(name: string): Promise<WaveReported> };
  readonly forecasts: {
    make(): Promise<EstateForecast>;
    /** Of waves that are over, the latest first. */
    past(most: number): Promise<readonly ForecastPast[]>;
  };
}

/** Somebody watches, and is told when to look again. */
export interface Watching extends AsyncDisposable {
  /** Whether something may have changed since this was last asked. */
  hasNews(): boolean;
  /** Why changes are not told at this moment, in words; null where they are. Then there are news every few seconds. */
  trouble(): string | null;
}

export interface Question {
  readonly asks: string;
  /** What an answer looks like. */
  readonly example: string;
  /** Says what is wrong with an answer; null where nothing is. */
  readonly problem: (answer: string) => string | null;
}

export interface EngineOptions {
  readonly stateDir: string;
  /** Nothing is written to the ledger (dry run, verify). */
  readonly readOnly: boolean;
  readonly log: Log;
}

export type DemoActName = 'copy' | 'town' | 'switch';

/** What the demo may do to the terminal. */
export interface DemoStage {
  readonly version: string;
  /** The one act that is wanted, or null for all of them. */
  readonly only: DemoActName | null;
  readonly say: (line: string) => void;
  /** Whether commands draw while they go on, so that there is something to watch. */
  readonly isWatched: boolean;
  readonly interruption: AbortSignal;
  /** Runs a command line of ours in this process, as a person would have typed it; gives its exit code. */
  readonly run: (argv: readonly string[], environment: Readonly<Record<string, string>>) => Promise<number>;
}

/** One end of a move with all that is needed to sign in there. */
export interface Side {
  readonly endpoint: Endpoint;
  readonly signIn: SignIn;
  /** PEM text of authorities to trust besides those of the machine, or null. */
  readonly ca: string | null;
  readonly verify: boolean;
}

export type SignIn =
  | {
      readonly kind: 'password';
      readonly user: string;
      readonly password: string;
      readonly onBehalfOf: OnBehalfOf | null;
    }
  | { readonly kind: 'oauth'; readonly user: string; readonly file: string }
  /** Only for a look at the server before signing in. */
  | { readonly kind: 'none' };

export interface OnBehalfOf {
  readonly mailbox: string;
  readonly style: 'authzid' | 'user*master';
}

export interface CopyOrder {
  readonly source: Side;
  readonly target: Side;
  readonly choices: CopyChoices;
  readonly pace: Pace | null;
}

export interface VerifyOrder {
  readonly source: Side;
  readonly target: Side;
  readonly selection: Selection;
  /** Share of the messages whose content is read, null for all. */
  readonly sample: number | null;
}

/** The machinery behind the verbs, wired by `app/`. */
export interface Engine extends AsyncDisposable {
  /** Never throws for a fault: it stands in the report. */
  copy(order: CopyOrder, watcher: CopyWatcher, signal: AbortSignal): Promise<MailboxReport>;
  verify(order: VerifyOrder, watcher: VerifyWatcher, signal: AbortSignal): Promise<VerifyReport>;
  probe(side: Side, deep: boolean, watcher: CopyWatcher, signal: AbortSignal): Promise<ProbeReport>;
  /** Holds a certificate against the mailbox that it is about. Throws the faults of that side. */
  checkLive(
    side: Side,
    order: Pick<CheckLive, 'certificate' | 'digestKey' | 'lists' | 'watcher'>,
    signal: AbortSignal,
  ): Promise<CheckedLive>;
}

export type { CommandError, CopyReport, MailboxReport };
