/** The OpenLDAP of the labs: what a client writes there is what lies in its database, and who may not write does not. */

import { readFile } from 'node:fs/promises';
import { Attribute, Change, Client } from 'ldapts';
import { describe, expect, test } from 'vitest';
import { labAvailable } from './namespace.ts';
import { startOpenLdap } from './openldap.ts';
import { skipAloud } from './skip-aloud.ts';

const openldap = await labAvailable('openldap');
skipAloud('OpenLDAP', openldap);

const people = { dn: 'ou=people,dc=corp,dc=example', attributes: { objectClass: 'organizationalUnit', ou: 'people' } };
const anna = {
  dn: 'uid=anna,ou=people,dc=corp,dc=example',
  attributes: {
    objectClass: ['inetOrgPerson', 'inetLocalMailRecipient', 'labMailRecipient'],
    uid: 'anna',
    cn: 'Anna Weiß',
    sn: 'Weiß',
    mail: ['anna@corp.example', 'a.weiss@corp.example'],
    mailHost: 'old.corp.example',
    userPassword: 'secret of anna',
  },
};

const replace = (type: string, ...values: string[]): Change =>
  new Change({ operation: 'replace', modification: new Attribute({ type, values }) });

describe.runIf(openldap.ok)('OpenLDAP', () => {
  test('entries are there from the start, and what a client changes in them is kept through a restart', async () => {
    await using server = await startOpenLdap({ entries: [people, anna], tls: true });
    const ca = await readFile(server.caFile ?? '', 'utf8');
    const client = new Client({ url: server.tlsUrl ?? '', tlsOptions: { ca } });
    await client.bind(server.admin.dn, server.admin.password);
    await client.modify(anna.dn, [
      replace('mailHost', 'new.corp.example'),
      replace('mailRoutingAddress', 'anna@new.corp.example'),
      replace('targetAddress', 'SMTP:anna@tenant.example'),
    ]);
    const bert = { objectClass: ['inetOrgPerson'], uid: 'bert', cn: 'Bert', sn: 'Bert' };
    await client.add('uid=bert,ou=people,dc=corp,dc=example', bert);
    const { searchEntries } = await client.search(server.suffix, { filter: '(mail=a.weiss@corp.example)' });
    expect(searchEntries).toMatchObject([{ dn: anna.dn, mailHost: 'new.corp.example' }]);
    await client.unbind();

    await server.stop();
    await server.start();
    expect(await server.entry(anna.dn)).toMatchObject({
      cn: ['Anna Weiß'],
      mail: anna.attributes.mail,
      mailHost: ['new.corp.example'],
      mailRoutingAddress: ['anna@new.corp.example'],
      targetAddress: ['SMTP:anna@tenant.example'],
    });
    expect(await server.entry('uid=bert,ou=people,dc=corp,dc=example')).toMatchObject({ uid: ['bert'] });
    expect(await server.entry('uid=nobody,ou=people,dc=corp,dc=example')).toBeNull();
  });

  test('a person signs in with their own password and may not say where their mail goes', async () => {
    await using server = await startOpenLdap({ entries: [people, anna] });
    const client = new Client({ url: server.url });
    await expect(client.bind(anna.dn, 'a guess')).rejects.toMatchObject({ name: 'InvalidCredentialsError' });
    await client.bind(anna.dn, anna.attributes.userPassword);
    const change = client.modify(anna.dn, replace('mailHost', 'elsewhere.example'));
    await expect(change).rejects.toMatchObject({ name: 'InsufficientAccessError' });
    await client.unbind();
    expect(await server.entry(anna.dn)).toMatchObject({ mailHost: ['old.corp.example'] });
  });
});
