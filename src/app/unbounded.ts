/** What JSON has no number for, come back from a server: a window that takes as many octets as come. */

import type { Bounded } from '#api/shapes/plan.ts';

export function unbounded<Value>(value: Bounded<Value>): Value {
  return open(value) as Value;
}

function open(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== 'object' || value === null) return value;
  const its: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, open(each)]),
  );
  const isEndless = 'isPilot' in its && 'dayNumber' in its && its['bytes'] === null;
  return isEndless ? { ...its, bytes: Number.POSITIVE_INFINITY } : its;
}
