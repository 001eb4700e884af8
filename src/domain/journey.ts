/**
 * The journey of a mailbox from one platform to the other: its stages, and the steps between them. A journey lasts for
 * months, so it is a word in a row, moved by compare-and-set (`store/journey.ts`), and nothing else remembers where it is.
 */

/** `copying`: first pass; `following`: minutes behind; `switching`: the cutover; `settled`: home, changes go back. */
export type Stage = 'known' | 'planned' | 'copying' | 'following' | 'switching' | 'settled' | 'returning' | 'released';

export type Step =
  | 'plan'
  | 'unplan'
  | 'start'
  | 'stand-down'
  | 'catch-up'
  | 'switch'
  | 'withdraw'
  | 'settle'
  | 'go-back'
  | 'come-home'
  | 'release';

/** Which steps a stage allows, and where they lead. */
export const journey = {
  known: { plan: 'planned' },
  planned: { start: 'copying', unplan: 'known' },
  copying: { 'catch-up': 'following', 'stand-down': 'planned' },
  following: { switch: 'switching', 'stand-down': 'planned' },
  switching: { settle: 'settled', withdraw: 'following' },
  settled: { release: 'released', 'go-back': 'returning' },
  returning: { 'come-home': 'following' },
  released: {},
} as const satisfies Record<Stage, Partial<Record<Step, Stage>>>;

/** In the order of a journey without detours, for tables and progress. */
export const stages = [
  'known',
  'planned',
  'copying',
  'following',
  'switching',
  'settled',
  'released',
  'returning',
] as const satisfies readonly Stage[];

/**
 * What stands beside the stage of a mailbox and keeps it where it is, the gravest first: it left the estate, its journey
 * rests for good, a fault needs someone, a person asked to wait.
 */
export type Mark = 'left' | 'excluded' | 'blocked' | 'held';

export const marks = ['left', 'excluded', 'blocked', 'held'] as const satisfies readonly Mark[];

/** Where `step` leads from `stage`; null where the journey does not allow it. */
export function after(stage: Stage, step: Step): Stage | null {
  const steps: Partial<Record<Step, Stage>> = journey[stage];
  return steps[step] ?? null;
}

/** The stages from which `step` may be taken. */
export function stagesBefore(step: Step): readonly Stage[] {
  return stages.filter((stage) => after(stage, step) !== null);
}
