/** Messages that every platform worth the name keeps as they are, and that careless readers and writers stumble over. */

export function octets(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

export function awkwardMessages(): readonly { readonly what: string; readonly bytes: Uint8Array }[] {
  const head = 'From: a@example.org\r\nSubject: s\r\n\r\n';
  return [
    { what: 'an ordinary one', bytes: octets(`${head}Hello.\r\n`) },
    { what: 'a twin of it', bytes: octets(`${head}Hello.\r\n`) },
    { what: 'no body', bytes: octets('Subject: no body\r\n\r\n') },
    { what: 'no final line end', bytes: octets(`${head}cut off`) },
    {
      what: 'IMAP in the body',
      bytes: octets(`${head})\r\nA1 OK done\r\n* 1 FETCH (UID 1 BODY[] {5}\r\n{3+}\r\n* BYE\r\n`),
    },
    { what: 'dots and From lines', bytes: octets(`${head}.\r\n..\r\nFrom me to you\r\n>From\r\n`) },
    { what: 'octets above 127 in the body', bytes: octets(`${head}${'\u00e4\u00ff\u0080'.repeat(50)}\r\n`) },
    { what: 'trailing blanks', bytes: octets(`${head}  \t \r\n\r\n\r\n   `) },
    { what: 'a very long line', bytes: octets(`${head}${'x'.repeat(200_000)}\r\n`) },
    { what: 'many header lines', bytes: octets(`${'X-Trace: y\r\n'.repeat(4_000)}${head}z\r\n`) },
    { what: 'quotes and backslashes in the header', bytes: octets('Subject: "\\ {10}\r\n ~{20+}\r\n\r\nbody\r\n') },
  ];
}
