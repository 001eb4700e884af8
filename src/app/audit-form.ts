/** The settings of the audit log (godwit.yaml, `audit`), declared once, as `estate-settings.ts` does it. */

import Type, { type Static } from 'typebox';
import { duration, section } from './setting-forms.ts';

export const auditForm = section(
  'where the head of the audit log is kept outside, so that its end cannot be cut off unseen',
  {
    'send-head': Type.Array(
      Type.String({
        pattern: String.raw`^(file:|mailto:|https:)[^\x00-\x1f\x7f]+$`,
        maxLength: 2_000,
        about: { is: 'a place', expected: 'file:PATH, mailto:ADDRESS or an https:// URL' },
      }),
      {
        default: [],
        maxItems: 20,
        about: {
          is: 'places that it is sent to: a file that only grows, an address (by `notices.smtp`), a URL to which it is posted',
          expected: 'a list such as [file:/mnt/auditor/heads, mailto:auditor@corp.example]',
          changeWhen: 'somebody is to see that nobody here has cut the end of the log off (docs/audit.md).',
        },
      },
    ),
    every: duration({
      default: '1d',
      about: { is: 'how often', expected: 'a time such as 1h or 1d' },
    }),
  },
);

export type AuditForm = Static<typeof auditForm>;
