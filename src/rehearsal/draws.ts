/**
 * Chance that belongs to a mailbox: a draw depends on the seed, on whose it is, what for, and how often it was drawn before, and on
 * nothing else that has happened. So a rehearsal in another weather meets the same mailboxes with the same luck, and what
 * differs differs because of the weather.
 */

/** What is drawn. Each has its own numbers; the pairs of a normal draw take two. */
export const lots = {
  copyTime: 1,
  switchTime: 3,
  followTime: 5,
  passFails: 7,
  passFailsAt: 8,
  isBlocked: 9,
  isBlockedAtSwitch: 10,
  mendTime: 11,
  holds: 12,
  excludes: 13,
  leaves: 14,
  goesBack: 15,
  goesBackAfter: 16,
  lastLook: 17,
  isSlow: 18,
  joinsWhere: 19,
  joinsSize: 20,
} as const;

/** A number in [0, 1). `whose`: a mailbox, or a window. */
export function draw(seed: number, whose: number, lot: number, turn = 0): number {
  let mixed = mix((seed | 0) ^ Math.imul(lot, 0x9e3779b9));
  mixed = mix((mixed + Math.imul(whose, 0x85ebca6b)) | 0);
  mixed = mix((mixed + Math.imul(turn, 0xc2b2ae35)) | 0);
  return (mixed >>> 0) / 0x1_0000_0000;
}

/** A draw from the normal distribution (Box and Muller, 1958); `lot` and the one after it are used up. */
export function drawNormal(seed: number, whose: number, lot: number, turn = 0): number {
  // Not 0, of which there is no logarithm.
  const radius = Math.sqrt(-2 * Math.log(1 - draw(seed, whose, lot, turn)));
  return radius * Math.cos(2 * Math.PI * draw(seed, whose, lot + 1, turn));
}

/** A wait that is `meanMs` on average, and as likely to end in the next minute however long it has lasted. */
export function drawWait(seed: number, whose: number, lot: number, meanMs: number, turn = 0): number {
  return -Math.log(1 - draw(seed, whose, lot, turn)) * meanMs;
}

/** The last steps of splitmix32, by which neighbouring numbers have nothing in common. */
function mix(value: number): number {
  let mixed = (value + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
