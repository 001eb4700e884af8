/** What the API asks of an estate: the same ports as the command line, each as far as somebody's part of it goes. */

import type { AuditFinding, AuditHead, HeadLost } from '#domain/audit-finding.ts';
import type { AuditLine, AuditListOrder } from '#domain/audit-line.ts';
import type { Brake } from '#domain/brake.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import type { DoorKnown } from '#domain/door-known.ts';
import type { Erasable, Erased, Erasure, ErasureOrder } from '#domain/erasure.ts';
import type { Page } from '#domain/estate-lists.ts';
import type { ForecastPast } from '#domain/forecast-past.ts';
import type { Act, DangerousAct, Holder } from '#domain/rights.ts';
import type { Wave } from '#domain/wave.ts';
import type { WaveWays, WaysAccepted, WaysPromised } from '#domain/ways-in.ts';
import type { CheckedMailbox, CheckWaveRequest } from '#operations/check-wave.ts';
import type { ImportOrder, ImportReport } from '#operations/import-estate.ts';
import type { LogFile } from '#operations/log-file.ts';
import type { LogRead, ReadLogOrder } from '#operations/read-access-log.ts';
import type { EstateForecast } from '#operations/forecast.ts';
import type { NamedSecret, RotateOrder, Rotated } from '#operations/keep-secrets.ts';
import type { NoticeDesk } from '#operations/notice-desk.ts';
import type { WaveReported } from '#operations/report-wave.ts';
import type { VerifiedMailbox, VerifyWaveRequest } from '#operations/verify-wave.ts';
import type { Approvals, Sessions, Tokens } from '#ports/access.ts';
import type { Dates } from '#ports/dates.ts';
import type { Descriptions } from '#ports/descriptions.ts';
import type { CertifyWave } from '#operations/certify-wave.ts';
import type { MailboxKey } from '#operations/export-evidence.ts';
import type { MadeCertificate, MakeCertificates } from '#operations/make-certificates.ts';
import type { Envelope, WaveCertificate } from '#domain/certificate.ts';
import type { EstateMember, EvidenceView, SigningKeys } from '#ports/evidence.ts';
import type { EstateLists, EstateView, MailboxOrders } from '#ports/estate-view.ts';
import type { Meanings } from '#ports/meanings.ts';
import type { KeptSecret } from '#ports/secrets.ts';
import type { SentFiles } from '#ports/sent-files.ts';
import type { TailView } from '#ports/tail.ts';
import type { Acceptances } from '#ports/wave-accounts.ts';
import type { Waves } from '#ports/waves.ts';
import type { PlansDesk } from './planning.ts';

/** What it holds, or the part of that which somebody is let see: what lies outside is not there. */
export interface Holding {
  readonly view: Pick<EstateView, 'now'>;
  readonly lists: EstateLists;
  readonly descriptions: Descriptions;
  readonly mailboxes: MailboxOrders;
  readonly dates: Dates;
  readonly acceptances: Acceptances;
  readonly meanings: Meanings;
  readonly reports: { wave(name: string): Promise<WaveReported> };
  readonly tail: Pick<TailView, 'list' | 'burnDown' | 'applications' | 'organisation' | 'assign' | 'unassign'>;
  readonly evidence: EvidenceView;
}

/** What is about everybody, for acts that nobody has over a part. */
export interface Works {
  readonly waves: Waves;
  readonly waysIn: { accept(wave: string, promised: WaysPromised, who: string, why: string): Promise<WaysAccepted> };
  readonly workforce: { drain(worker: string, who: string): Promise<boolean> };
  readonly doors: {
    list(): Promise<readonly DoorKnown[]>;
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
  readonly forecasts: {
    make(): Promise<EstateForecast>;
    past(most: number): Promise<readonly ForecastPast[]>;
  };
}

/** Looks at the mailboxes of a wave on both platforms. Ends early when the signal fires. */
export interface WaveLooks {
  find(
    wave: string,
  ): Promise<
    | { readonly kind: 'found'; readonly wave: Wave; readonly members: readonly number[] }
    | { readonly kind: 'unknown'; readonly nearest: string | null }
  >;
  ways(wave: number): Promise<WaveWays>;
  check(
    order: Pick<CheckWaveRequest, 'members' | 'freshSeconds'>,
    signal: AbortSignal,
  ): AsyncIterable<readonly CheckedMailbox[]>;
  verify(
    order: Pick<VerifyWaveRequest, 'members' | 'sample'>,
    signal: AbortSignal,
  ): AsyncIterable<readonly VerifiedMailbox[]>;
}

/** What signing certificates takes: the keys of the machine that answers. */
export interface EvidenceDesk {
  /** Of these mailboxes, which the audit log then tells of. Throws `digests.key.*`, `secret.key.*`. */
  digestKeys(members: readonly EstateMember[], who: string): Promise<readonly MailboxKey[]>;
  /** Has another key sign from now on; its id. */
  rotate(who: string): Promise<string>;
  /** Ends early when the signal fires. */
  make(
    order: Pick<MakeCertificates, 'members' | 'anew'>,
    who: string,
    signal: AbortSignal,
  ): AsyncIterable<readonly MadeCertificate[]>;
  /** Null where there is nothing to cover. */
  close(
    order: Pick<CertifyWave, 'wave' | 'members' | 'reasons'>,
    who: string,
  ): Promise<Envelope<WaveCertificate> | null>;
}

/** What the command line has commands of its own for. */
export interface Kept {
  readonly logs: {
    /** Throws what `operations/read-access-log.ts` throws. */
    read(
      order: Omit<ReadLogOrder, 'intake' | 'now' | 'watcher' | 'lookEveryMs'>,
      file: LogFile,
      watcher: (so: LogRead) => void,
      signal: AbortSignal,
    ): Promise<LogRead>;
    /** Whose names are of the estate by now that were not; how many. */
    knowAgain(): Promise<number>;
  };
  readonly imports: {
    /** Throws what `operations/import-estate.ts` throws. */
    run(order: Pick<ImportOrder, 'files' | 'dryRun' | 'watcher' | 'who'>, signal: AbortSignal): Promise<ImportReport>;
  };
  readonly secrets: {
    list(prefix: string, after: string | null, max: number): Promise<readonly KeptSecret[]>;
    /** Throws `secret.key.*`. */
    set(secret: NamedSecret, who: string): Promise<void>;
    remove(name: string, who: string): Promise<boolean>;
    lastErasure(): Promise<Erased | null>;
    /** Throws `secret.key.*`. */
    rotate(order: RotateOrder, who: string, signal: AbortSignal): Promise<Rotated>;
    erasable(order: ErasureOrder): Promise<Erasable>;
    erase(order: ErasureOrder & { readonly despiteMoves: boolean }, who: string, why: string): Promise<Erasure>;
  };
  readonly notices: NoticeDesk;
  readonly proofs: EvidenceDesk;
  readonly looks: WaveLooks;
  readonly plans: PlansDesk;
  /** Everything that is wrong, as tasks; what cannot be seen in time is said to be so. */
  examine(): Promise<readonly Diagnosis[]>;
}

export type Estate = Holding & Works & Kept;

/** Who is let in. */
export interface Access {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly approvals: Approvals;
  /** The acts that want a second person. */
  readonly twoPeople: readonly DangerousAct[];
}

export interface EstateDesk {
  /** In one transaction: what `work` throws undoes all of it. Within another it is a part of that, and undone alone. */
  atOnce<Answer>(work: (inner: EstateDesk) => Promise<Answer>): Promise<Answer>;
  /** As far as `holder` may do `act` to it. */
  for(holder: Holder, act: Act): Estate;
  readonly access: Access;
  /** Files that whoever asks has sent. */
  readonly files: SentFiles;
  /** As the settings say. */
  readonly timezone: string;
  readonly errorBudget: number;
  readonly waysPromised: WaysPromised;
  /** What lasts is done for so long at a time, and goes on when it is ordered again: whoever asked waits, and connections break. */
  readonly orderMaxMs: number;
  /** Public halves alone. */
  readonly signingKeys: SigningKeys;
}
