/** What a forecast rests on, asked of the database in a few questions, and forecasts as they are kept. */

import type { WaveAhead } from '#domain/estate-ahead.ts';
import type { Forecast } from '#domain/forecast.ts';
import type { ForecastPast } from '#domain/forecast-past.ts';
import type { Learnt } from '#domain/governor.ts';
import type { Measurements } from '#domain/measured-rates.ts';
import type { Budget, SideName } from '#domain/platform.ts';

export interface EstateFacts {
  readonly now: number;
  readonly waves: readonly WaveAhead[];
  readonly followers: number;
  readonly unplanned: number;
  readonly measured: Measurements;
  /** Mailboxes that the workers who are there work on at one time; null where nobody has said, or nobody is at work. */
  readonly hands: number | null;
  /** As published last; null where nobody has served this estate yet. */
  readonly followEverySeconds: number | null;
  readonly platforms: readonly {
    readonly side: SideName;
    readonly budget: Budget;
    readonly timezone: string;
    readonly learnt: Learnt;
  }[];
}

export interface Forecasting {
  /** A look at all mailboxes, once, by wave and size. */
  facts(): Promise<EstateFacts>;
  /** When one was kept last; null: never. */
  keptAt(): Promise<number | null>;
  keep(forecast: Forecast, samples: number): Promise<void>;
  /** Waves whose window is over, the latest first, with what was forecast of them and what happened. */
  past(most: number): Promise<readonly ForecastPast[]>;
}
