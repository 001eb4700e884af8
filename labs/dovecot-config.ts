/** What stands in the configuration of a Dovecot of the labs. */

import { type DoveadmHttp, doveadmHttpService } from './doveadm-http.ts';
import type { DovecotOptions } from './dovecot.ts';
import { nobody } from './namespace.ts';

export interface ConfigFacts {
  readonly options: DovecotOptions;
  readonly storage: string;
  readonly scratch: string;
  readonly mailRoot: string;
  readonly port: number;
  readonly tlsPort: number | null;
  readonly lmtpPort: number | null;
  readonly doveadmHttp: DoveadmHttp | null;
  readonly pop3Port: number | null;
  readonly saslPort: number | null;
  readonly httpPort: number;
  readonly tls: { readonly certificate: string; readonly key: string } | null;
}

/** All of it. Ports that are null are not listened at. */
export function dovecotConfig(facts: ConfigFacts): string {
  const { options, storage, scratch, mailRoot, port, tlsPort, lmtpPort, doveadmHttp, httpPort, tls } = facts;
  const { pop3Port, saslPort } = facts;
  return `
base_dir = ${scratch}/run
state_dir = ${scratch}/state
log_path = ${scratch}/dovecot.log
info_log_path = /dev/null
protocols = imap${lmtpPort === null ? '' : ' lmtp'}${pop3Port === null ? '' : ' pop3'}
listen = 127.0.0.1
default_internal_user = ${nobody.name}
default_internal_group = ${nobody.group}
default_login_user = ${nobody.name}
default_client_limit = 4096
default_process_limit = 1024
default_vsz_limit = 0
first_valid_uid = 1
first_valid_gid = 1
mail_location = ${storage}:~/${storage}
mail_fsync = ${options.fsync === true ? 'optimized' : 'never'}
mail_max_userip_connections = 0
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_chars =
auth_failure_delay = 0
auth_master_user_separator = *
auth_verbose = no
imap_hibernate_timeout = 0
ssl = ${tls === null ? 'no' : 'yes'}
${tls === null ? '' : `ssl_cert = <${tls.certificate}\nssl_key = <${tls.key}`}
passdb {
  driver = passwd-file
  args = ${scratch}/masters
  master = yes
  result_success = continue
}
passdb {
  driver = passwd-file
  args = username_format=%u ${scratch}/users
}
userdb {
  driver = static
  args = uid=${nobody.uid} gid=${nobody.gid} home=${mailRoot}/%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
  mailbox Drafts {
    special_use = \\Drafts
  }
  mailbox Junk {
    special_use = \\Junk
  }
  mailbox Trash {
    special_use = \\Trash
  }
  mailbox Sent {
    special_use = \\Sent
  }
  mailbox Archive {
    special_use = \\Archive
  }
}
service imap-login {
  chroot =
  service_count = 0
  client_limit = 1024
  process_min_avail = 2
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort ?? 0}
    ssl = yes
  }
}
service imap {
  service_count = 1000
  client_limit = 1
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
${lmtpPort === null ? '' : lmtpService(lmtpPort)}
${doveadmHttp === null ? '' : doveadmHttpService(httpPort, doveadmHttp.key)}
${pop3Port === null ? '' : pop3Service(pop3Port)}
${saslPort === null ? '' : saslService(saslPort)}
${typeof options.extra === 'function' ? options.extra(scratch) : (options.extra ?? '')}
`;
}

/** None is started in advance: one that is kept so does not always end with its master, which then waits for six seconds. */
function lmtpService(port: number): string {
  return `
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${port}
  }
}
protocol lmtp {
  postmaster_address = postmaster@lab.example
}`;
}

function pop3Service(port: number): string {
  return `
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = ${port}
  }
  inet_listener pop3s {
    port = 0
  }
}`;
}

function saslService(port: number): string {
  return `
service auth {
  inet_listener {
    address = 127.0.0.1
    port = ${port}
  }
}`;
}
