/** The rates of both platforms as this worker may use them: its part, which it hears anew with every heartbeat. */

import { type SideName, sideNames } from '#domain/platform.ts';
import { Pace } from '#lib/pace.ts';
import type { Slot } from '#lib/timetable.ts';
import type { Share } from '#ports/workforce.ts';

/** For all connections to one platform; as `SessionPace` of the protocols. */
export interface PlatformPace {
  octets(count: number): Promise<void> | null;
  command(): Promise<void> | null;
}

export class Paces {
  readonly #octets: Readonly<Record<SideName, Pace>>;
  readonly #commands: Readonly<Record<SideName, Pace>>;

  /** After `over` nobody waits any more. Until the first shares are heard nothing goes. */
  constructor(over: AbortSignal) {
    const paces = () => Object.fromEntries(sideNames.map((side) => [side, new Pace(always(1), over)] as const));
    this.#octets = paces() as Record<SideName, Pace>;
    this.#commands = paces() as Record<SideName, Pace>;
  }

  hear(shares: readonly Share[]): void {
    for (const { side, bytesPerSecond, commandsPerSecond } of shares) {
      this.#octets[side].follow(always(bytesPerSecond));
      this.#commands[side].follow(always(commandsPerSecond));
    }
  }

  of(side: SideName): PlatformPace {
    const [octets, commands] = [this.#octets[side], this.#commands[side]];
    return {
      octets: (count) => octets.take(count),
      // What a command would bring waits until the octets of those before it are paid for: most mailboxes are smaller than what
      // a connection reads ahead.
      command: () => bothOf(commands.take(1), octets.take(0)),
    };
  }
}

function bothOf(one: Promise<void> | null, other: Promise<void> | null): Promise<void> | null {
  return one && other ? Promise.all([one, other]).then(() => undefined) : (one ?? other);
}

function always(perSecond: number | null): readonly Slot[] {
  return [{ fromMinute: 0, bytesPerSecond: perSecond }];
}
