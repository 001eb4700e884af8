/** Draws of chance that lie around a middle, for what is a sum or a product of many small things. */

import type { Chance } from '#lib/chance.ts';

/** The value below which a share of all lies, of a normal distribution (Acklam's rational approximation, to nine digits). */
export function normalQuantile(share: number): number {
  const edge = 0.02425;
  const p = Math.min(Math.max(share, 1e-300), 1 - 1e-16);
  if (p < edge) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - edge) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(r, a) * q) / polynomial(r, b);
}

/** One draw, of mean 0 and deviation 1. */
export function drawNormal(chance: Chance): number {
  return normalQuantile((chance.bits() + 0.5) / 0x1_0000_0000);
}

/** The largest of so many draws. */
export function drawLargest(chance: Chance, draws: number): number {
  const share = (chance.bits() + 0.5) / 0x1_0000_0000;
  return -normalQuantile(-Math.expm1(Math.log(share) / draws));
}

const a = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const c = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

function tail(q: number): number {
  return polynomial(q, c) / polynomial(q, d);
}

function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
