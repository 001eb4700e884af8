/** The parts of a switch, each within a span of its own. */

import type { SwitchParts } from '#cutover/switch.ts';
import type { SpanName, Traces } from '#ports/traces.ts';

export function tracedSwitch(parts: SwitchParts, traces: Traces): SwitchParts {
  const traced =
    <Given extends readonly unknown[], T>(name: SpanName, part: (...given: Given) => Promise<T>) =>
    (...given: Given): Promise<T> =>
      traces.within(name, {}, () => part(...given));
  return {
    ...parts,
    meet: traced('switch.meet', parts.meet),
    hold: traced('switch.hold', parts.hold),
    compare: traced('switch.verify', parts.compare),
    agree: traced('switch.agree', parts.agree),
    point: traced('switch.point', parts.point),
    turn: traced('switch.turn', parts.turn),
  };
}
