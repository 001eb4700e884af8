/**
 * Names for an invented estate, as common as those of a country are: one person in a hundred has the commonest last name, one in a thousand
 * the hundredth, and half of the people one of the first seven hundred; first names are some thousands. The share of the one at `rank` is that
 * of 1 / (rank + bend), which is near what registers of England show.
 */

const wellKnownLast =
  'smith jones taylor williams patel davies evans khan hughes green lewis murphy nowak okafor roberts singh underwood vaughan young adeyemi'.split(
    ' ',
  );
const wellKnownFirst =
  'ann bob carla dai eve femi gwen hari ines jack kofi lena mira nils olu priya quinn rhys sana tom'.split(' ');
/** What longer names are made of: none begins like one that is well known. */
const beginnings =
  'ba be bi bo bra bri ca ce chi cla co cre da do dra fa fi flo fre ga gle go gri ha he hol ka ke ki la le li lo ma me mi mo na ni o pa pe pi po pri ra re ri ro ru sa se sha sti su ta te ti tho to tra u va ve vi wa we wi wo ya ze'.split(
    ' ',
  );
const middles =
  'ber bur cas den der dley fer gan ger han ker lan len ler lin lo man mer mon nan ner nor per ran ric ro sel ser ster ten ter ther ton ver wen win'.split(
    ' ',
  );
const ends =
  'a by dale den don er ett ey field ford ham ins ley man more nes o rick s son ski ston ton well wick wood worth'.split(
    ' ',
  );

const lastNames = { wellKnown: wellKnownLast, count: 40_000, bend: 11 };
const firstNames = { wellKnown: wellKnownFirst, count: 3_000, bend: 7 };

/** `share`: from 0 to 1, any as likely as another. */
export function lastName(share: number): string {
  return nameOf(lastNames, share);
}

export function firstName(share: number): string {
  return nameOf(firstNames, share);
}

function nameOf({ wellKnown, count, bend }: typeof lastNames, share: number): string {
  const rank = Math.floor(bend * ((count + bend) / bend) ** share - bend);
  const known = wellKnown[rank];
  if (known !== undefined) return known;
  const left = rank - wellKnown.length;
  const beginning = beginnings[left % beginnings.length] as string;
  const middle = middles[Math.floor(left / beginnings.length) % middles.length] as string;
  const end = ends[Math.floor(left / beginnings.length / middles.length) % ends.length] as string;
  return `${beginning}${middle}${end}`;
}
