/** The page about kinds of OBMs names the fields as registrations are checked by them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { dummy } from '../../src/obm/drivers/dummy/dummy.ts';
import { ipmi } from '../../src/obm/drivers/ipmi/ipmi.ts';
import { ipmitool } from '../../src/obm/drivers/ipmitool/ipmitool.ts';
import { driverNames } from '../../src/obm/drivers/kinds.ts';
import { redfish } from '../../src/obm/drivers/redfish/redfish.ts';
import { ssh } from '../../src/obm/drivers/ssh/ssh.ts';

const kinds = [ipmi, redfish, ipmitool, ssh, dummy];
const page = readFileSync(join(import.meta.dirname, '../../docs/obm-drivers.md'), 'utf8');

/** Rows of its table. */
const rowsOf = ({ schema, secrets }: (typeof kinds)[number]): string[] => {
  const required = new Set<string>(schema.required ?? []);
  return Object.entries(schema.properties).map(([name, field]) => {
    const { description = '' } = field as { description?: string };
    const marks = [
      required.has(name) ? 'must be said' : '',
      (secrets as readonly string[]).includes(name) ? 'secret' : '',
    ].filter((mark) => mark !== '');
    return `| \`${name}\` | ${description} | ${marks.join(', ')} |`;
  });
};

t.same(
  kinds.map(({ name }) => name),
  driverNames,
  'every kind is looked at',
);

for (const kind of kinds)
  t.test(`the page tells the fields of ${kind.name}`, async (t) => {
    const [, rest = ''] = page.split(`\n## ${kind.name}\n`);
    const [section = ''] = rest.split('\n## ');
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    t.same(rows, rowsOf(kind));
  });
