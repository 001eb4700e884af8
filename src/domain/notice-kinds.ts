/** The messages that people get, by the day from their move. */

export const noticeMoments = ['T-14', 'T-2', 'T-0', 'T+1'] as const;
/** Counted in days from the day on which the window opens; `T+1` from the day on which a mailbox has switched. */
export type NoticeMoment = (typeof noticeMoments)[number];

/** `stay`: who was told that it is today, and has not switched. It belongs to T-0, and is sent wherever that is. */
export const noticeKinds = [...noticeMoments, 'stay'] as const;
export type NoticeKind = (typeof noticeKinds)[number];
