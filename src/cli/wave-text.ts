/** How waves look in text: a line each, and below it what is remarked on them. */

import type { Wave, WaveOutlined } from '#domain/wave.ts';
import { duration, shown, table } from './shown.ts';

export function waveLines(waves: readonly WaveOutlined[]): readonly string[] {
  return [
    ...table(
      [['wave', 'state', 'window'], ...waves.map((wave) => [shown(wave.name, 40), wave.state, windowText(wave)])],
      new Set(),
    ),
    ...waves.flatMap((wave) => [
      ...(wave.pausedWhy === null ? [] : [`${shown(wave.name, 40)} is paused: ${shown(wave.pausedWhy, 300)}`]),
      ...wave.remarks.map((remark) => `${shown(wave.name, 40)}: ${shown(remark, 300)}`),
    ]),
  ];
}

export function remarkLines({ remarks }: WaveOutlined): readonly string[] {
  return remarks.map((remark) => shown(remark, 300));
}

export function windowText({ window: { opensAt, closesAt } }: Pick<Wave, 'window'>): string {
  return `${new Date(opensAt).toISOString().slice(0, 16)}Z for ${duration(closesAt - opensAt)}`;
}
