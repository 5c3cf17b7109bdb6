/** What a role gives a client arrives as it is written, by each way that halctl hands it over. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { oddLines, oddValues } from '../core/odd-values.ts';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment } from './station.ts';
import { typed } from './typed.ts';

const names = Object.keys(oddValues);
const facts = `cluster: galileo
hosts:
  - fqdn: n1.example
    roles: []
    variables: { lnid: 10.0.0.1@tcp }
`;
// YAML takes JSON as it is.
const rolesWith = (values: Readonly<Record<string, string>>): string => `- role: job
  processes:
    - name: job
      type: client
      endpoint: "{{ lnid }}:12345:41:302"
      services: [RMS]
      ownership: independent
      environment: ${JSON.stringify(values)}
`;

/** Prints the value of each variable, ended by a byte that no value holds. */
const printing = names.map((name) => `printf '%s\\001' "$${name}"`).join('\n');
const printed = Object.values(oddValues)
  .map((value) => `${value}\u0001`)
  .join('');

t.test('values that look like more than text arrive as they are', async (t) => {
  const folder = folderOf(t, {
    'facts.yaml': facts,
    'roles.yaml': rolesWith(oddValues),
    'lines.yaml': rolesWith(oddLines),
    home: {},
  });
  writeFileSync(join(folder, 'print'), printing);
  writeFileSync(join(folder, 'read-and-print'), `set -eu\n. ./configuration\n${printing}`);
  const { url, token } = await stationHere(t);
  const env = environment(join(folder, 'home'), { HALCYON_STATION: url, HALCYON_TOKEN: token });
  const run = async (line: string): Promise<string> => {
    const { code, out, err } = await typed(line, folder, env);
    t.equal(code, 0, `${line}: ${err}`);
    return out;
  };
  t.match(await typed('halctl cluster load -f facts.yaml -r lines.yaml', folder, env), {
    code: 4,
    err: /lines\.yaml:8:\d+: \[0\]\.processes\[0\]\.environment\.LINES: A value must be one line/,
  });
  await run('halctl cluster load -f facts.yaml -r roles.yaml');

  const adding = 'halctl cluster process add --host n1.example --role job --format';
  for (const reader of ['sh', 'dash', 'bash']) {
    await run(`${adding} env >configuration`);
    t.equal(await run(`env -i ${reader} read-and-print`), printed, `sourced by ${reader}`);
  }
  const fid = (await run('. ./configuration; echo "$MERO_PROCESS_FID"')).trim();
  await run(`halctl cluster process configuration ${fid} --format env >configuration`);
  t.equal(await run('env -i sh read-and-print'), printed, 'asked for later');
  const json = await run(`halctl cluster process configuration ${fid} --format json`);
  t.match((JSON.parse(json) as { environment: unknown }).environment, oddValues);
  const running = 'halctl run --host n1.example --role job --';
  t.equal(await run(`${running} sh print`), printed, 'in the environment of a command');
});
