/** Thrown when an attempt must end because it cannot know what happened, and the next must look before it sends. */

/** The outcome of something is unknown, or a server asked for patience: open everything again and look before sending. */
export class LookAgain extends Error {
  override readonly name = 'LookAgain';
  /** Wait before the next attempt, as a server does who is asked too much. */
  readonly paced: boolean;

  constructor(text: string, paced: boolean) {
    super(text);
    this.paced = paced;
  }
}
