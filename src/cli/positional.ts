/** The one word that many commands take besides their flags. */

/** Told in the help as `placeholder`, and taken as it was typed. */
export const named = (placeholder: string, brief: string) =>
  ({ kind: 'tuple', parameters: [{ placeholder, brief, parse: String }] }) as const;
