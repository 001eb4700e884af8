/**
 * Words of the other side, made fit to be shown: bounded, on one line, and unable to move the cursor or turn the
 * reading round.
 */

/** C0, DEL and C1 controls, line and paragraph separators: each becomes a blank, so that words stay apart. */
const breaking = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;
/**
 * What cannot be seen and changes what can (bidirectional overrides, tags, zero widths), joiners of real scripts
 * excepted.
 */
const invisible = /[^\P{Cf}\u200c\u200d]|[\p{Co}\p{Cn}]/gu;
const ellipsis = '…';

/**
 * `text` without control characters, overrides and surplus blanks, cut at a whole character so that it takes at most
 * `maxOctets` octets of UTF-8 (3 or more), the ellipsis of a cut included.
 */
export function cleanText(text: string, maxOctets: number): string {
  // Ten times the room: enough that blanks squeezed out cost nothing, and no megabyte is ever worked on.
  const bounded = text.length > maxOctets * 10 ? text.slice(0, maxOctets * 10) : text;
  const clean = bounded.toWellFormed().replace(invisible, '').replace(breaking, ' ').trim();
  if (bounded.length === text.length && Buffer.byteLength(clean) <= maxOctets) return clean;
  const room = Math.max(0, maxOctets - Buffer.byteLength(ellipsis));
  let octets = 0;
  let end = 0;
  for (const character of clean) {
    octets += Buffer.byteLength(character);
    if (octets > room) break;
    end += character.length;
  }
  return clean.slice(0, end).trimEnd() + ellipsis;
}
