/** People's sessions at a mail server or a proxy, where its operator lets us see and end them. */

export interface Sessions {
  /** Ends all of a user's. A user who has none is no fault. Throws `sessions.unusable`. */
  end(user: string, signal: AbortSignal): Promise<void>;
  /** How many a user has. Throws `sessions.unusable`. */
  count(user: string, signal: AbortSignal): Promise<number>;
}
