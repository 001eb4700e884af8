/**
 * What goes wrong in a programme and nobody has planned: platforms that are away, slow, or ask for patience; passes that fail;
 * and people who change their minds. A rehearsal is given it as a whole, before it begins.
 */

import type { SideName } from '#domain/platform.ts';
import type { Rates } from '#domain/rates.ts';

/** Shares are from 0 to 1. */
export interface Weather {
  /** A side that nobody can sign in to, from one moment to another, in milliseconds since 1970. */
  readonly outages: readonly Outage[];
  readonly throttling: Throttling;
  readonly failures: Failures;
  /** A share of the windows in which everything takes so many times as long. */
  readonly slow: { readonly share: number; readonly times: number };
  readonly people: People;
}

export interface Outage {
  readonly side: SideName;
  readonly from: number;
  readonly until: number;
}

/** A side that for a share of the time bears only a part (`to`) of what was agreed, in spells of about `spellMs`. */
export interface Throttling {
  readonly side: SideName;
  readonly share: number;
  readonly to: number;
  readonly spellMs: number;
}

export interface Failures {
  /** The share of passes that fail and are tried again by themselves. */
  readonly passes: number;
  /** The share of mailboxes that are blocked once, until a person has seen to them. */
  readonly mailboxes: number;
  /** Of those, the share that is blocked at the switch and not before. */
  readonly atSwitch: number;
  /** How long until a person has, on average. */
  readonly mendMs: number;
}

/** What people decide, as shares of the mailboxes. */
export interface People {
  /** Held the evening before, and let go after `holdMs`. */
  readonly holds: number;
  readonly holdMs: number;
  /** Taken out the evening before, for good. */
  readonly excludes: number;
  /** Gone from the estate the evening before. */
  readonly leavers: number;
  /** New ones, spread evenly over the programme. */
  readonly joiners: number;
  /** Sent home within `goBackMs` after the switch. */
  readonly goBacks: number;
  readonly goBackMs: number;
  /** How long a wave that has paused by itself waits for somebody who resumes it. */
  readonly resumeMs: number;
  /** How long before a window people are told, at the least: nobody is moved into one that opens sooner. */
  readonly noticeMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The weather that the rates know of, and people who stay with what was planned. */
export function usualWeather(rates: Rates): Weather {
  return {
    outages: [],
    throttling: { side: 'target', share: rates.throttledShare, to: rates.throttledTo, spellMs: hourMs / 2 },
    failures: {
      passes: rates.retryShare,
      mailboxes: rates.blockedShare,
      atSwitch: 0.25,
      mendMs: rates.mendHours * hourMs,
    },
    slow: { share: 0, times: 2 },
    people: {
      holds: 0,
      holdMs: 7 * dayMs,
      excludes: 0,
      leavers: 0,
      joiners: 0,
      goBacks: 0,
      goBackMs: 3 * dayMs,
      resumeMs: 2 * hourMs,
      noticeMs: 2 * dayMs,
    },
  };
}

/** Nothing goes wrong. */
export function noWeather(rates: Rates): Weather {
  const usual = usualWeather(rates);
  return {
    ...usual,
    throttling: { ...usual.throttling, share: 0 },
    failures: { ...usual.failures, passes: 0, mailboxes: 0 },
  };
}
