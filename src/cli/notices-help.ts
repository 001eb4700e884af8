/** What `godwit notices --help` teaches. */

export const noticesHelp = `People are told before their move (T-14, T-2), on its evening (T-0) and the day after (T+1), in their language, with what
concerns them: the date, colleagues on the other side meanwhile, how much is downloaded again. Who was told of an evening on which
nothing came of it hears that all stays as it is (stay). godwit serve sends them when they fall due; nobody gets one twice.

EXAMPLES
  godwit notices preview ann@corp.example                       the message of two weeks before
  godwit notices preview ann@corp.example --moment T+1 --language de
  godwit notices send --dry-run                                 to how many what is due at this moment
  godwit notices send --wave pilot                              send it now, but to nobody in quiet hours
  godwit notices list --wave pilot                              what was sent to whom when
  godwit notices list --became refused -o csv > refused.csv      who could not be told, and why
  godwit notices send --again                                   try those that were refused once more

docs/notices.md tells of the settings, the texts, and of what happens when the mail server is away.

EXIT CODES  0 all sent; 3 some were refused, or nobody knows whether they arrived; 4 the mail server cannot be reached or takes none;
5 interrupted; 2 wrong usage.`;
