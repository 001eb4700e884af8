import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { AppendStream } from './append-stream.ts';
import { type BodySink, type BodyWords, fetchBodies } from './commands/bodies.ts';
import { list, listExtended, status } from './commands/mailboxes.ts';
import { expunge, fetchHeaders, fetchList, idle, store } from './commands/messages.ts';
import { capability, enable, login, noop } from './commands/sign-in.ts';
import { ImapError } from './errors.ts';
import { NumberGatherer } from './number-set.ts';
import { Session } from './session.ts';
import { play, type Played } from './transcript.test-kit.ts';

const examine = (mailbox: string) => ({ mailbox, mode: 'examine' }) as const;

class Bodies implements BodySink {
  readonly got: [number, string][] = [];
  readonly words: (BodyWords | null)[] = [];
  isBroken = false;
  #uid = 0;
  #text = '';
  begin(uid: number, _octets: number, words: BodyWords | null): void {
    this.words.push(words);
    this.#uid = uid;
    this.#text = '';
  }
  data(octets: Buffer): void {
    this.#text += octets.toString('latin1');
  }
  end(): void {
    this.got.push([this.#uid, this.#text]);
  }
  broken(): void {
    this.isBroken = true;
  }
  returned(): null {
    return null;
  }
}

async function trouble(running: Promise<unknown>): Promise<ImapError['trouble']> {
  const error = await running.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ImapError)) throw new Error(`no ImapError: ${String(error)}`);
  return error.trouble;
}

const rows = (session: Session, mailbox: string): Promise<(string | number)[][]> => {
  const told: (string | number)[][] = [];
  return fetchList(
    session,
    { ...examine(mailbox), isFresh: true },
    '1:*',
    [[1, 0xffff_ffff]],
    { items: ['FLAGS', 'INTERNALDATE'] },
    (message) => told.push([message.uid, ...(message.flags ?? []), message.internalDate ?? 'no date']),
  ).then(() => told);
};

describe('commands go out without waiting for each other', () => {
  const twoFolders = `
    S: * OK ready
    C: g1 EXAMINE "a"
    C: g2 UID FETCH 1:* (UID FLAGS INTERNALDATE)
    C: g3 EXAMINE "b"
    C: g4 UID FETCH 1:* (UID FLAGS INTERNALDATE)
    C: g5 STATUS "c" (MESSAGES UIDNEXT UIDVALIDITY)
    S: * 2 EXISTS
    S: * OK [UIDVALIDITY 7] x
    S: g1 OK [READ-ONLY] done
    S: * 1 FETCH (UID 3 FLAGS (\\Seen) INTERNALDATE "13-Sep-2020 12:26:40 +0000")
    S: * OK still here
    S: * 2 FETCH (FLAGS (\\Answered))
    S: * 5 EXISTS
    S: * 2 FETCH (INTERNALDATE "13-Sep-2020 12:26:41 +0000" UID 4 FLAGS ())
    S: * 2 FETCH (INTERNALDATE "13-Sep-2020 12:26:41 +0000" UID 4 FLAGS ())
    S: g2 OK done
    S: * STATUS c (MESSAGES 9 UIDNEXT 10 UIDVALIDITY 11)
    S: g5 OK done
    S: g3 NO [NOPERM] not for you
    S: g4 BAD nothing is selected`;

  test.each([undefined, 1, 3, 50])('and answers find what asked for them, in pieces of %s octets', async (pieces) => {
    await using played = await play(twoFolders, pieces === undefined ? {} : { pieces });
    const { session } = played;
    const [a, b, c] = await Promise.allSettled([
      rows(session, 'a'),
      trouble(rows(session, 'b')),
      status(session, 'c', { highestModSeq: false }),
    ]);
    expect(a).toMatchObject({
      value: [
        [3, '\\Seen', 1_600_000_000],
        [4, 1_600_000_001],
      ],
    });
    expect(b).toMatchObject({ value: { kind: 'refused', command: 'EXAMINE', code: 'NOPERM', text: 'not for you' } });
    expect(c).toMatchObject({ value: { messages: 9, uidNext: 10 } });
    await played.ended;
  });

  test('a mailbox that is open is not opened again, unless its numbers must be those of now', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 EXAMINE "a"
      C: g2 UID FETCH 1 (UID BODY.PEEK[])
      C: g3 UID FETCH 2 (UID BODY.PEEK[])
      C: g4 EXAMINE "a"
      C: g5 UID FETCH 1:* (UID FLAGS INTERNALDATE)
      S: g1 OK done
      S: * 1 FETCH (UID 1 BODY[] {3}
      S+ one)␍␊
      S: g2 OK done
      S: * 2 FETCH (UID 2 BODY[] "two")
      S: g3 OK done
      S: g4 OK done
      S: g5 OK done`);
    const sink = new Bodies();
    const read = (uid: number) =>
      fetchBodies(played.session, examine('a'), String(uid), [[uid, uid]], new NumberGatherer(), sink);
    await Promise.all([read(1), read(2), rows(played.session, 'a')]);
    expect(sink.got).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
    await played.ended;
  });

  test('what would harm another mailbox is sent only when its own is known to be open', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 SELECT "a"
      S: g1 NO gone
      C: g2 SELECT "b"
      S: * OK [UIDVALIDITY 8] x
      S: g2 OK done
      C: g3 NOOP
      S: g3 OK done
      C: g4 SELECT "c"
      S: * OK [UIDVALIDITY 9] x
      S: g4 OK done
      C: g5 UID STORE 1 +FLAGS.SILENT (\\Deleted)
      C: g6 UID EXPUNGE 1
      S: g5 OK done
      S: g6 OK done`);
    const { session } = played;
    const sure = (mailbox: string, uidValidity: number | null) =>
      ({ mailbox, mode: 'select', isSure: true, uidValidity }) as const;
    expect(await trouble(store(session, sure('a', null), '1', '+', ['\\Deleted']))).toMatchObject({ kind: 'refused' });
    expect(await trouble(expunge(session, sure('b', 7), '1'))).toMatchObject({ kind: 'renumbered' });
    await noop(session);
    const c = sure('c', 9);
    await Promise.all([store(session, c, '1', '+', ['\\Deleted']), expunge(session, c, '1')]);
    await played.ended;
  });

  test('UIDs that were learnt under another UIDVALIDITY fetch nothing', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 EXAMINE "a"
      C: g2 UID FETCH 1:2 (UID BODY.PEEK[])
      S: * OK [UIDVALIDITY 8] x
      S: g1 OK done
      S: * 1 FETCH (UID 1 BODY[] {3}
      S+ two)␍␊
      S: g2 OK done`);
    const sink = new Bodies();
    const reading = fetchBodies(
      played.session,
      { ...examine('a'), uidValidity: 7 },
      '1:2',
      [[1, 2]],
      new NumberGatherer(),
      sink,
    );
    expect(await trouble(reading)).toEqual({ kind: 'renumbered', mailbox: 'a' });
    expect(sink.got).toEqual([]);
  });
});

describe('names and passwords that quotes cannot hold', () => {
  test('wait for the server where it has no LITERAL+, and nothing overtakes them', async () => {
    await using played = await play(`
      S: * OK [CAPABILITY IMAP4rev1] ready
      C: g1 LOGIN {3}
      S: + go on
      C: a\u00c3\u00a4 {2}
      S: + and on
      C: \u00c3\u00b6
      C: g2 NOOP
      S: g1 OK [CAPABILITY IMAP4rev1 LITERAL+] in
      S: g2 OK done
      C: g3 LOGIN {2+}
      C: \u00c3\u00a4 "b"
      S: g3 NO again?`);
    const { session } = played;
    await session.greeting;
    const [told] = await Promise.all([login(session, 'aä', 'ö'), noop(session)]);
    expect(told).toBe(true);
    expect(session.capabilities.literals).toBe('plus');
    expect(await trouble(login(session, 'ä', 'b'))).toMatchObject({ kind: 'refused' });
    await played.ended;
    expect(played.trace.join('\n')).not.toMatch(/ä|Ã|"b"/);
  });

  test('are not sent at all where the server refuses them', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 STATUS {1}
      S: g1 NO [CANNOT] no
      C: g2 NOOP
      S: g2 OK done`);
    const { session } = played;
    expect(await Promise.all([status(session, '\xe4', { highestModSeq: false }), noop(session)])).toEqual([
      null,
      undefined,
    ]);
    await played.ended;
  });
});

describe('messages on their way to the server', () => {
  const mail = (text: string) => Buffer.from(text);
  const send = (stream: AppendStream, ...texts: string[]): void => {
    for (const text of texts) {
      stream.begin({ flags: ['\\Seen'], date: '13-Sep-2020 12:26:40 +0000', octets: text.length });
      stream.data(mail(text));
      stream.end();
    }
  };
  async function connected(transcript: string): Promise<Played> {
    const played = await play(transcript);
    await played.session.greeting;
    return played;
  }

  test('go together in one command, and what is asked next stands behind them (RFC 3502)', async () => {
    await using played = await connected(`
      S: * OK [CAPABILITY IMAP4rev1 LITERAL+ MULTIAPPEND] ready
      C: g1 APPEND "a" (\\Seen) "13-Sep-2020 12:26:40 +0000" {3+}
      C+ one (\\Seen) "13-Sep-2020 12:26:40 +0000" {3+}␍␊two␍␊
      C: g2 NOOP
      S: g1 OK [APPENDUID 7 3:4] done
      S: g2 OK done`);
    const stream = new AppendStream(played.session, 'a', true);
    send(stream, 'one');
    const asked = noop(played.session);
    send(stream, 'two');
    expect(await stream.finish()).toMatchObject([{ kind: 'answered', messages: 2, answer: { status: 'OK' } }]);
    await asked;
    await played.ended;
  });

  test('go one by one without waiting, each with its own answer', async () => {
    await using played = await connected(`
      S: * OK [CAPABILITY IMAP4rev1 LITERAL+] ready
      C: g1 APPEND "a" (\\Seen) "13-Sep-2020 12:26:40 +0000" {3+}
      C: one
      C: g2 APPEND "a" (\\Seen) "13-Sep-2020 12:26:40 +0000" {3+}
      C: two
      S: g1 NO [TOOBIG] no
      S: g2 OK done`);
    const stream = new AppendStream(played.session, 'a', false);
    send(stream, 'one', 'two');
    expect(await stream.finish()).toMatchObject([
      { messages: 1, answer: { status: 'NO', code: { name: 'TOOBIG' } } },
      { messages: 1, answer: { status: 'OK' } },
    ]);
    await played.ended;
  });

  test('wait for the + of each where they must, and one that is refused does not stop the next', async () => {
    await using played = await connected(`
      S: * OK [CAPABILITY IMAP4rev1] ready
      C: g1 APPEND "a" (\\Seen) "13-Sep-2020 12:26:40 +0000" {3}
      S: g1 NO [TOOBIG] no
      C: g2 APPEND "a" (\\Seen) "13-Sep-2020 12:26:40 +0000" {3}
      S: + go on
      C: two
      S: g2 OK done`);
    const stream = new AppendStream(played.session, 'a', false);
    send(stream, 'one', 'two');
    const lent = stream.returned();
    expect(lent).not.toBeNull();
    expect(await stream.finish()).toMatchObject([{ answer: { status: 'NO' } }, { answer: { status: 'OK' } }]);
    await lent;
    await played.ended;
  });

  test('a batch whose second message is refused before its octets were sent is refused as a whole', async () => {
    await using played = await connected(`
      S: * OK [CAPABILITY IMAP4rev1 MULTIAPPEND] ready
      C: g1 APPEND "a" (\\Seen) "13-Sep-2020 12:26:40 +0000" {3}
      S: + go on
      C+ one (\\Seen) "13-Sep-2020 12:26:40 +0000" {3}␍␊
      S: g1 NO [OVERQUOTA] full
      C: g2 NOOP
      S: g2 OK done`);
    const stream = new AppendStream(played.session, 'a', true);
    send(stream, 'one', 'two', 'three');
    expect(await stream.finish()).toMatchObject([{ messages: 3, answer: { code: { name: 'OVERQUOTA' } } }]);
    await noop(played.session);
    await played.ended;
  });

  test('a message that is answered in its middle ends the session, so that its rest is never taken for commands', async () => {
    await using played = await connected(`
      S: * OK [CAPABILITY IMAP4rev1 LITERAL+] ready
      C: g1 APPEND "a" {20+}
      C+ half
      S: g1 NO [OVERQUOTA] full`);
    const stream = new AppendStream(played.session, 'a', true);
    stream.begin({ flags: [], date: null, octets: 20 });
    stream.data(mail('half'));
    void stream.returned();
    await played.ended;
    await expect.poll(() => played.session.isAlive).toBe(false);
    stream.data(mail(' g2 DELETE INBOX'));
    stream.end();
    expect(await stream.finish()).toMatchObject([{ kind: 'answered', answer: { status: 'NO' } }]);
  });

  test('one that is abandoned never reaches its last octet, and one that never began costs nothing', async () => {
    await using played = await connected(`
      S: * OK [CAPABILITY IMAP4rev1 LITERAL+] ready
      C: g1 NOOP
      S: g1 OK done
      C: g2 APPEND "a" {20+}
      C+ half`);
    const idle = new AppendStream(played.session, 'a', true);
    idle.abandon();
    expect(await new AppendStream(played.session, 'a', true).finish()).toEqual([]);
    await noop(played.session);
    const stream = new AppendStream(played.session, 'a', true);
    stream.begin({ flags: [], date: null, octets: 20 });
    stream.data(mail('half'));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    void stream.returned();
    await played.ended;
    stream.abandon();
    expect(played.session.isAlive).toBe(false);
  });

  test.each([true, false])(
    'what was lent to a batch may be written over once the batch is finished (together: %s)',
    async (isTogether) => {
      const large = 'x'.repeat(20_000);
      await using played = await connected(`
      S: * OK [CAPABILITY IMAP4rev1 LITERAL+ MULTIAPPEND] ready
      C: g1 APPEND "a" {20000+}
      C: ${large}
      C: g2 APPEND "a" {20000+}
      C: ${large}
      S: g1 OK done
      S: g2 OK done`);
      const finishing = [1, 2].map(() => {
        const lent = Buffer.from(large);
        const stream = new AppendStream(played.session, 'a', isTogether);
        stream.begin({ flags: [], date: null, octets: lent.length });
        stream.data(lent);
        stream.end();
        const finished = stream.finish();
        lent.fill('y');
        return finished;
      });
      for (const answers of await Promise.all(finishing)) expect(answers).toMatchObject([{ answer: { status: 'OK' } }]);
      await played.ended;
    },
  );

  test('octets that the kernel did not take at once are not looked at again after the end of their batch', async () => {
    // More than a socket holds; the server listens only when everything has been said.
    const octets = 12_000_000;
    let heard = 0;
    let wrong = 0;
    const listening = Promise.withResolvers<void>();
    const server = createServer((socket) => {
      socket.write('* OK [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n');
      void listening.promise.then(() =>
        socket.on('data', (chunk: Buffer) => {
          heard += chunk.length;
          if (chunk.includes('y')) wrong++;
          if (heard > octets) socket.write('g1 OK done\r\n');
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const session = await Session.open(
      {
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        tls: false,
        ca: null,
        verify: true,
        connectMs: 5_000,
        deadlineMs: 10_000,
        isReadOnly: false,
        trace: null,
      },
      null,
    );
    await session.greeting;
    const stream = new AppendStream(session, 'a', false);
    const lent = Buffer.alloc(octets, 'x');
    stream.begin({ flags: [], date: null, octets });
    stream.data(lent.subarray(0, octets / 2));
    // A turn of the event loop passes, in which the first half is written as far as it goes.
    await new Promise((resolve) => setTimeout(resolve, 20));
    stream.data(lent.subarray(octets / 2));
    stream.end();
    const finished = stream.finish();
    lent.fill('y');
    listening.resolve();
    expect(await finished).toMatchObject([{ answer: { status: 'OK' } }]);
    expect(wrong).toBe(0);
    session.leave();
    server.close();
  });

  test('what is begun after the connection was lost is lost, and says so', async () => {
    await using played = await connected('S: * OK ready');
    played.session.close({ kind: 'lost', text: 'gone' });
    const stream = new AppendStream(played.session, 'a', false);
    send(stream, 'one', 'two');
    expect(stream.returned()).toBeNull();
    expect(await stream.finish()).toMatchObject([
      { kind: 'lost', messages: 1 },
      { kind: 'lost', messages: 1 },
    ]);
  });
});

describe('odd servers', () => {
  test('flags and dates count where they stand in front of the body, in whatever order', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 EXAMINE "a"
      C: g2 UID FETCH 1:5 (UID FLAGS INTERNALDATE BODY.PEEK[])
      S: g1 OK done
      S+ * 1 FETCH (UID 1 FLAGS (\\Seen $Work) INTERNALDATE "13-Sep-2020 12:26:40 +0000" BODY[] {3}␍␊
      S+ one)␍␊
      S+ * 2 FETCH (INTERNALDATE "13-Sep-2020 12:26:41 +0000" FLAGS () UID 2 BODY[] {3}␍␊
      S+ two)␍␊
      S+ * 3 FETCH (UID 3 BODY[] {5}␍␊
      S+ three FLAGS (\\Seen) INTERNALDATE "13-Sep-2020 12:26:40 +0000")␍␊
      S+ * 4 FETCH (UID 4 FLAGS (\\Seen) INTERNALDATE "yesterday, or so, at about" BODY[] {4}␍␊
      S+ four)␍␊
      S+ * 5 FETCH (UID 5 FLAGS () INTERNALDATE "13-Sep-2020 12:26:40 +0000" BODY[] "five")␍␊
      S: g2 OK done`);
    const sink = new Bodies();
    await fetchBodies(played.session, examine('a'), '1:5', [[1, 5]], new NumberGatherer(), sink, true);
    expect(sink.got.map(([, text]) => text)).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect(sink.words).toEqual([
      { flags: ['\\Seen', '$Work'], internalDate: 1_600_000_000 },
      { flags: [], internalDate: 1_600_000_001 },
      null,
      { flags: ['\\Seen'], internalDate: null },
      { flags: [], internalDate: 1_600_000_000 },
    ]);
    await played.ended;
  });

  test('a server that puts UID behind the body is found out, and asked one by one', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 EXAMINE "a"
      C: g2 UID FETCH 1:2 (UID BODY.PEEK[])
      S: g1 OK done
      S: * 1 FETCH (BODY[] {3}
      S+ one UID 1)␍␊
      S: g2 OK done
      C: g3 UID FETCH 1 (UID BODY.PEEK[])
      S: * 1 FETCH (BODY[] {3}
      S+ one UID 1)␍␊
      S: g3 OK done`);
    const sink = new Bodies();
    const got = new NumberGatherer();
    const first = await fetchBodies(played.session, examine('a'), '1:2', [[1, 2]], got, sink);
    expect([first.isUidLate, sink.got]).toEqual([true, []]);
    await fetchBodies(played.session, examine('a'), '1', [[1, 1]], got, sink);
    expect(sink.got).toEqual([[1, 'one']]);
  });

  test('a message that comes twice, or that nobody asked for, is handed on once or not at all', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 EXAMINE "a"
      C: g2 UID FETCH 1:2 (UID BODY.PEEK[])
      S: g1 OK done
      S: * 1 FETCH (FLAGS (\\Seen))
      S: * 1 FETCH (FLAGS (\\Seen) UID 1 BODY[] {3}
      S+ one)␍␊
      S: * 1 FETCH (UID 1 BODY[] {3}
      S+ one)␍␊
      S: * 9 FETCH (UID 9 BODY[] {4}
      S+ nine)␍␊
      S: * 2 FETCH (UID 2 BODY[] NIL)
      S: g2 OK done`);
    const sink = new Bodies();
    const got = new NumberGatherer();
    await fetchBodies(played.session, examine('a'), '1:2', [[1, 2]], got, sink);
    expect(sink.got).toEqual([[1, 'one']]);
    expect(got.has(2)).toBe(false);
  });

  test('header fields come without the body, however the server spells them, and are not taken for a listing', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 EXAMINE "a"
      C: g2 UID FETCH 1:4 (UID BODY.PEEK[HEADER.FIELDS (DATE MESSAGE-ID)]<0.20>)
      C: g3 UID FETCH 1:4 (UID FLAGS)
      S: g1 OK done
      S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (DATE MESSAGE-ID)]<0> {11}
      S: Date: now
      S+ )␍␊
      S: * 2 FETCH (BODY[HEADER.FIELDS ("DATE" "Message-ID")] "Date: then and much more" UID 2 FLAGS ())
      S: * 3 FETCH (UID 3 BODY[HEADER.FIELDS (DATE MESSAGE-ID)]<0> NIL)
      S: * 9 FETCH (UID 9 BODY[HEADER.FIELDS (DATE MESSAGE-ID)]<0> "Date: nobody asked")
      S: * 1 FETCH (UID 1 FLAGS (\\Seen))
      S: g2 OK done
      S: g3 OK done`);
    const told: [number, string][] = [];
    const listed: number[] = [];
    const heard = fetchHeaders(played.session, examine('a'), '1:4', [[1, 4]], ['DATE', 'MESSAGE-ID'], 20, (...header) =>
      told.push(header),
    );
    const listing = fetchList(played.session, examine('a'), '1:4', [[1, 4]], { items: ['FLAGS'] }, ({ uid }) =>
      listed.push(uid),
    );
    expect((await heard).status).toBe('OK');
    await listing;
    expect(told).toEqual([
      [1, 'Date: now\r\n'],
      [2, 'Date: then and much '],
    ]);
    expect(listed).toEqual([1]);
  });

  test('a server that keeps no dates is listed all the same', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 EXAMINE "a"
      C: g2 UID FETCH 1:* (UID FLAGS INTERNALDATE)
      S: g1 OK done
      S: * 1 FETCH (UID 1 FLAGS (\\Seen))
      S: * 2 FETCH (UID 2 FLAGS ())
      S: g2 OK done`);
    expect(await rows(played.session, 'a')).toEqual([
      [1, '\\Seen', 'no date'],
      [2, 'no date'],
    ]);
  });

  test('mailboxes that are listed twice count once, in every spelling of a name', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 LIST "" "*"
      S: * LIST (\\Sent) "/" "a"
      S: * LIST (\\HasNoChildren) "/" a
      S: * LIST () "/" {1}
      S: b
      S: g1 OK done`);
    const mailboxes = await list(played.session, '*', 'LIST');
    expect(mailboxes.map(({ name, attributes }) => [name, ...attributes])).toEqual([
      ['a', 'sent', 'hasnochildren'],
      ['b'],
    ]);
  });

  test('capabilities are those that were told last; what is enabled in silence counts as not', async () => {
    await using played = await play(`
      S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
      C: g1 CAPABILITY
      S: * CAPABILITY imap4rev1 LITERAL- APPENDLIMIT=1000
      S: g1 OK done
      C: g2 ENABLE QRESYNC
      S: g2 OK done
      C: g3 LIST "" "*" RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT UIDVALIDITY))
      S: g3 BAD what?`);
    const { session } = played;
    await session.greeting;
    expect(session.capabilities.mechanisms).toEqual(['PLAIN']);
    const told = await capability(session);
    expect([told.literals, told.appendLimitBytes, told.mechanisms]).toEqual(['minus', 1_000, []]);
    await enable(session, ['QRESYNC']);
    expect(session.enabled.size).toBe(0);
    const listing = listExtended(session, '*', { specialUse: false, status: { highestModSeq: false } });
    expect(await trouble(listing)).toMatchObject({ kind: 'refused', status: 'BAD' });
  });
});

describe('news', () => {
  test('IDLE ends at the first news, or when one is no longer interested', async () => {
    await using played = await play(`
      S: * OK ready
      C: g1 EXAMINE "INBOX"
      S: * 1 EXISTS
      S: g1 OK done
      C: g2 IDLE
      S: + idling
      S: * OK Still here
      S: * 2 EXISTS
      C: DONE
      S: g2 OK done
      C: g3 IDLE
      S: + idling
      S: * 2 EXISTS
      C: DONE
      S: g3 OK done`);
    const { session } = played;
    expect(await idle(session, examine('INBOX'), new AbortController().signal)).toBe(true);
    const controller = new AbortController();
    const idling = idle(session, examine('INBOX'), controller.signal);
    setTimeout(() => controller.abort(), 20);
    expect(await idling).toBe(false);
    await played.ended;
  });
});

describe('no command waits for ever', () => {
  const impatient = { options: { deadlineMs: 80 } };

  test('a server that falls silent', async () => {
    await using played = await play('S: * OK ready\nC: g1 NOOP', impatient);
    expect(await trouble(noop(played.session))).toMatchObject({ kind: 'silent', command: 'NOOP' });
  });

  test('a server that never greets', async () => {
    await using played = await play('', impatient);
    expect(await trouble(played.session.greeting)).toMatchObject({ kind: 'silent', command: 'the greeting' });
  });

  test('a server that only says that it is still there', async () => {
    const lines = Array.from({ length: 2_000 }, () => 'S: * OK Still here').join('\n');
    await using played = await play(`S: * OK ready\nC: g1 NOOP\n${lines}`, {
      options: { deadlineMs: 80, limits: { ...(await import('./limits.ts')).usualLimits, idleResponses: 1_000 } },
    });
    expect(await trouble(noop(played.session))).toMatchObject({ kind: 'endless' });
  });

  test('a message that trickles', async () => {
    await using played = await play(
      `S: * OK ready\nC: g1 EXAMINE "a"\nC: g2 UID FETCH 1 (UID BODY.PEEK[])\nS: g1 OK done\nS: * 1 FETCH (UID 1 BODY[] {99}\nS+ half`,
      impatient,
    );
    const sink = new Bodies();
    const reading = fetchBodies(played.session, examine('a'), '1', [[1, 1]], new NumberGatherer(), sink);
    expect(await trouble(reading)).toMatchObject({ kind: 'silent', command: 'UID FETCH' });
    expect([sink.isBroken, sink.got]).toEqual([true, []]);
  });

  test('a connection that breaks, and one that ends with BYE, tell all that are waiting', async () => {
    await using broken = await play('S: * OK ready\nC: g1 NOOP\nC: g2 NOOP', { afterwards: 'close' });
    const both = [noop(broken.session), noop(broken.session)];
    for (const each of both) expect(await trouble(each)).toMatchObject({ kind: 'lost' });
    expect(await trouble(noop(broken.session))).toMatchObject({ kind: 'lost' });
    await using leaving = await play('S: * OK ready\nC: g1 NOOP\nS: * BYE [UNAVAILABLE] too many\x1b[31m', {
      afterwards: 'close',
    });
    expect(await trouble(noop(leaving.session))).toEqual({ kind: 'bye', code: 'UNAVAILABLE', text: 'too many [31m' });
  });
});

test('a session that only reads sends nothing that could change anything', async () => {
  await using played = await play('S: * OK ready', { options: { isReadOnly: true } });
  const { session } = played;
  const place = { ...examine('a'), isSure: false };
  const writing = [
    () => session.run({ name: 'X', compose: (writer) => writer.raw('CREATE "x"'), end: () => null }),
    () => session.run({ name: 'X', compose: (writer) => writer.raw('SELECT "x"'), end: () => null }),
    () => session.run({ name: 'X', compose: (writer) => writer.raw('UID FETCH 1 (BODY[])'), end: () => null }),
    () => session.run({ name: 'X', compose: (writer) => writer.raw('UID FETCH 1 RFC822'), end: () => null }),
    () => session.run({ name: 'X', compose: (writer) => writer.raw('UID STORE 1 FLAGS ()'), end: () => null }),
    () => session.run({ name: 'X', compose: (writer) => writer.raw('LISTEN'), end: () => null }),
    () => store(session, { ...place, mode: 'select' }, '1', '+', ['\\Seen']),
  ];
  for (const write of writing) await expect(write()).rejects.toThrow(/only reads/);
  const stream = new AppendStream(session, 'a', true);
  expect(() => stream.begin({ flags: [], date: null, octets: 1 })).toThrow(/only reads/);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(played.trace.filter((line) => line.startsWith('C'))).toEqual([]);
});
