/** Joins the verbs to what answers them: IMAP at both ends, the ledger in a file. The one place that knows who is who. */

import type { CopyOrder, Engine, EngineOptions, Side, VerifyOrder } from '#cli/world.ts';
import type { OAuthFiles } from '#connectors/oauth/index.ts';
import { type ImapOptions, imapSource, imapTarget, ServerMemory } from '#connectors/imap/index.ts';
import { openLedgerFile } from '#ledger-file/index.ts';
import { mailboxKey } from '#domain/endpoint.ts';
import type { Credentials } from '#ports/credentials.ts';
import type { LedgerStore, MailboxPair } from '#ports/ledger.ts';
import { authoritiesFor } from './authorities.ts';
import { tuneV8 } from './tune-v8.ts';

/** Opens the ledger and gives the verbs. What only one verb needs is loaded when that verb is called. */
export async function openEngine(
  options: EngineOptions,
  environment: (name: string) => string | undefined,
): Promise<Engine> {
  const { log } = options;
  tuneV8();
  // What was learnt of a server by one mailbox (what it lies about, how many connections it bears) serves all.
  const servers = new ServerMemory();
  let oauthFiles: OAuthFiles | null = null;
  let opened: Promise<LedgerStore> | null = null;
  const ledger = () => (opened ??= openLedgerFile(options.stateDir, { readOnly: options.readOnly, log }));
  const credentialsOf = async ({ signIn }: Side): Promise<Credentials> => {
    switch (signIn.kind) {
      case 'password':
        return { current: async () => signIn };
      case 'oauth': {
        // The libraries for it are loaded only where it is used; tokens are shared by the mailboxes of one file.
        const oauth = await import('#connectors/oauth/index.ts');
        oauthFiles ??= new oauth.OAuthFiles(environment);
        return await oauthFiles.credentials(signIn.file, signIn.user, log);
      }
      case 'none':
        throw new Error('a mailbox cannot be opened without a way to sign in');
    }
  };
  const mailbox = async (side: Side, role: 'source' | 'target'): Promise<ImapOptions> => ({
    endpoint: connection(side),
    credentials: await credentialsOf(side),
    log: log.with({ [role]: side.endpoint.name }),
    servers,
    name: side.endpoint.name,
  });
  return {
    async copy(order: CopyOrder, watcher, signal) {
      const { copyMailbox } = await import('#operations/copy-mailbox.ts');
      return await copyMailbox(
        {
          pair: pairOf(order),
          openSource: imapSource(await mailbox(order.source, 'source')),
          openTarget: imapTarget(await mailbox(order.target, 'target')),
          ledger,
          choices: order.choices,
          watcher,
          log,
          pace: order.pace,
        },
        signal,
      );
    },
    async verify(order: VerifyOrder, watcher, signal) {
      const { verifyMailbox } = await import('#operations/verify-mailbox.ts');
      return await verifyMailbox(
        {
          pair: pairOf(order),
          openSource: imapSource(await mailbox(order.source, 'source')),
          openTarget: imapSource(await mailbox(order.target, 'target')),
          selection: order.selection,
          sample: order.sample,
          watcher,
          log,
        },
        signal,
      );
    },
    async probe(side, deep, watcher, signal) {
      const [{ probeServer }, { inspectImap }] = await Promise.all([
        import('#operations/probe-server.ts'),
        import('#connectors/imap/inspect.ts'),
      ]);
      const credentials = side.signIn.kind === 'none' ? null : await credentialsOf(side);
      const look = { endpoint: connection(side), credentials, log, servers, name: side.endpoint.name };
      const request = {
        server: side.endpoint.name,
        inspect: inspectImap(look),
        deep: deep && credentials ? imapSource({ ...look, credentials }) : null,
        log,
        watcher: { ...watcher, planned: (messages: number) => watcher.planned(messages, null) },
      };
      return await probeServer(request, signal);
    },
    async checkLive(side, order, signal) {
      const { checkLive } = await import('#operations/check-live.ts');
      return await checkLive({ ...order, open: imapSource(await mailbox(side, 'target')), log }, signal);
    },
    async [Symbol.asyncDispose]() {
      if (opened) await (await opened.catch(() => null))?.[Symbol.asyncDispose]();
    },
  };
}

function pairOf(order: { readonly source: Side; readonly target: Side }): MailboxPair {
  return { source: mailboxKey(order.source.endpoint), target: mailboxKey(order.target.endpoint) };
}

function connection({ endpoint, ca, verify }: Side): ImapOptions['endpoint'] {
  const { host, port, security } = endpoint;
  return { host, port, security, ca: authoritiesFor(endpoint, ca), verify };
}
