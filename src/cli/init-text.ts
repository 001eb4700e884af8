/** The godwit.yaml that `godwit init` writes: every setting with a word on what it is for, those with a default behind a "#". */

export interface InitFacts {
  /** Where the JSON Schema is, for editors. */
  readonly schema: string;
  readonly timezone: string;
  readonly source: InitSide;
  readonly target: InitSide;
}

export interface InitSide {
  readonly url: string;
  /** Null: every mailbox has a secret of its own. */
  readonly admin: string | null;
}

/** The environment variable in which the file that is written expects the secret of a side's administrator. */
export const secretVariable = { source: 'SOURCE_SECRET', target: 'TARGET_SECRET' } as const;

export function initText({ schema, timezone, source, target }: InitFacts): string {
  return `# yaml-language-server: $schema=${schema}
#
# The settings of a programme; docs/godwit-yaml.md tells of each. What stands behind a "#" is the default or an example.
# \`godwit init --check\` looks whether all is in order. No secret stands here, only where it is: env:NAME, file:PATH, or
# sealed:NAME after \`godwit secret set NAME\`.

# Where the estate is kept: a PostgreSQL of our own under the state folder, or yours (15 or newer), whose URL is in that
# variable. Workers on other machines need yours.
database: embedded
# database: env:DATABASE_URL

# A port of our own server, for workers that cannot come by its socket.
# embedded:
#   port: 5433
#   password: env:DATABASE_PASSWORD

# In this time zone days, windows and timetables are told.
timezone: ${written(timezone)}

# The platform that the mail is on.
source:
${sideText('source', source)}
# The platform that it goes to.
target:
${sideText('target', target)}
# Mailboxes that one process works on at a time.
# workers:
#   at-once: 8

# The time between two passes over a mailbox whose target is to stay close until the switch.
# follow-every: 15m

# How people and deliveries wait at the doors while a mailbox changes sides (docs/coexistence.md).
# switching:
#   announce-ahead: 40s
#   hold-most: 20s
#   sign-in-passage-ms: 500
#   home-late-after: 15m
#   together-most: 8

# The doors that mail systems ask where a mailbox lives now (docs/coexistence.md), by godwit coexist or godwit serve.
# doors:
#   # Who may come from other machines, and whether anything goes to them in clear text.
#   allow: []
#   allow-clear-text: false
#   sign-ins-wait: 20s
#   # Each side, for those who are led there; the same for the target.
#   source:
#     deliver: lmtp://127.0.0.1:24
#     imap: imaps://mail.old.example
#     pop3: pop3s://mail.old.example
#     submission: smtps://mail.old.example
#     autodiscover: https://autodiscover.old.example/autodiscover/autodiscover.xml
#     nginx-imap: 127.0.0.1:1143
#     nginx-pop3: 127.0.0.1:1110
#     nginx-smtp: 127.0.0.1:1587
#     as-admin: false
#   postfix:
#     listen: 127.0.0.1:8026
#     views:
#       - source: smtp:[mail.old.example]
#         target: smtp:[mail.new.example]
#         moving: godwit:inet:127.0.0.1:8027
#   deliveries:
#     listen: 127.0.0.1:8027
#     wait: 25s
#   nginx:
#     listen: 127.0.0.1:8028
#     key: env:NGINX_KEY
#     sign-ins-per-minute: 600
#     check-at: ldaps://ldap.corp.example
#     check-dn: uid={local},ou=people,dc=corp,dc=example
#   dovecot:
#     listen: unix:/run/godwit/dovecot
#   clients:
#     listen: 127.0.0.1:8029
#     questions-per-minute: 600

# Sign-ins through the proxy that people use, while a mailbox switches: what people notice is then measured (docs/coexistence.md).
# probes:
#   url: imaps://mail.corp.example
#   user: "{address}"
#   admin: mover
#   secret: env:PROBE_SECRET
#   secrets: sealed:source/
#   ca: authorities.pem
#   verify-certificate: true
#   allow-clear-text: false
#   at-once: 40
#   per-minute: 500

# By which ways mail and people come to mailboxes of the source; and where it is otherwise, by organisation (docs/coexistence.md).
# ways-in:
#   by: [mx, proxy, direct]
#   organisations:
#     RXY: [mx, proxy]

# The directory that is told at each switch where a mailbox lives (docs/coexistence.md).
# directory:
#   # ldaps:// (TLS), ldap:// (StartTLS, required) or ldap+plain:// (clear text, on this machine).
#   url: ldaps://ldap.corp.example
#   bind-dn: cn=godwit,dc=corp,dc=example
#   secret: env:DIRECTORY_SECRET
#   ca: directory-authority.pem
#   allow-clear-text: false
#   base: ou=people,dc=corp,dc=example
#   filter: "(mail={address})"
#   # What the entry says on either side, with {address}, {local}, {domain}, {source_user}, {target_user}; null removes it.
#   source:
#     mailHost: mail.old.example
#     mailRoutingAddress: null
#   target:
#     mailHost: mail.new.example
#     mailRoutingAddress: "{local}@new.example"

# How long before its window the mailboxes of a wave are looked at by themselves, for what will go wrong; or off.
# check-ahead: 7d

# The share of its mailboxes that may fail before a wave pauses by itself.
# error-budget: 2%

# Where health and metrics are told (/healthz, /readyz, /metrics), or off.
# listen: 127.0.0.1:8025

# The HTTP API, answered by godwit serve (docs/api.md): in clear text on this machine only, unless a proxy of yours stands before it.
# api:
#   listen: 127.0.0.1:8030
#   tls:
#     certificate: api.crt
#     key: api.key
#   behind-proxy: false
#   # What is taken in of files that are sent to it: one, and all that have not been used yet.
#   files:
#     largest: 2G
#     together: 8G
#   # With which people sign in (docs/access.md); programs come with tokens.
#   sign-in:
#     issuer: https://id.corp.example
#     client-id: godwit
#     client-secret: env:SIGN_IN_SECRET
#     origin: https://godwit.corp.example
#     scopes: openid email
#     who-claim: email
#     groups-claim: groups
#     lasts: 8h
#     idle: 1h
#     roles:
#       mail-operators: operator
#       rxy-it: local-administrator of RXY

# What the API does only with the word of a second person (docs/access.md).
# approvals:
#   acts: [start-wave, release-wave]

# Where Godwit may connect to, whatever else these settings name (docs/endpoints.md).
# endpoints:
#   hosts: [mail.old.example, '*.corp.example']
#   ports: [993, 443, 587]
#   networks: [10.20.0.0/16]

# Where the head of the audit log is kept outside, so that nobody cuts its end off unseen (docs/audit.md).
# audit:
#   send-head: [file:/mnt/auditor/heads]
#   every: 1d

# Folders by globs over the whole path, or by role whatever they are called ('\\Trash').
# folders:
#   include: []
#   exclude: ['\\Trash', 'Lists/**']
#   map:
#     Sent Items: Sent

# Whether what left the source leaves the target too; only what Godwit itself put there.
# delete: false

# Messages to people before, on and after the day of their move (docs/notices.md).
# notices:
#   smtp:
#     url: smtps://mail.corp.example
#     user: move
#     secret: env:NOTICES_SECRET
#   from: The move <move@corp.example>
#   reply-to: helpdesk@corp.example
#   templates: texts
#   language: en
#   at: "09:00"
#   per-minute: 120
#   quiet: "20:00-08:00"
#   moments: [T-14, T-2, T-0, T+1]
#   shared: false

# Larger messages are left out, and listed.
# max-size: 150M
`;
}

function sideText(side: keyof typeof secretVariable, { url, admin }: InitSide): string {
  const byAdmin = admin === null ? '# ' : '';
  const byEach = admin === null ? '' : '# ';
  return `  # imaps:// (TLS), imap:// (STARTTLS, required) or imap+plain:// (clear text, on this machine).
  url: ${written(url)}

  # How one signs in there. An administrator, on behalf of each mailbox (authzid, or Dovecot's user*master) …
  ${byAdmin}admin: ${written(admin ?? 'mover')}
  # admin-style: authzid
  ${byAdmin}secret: env:${secretVariable[side]}
  # … or every mailbox with its own password, sealed or listed in a file (address,secret) …
  ${byEach}secrets: sealed:${side}/
  # secrets: file:${side}-secrets.csv
  # … or with OAuth (docs/oauth.md).
  # oauth: ${side}-oauth.json

  # Who a mailbox is there: {address}, {local}, {domain}, {source_user}, {target_user}.
  # user: "{${side}_user}"

  # Authorities to trust besides those of this machine; and, both better not, trusting anyone and telling everyone.
  # ca: ${side}-authority.pem
  # verify-certificate: true
  # allow-clear-text: false
  # Where a Dovecot lets people's sessions be seen and ended at a switch: its doveadm HTTP API.
  # sessions:
  #   url: http://127.0.0.1:8080/doveadm/v1
  #   key: env:DOVEADM_KEY

  # What it may be asked by all workers together; bytes by the clock, as in "08:00,10M 19:00,off".
  # budget:
  #   connections: 20
  #   connections-per-mailbox: 2
  #   bytes-per-second: off
  #   commands-per-second: 200
`;
}

/** A value as YAML reads it back. */
function written(value: string): string {
  const isPlain = /^[A-Za-z][\w@.+/-]*(?::\/\/[\w.[\]-]+(?::\d+)?)?$/.test(value);
  return isPlain && !/^(?:true|false|null)$/i.test(value) ? value : JSON.stringify(value);
}
