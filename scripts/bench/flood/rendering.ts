import { fqdn } from '../station.ts';
import { keepAsking } from './flood.ts';
import type { Flood } from './flood.ts';

const hosts = 40;

/** A role that takes nearly as many steps as it may. */
const heavy = `- role: heavy
  processes:
    - name: heavy
      ownership: independent
      endpoint: "{% for i in (1..2600) %}{% assign a = lnid %}{% endfor %}{{ lnid }}:12345:41:302"
      services: [RMS]
`;
const declared = Array.from(
  { length: hosts },
  (_, i) => `  - fqdn: ${fqdn(2 + i)}\n    roles: [heavy]\n`,
).join('');

export const rendering: Flood = {
  name: `a dry run that renders on ${hosts} hosts, 4 at a time`,
  run: ({ url, tokens }, end) =>
    keepAsking(url, end, 4, () => ({
      method: 'POST',
      path: '/api/v1/load?dry_run=true',
      token: tokens.admin,
      body: {
        facts: { name: 'facts.yaml', text: `cluster: bench\nhosts:\n${declared}` },
        roles: [{ name: 'heavy.yaml', text: heavy }],
      },
    })),
};
