/**
 * `halctl obm` from start to end, on a running OBM daemon; what it says is kept in test/golden/obm.txt (`UPDATE=1` takes
 * the new one for right).
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { Daemon } from '../obm/daemon.ts';
import { stationHere } from './station-here.ts';
import { environment } from './station.ts';
import { typed } from './typed.ts';

const file = join(import.meta.dirname, '..', 'golden', 'obm.txt');

const lines = [
  "halctl system node add 'n[1-3].example'",
  'halctl project create climate',
  'halctl project attach climate n1.example',
  'halctl obm list',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token --type nonesuch',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token --type dummy --set addr=1',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file open.token --type dummy',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file admin.token --type dummy',
  'halctl obm register n1.example --obmd http://obmd.example:7410 --admin-token-file obmd.token',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token --set addr=1',
  "halctl obm register 'n[1-2].example' --obmd $OBMD --admin-token-file obmd.token --type dummy",
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token --type dummy --declared',
  "halctl obm register 'n[1-2].example' --obmd $OBMD --admin-token-file obmd.token --declared",
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token --type ipmi --set addr=127.0.0.1 --credentials-file open.json',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token --type ipmi --set addr=127.0.0.1 --credentials-file broken.json',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token --type ipmi --set addr=127.0.0.1 --credentials-file bmc.json --dry-run',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token --type ipmi --set addr=127.0.0.1 --set port=9 --credentials-file bmc.json',
  'halctl obm register n1.example --obmd $OBMD --admin-token-file obmd.token',
  'halctl obm register n2.example --obmd $OBMD --admin-token-file obmd.token --type dummy --json',
  'halctl obm list',
  'halctl obm show n3.example',
  "halctl obm enable 'n[1-3].example'",
  "halctl obm enable 'n[1-2].example'",
  'halctl obm show n1.example',
  'halctl obm power status n2.example',
  'halctl obm power explode n2.example',
  'halctl obm power on n2.example --dry-run',
  'halctl obm power on n2.example',
  'halctl obm power cycle n2.example --json | tail -n +3',
  "halctl obm power off 'n[2-3].example'",
  "halctl obm power off 'n[2-3].example' --count 3",
  "halctl obm power off 'n[2-3].example' --count 2 --max-parallel 1 --stagger 0.1",
  "halctl obm power status 'n[2-3].example'",
  'halctl obm sensors n2.example',
  "halctl obm fru 'n[2-3].example'",
  'halctl obm sel n2.example --json',
  'halctl obm validate n2.example',
  'halctl obm power off n2.example --wait-up',
  'halctl obm power cycle n2.example --wait-up 0',
  'halctl obm power cycle n2.example --wait-up 1800 --dry-run',
  'halctl obm bootdev n2.example --device pxe',
  'halctl obm bootdev n2.example --device floppy',
  'halctl obm identify n2.example --light 30',
  'halctl obm identify n2.example --light blue',
  'halctl project detach climate n1.example',
  'halctl obm unregister n1.example',
  'halctl obm reissue n1.example',
  'halctl obm disable n1.example',
  'halctl obm disable n1.example',
  'halctl project detach climate n1.example',
  "halctl obm disable 'n[1-2].example'",
  "halctl obm unregister 'n[1-2].example'",
  'halctl obm list --json',
];

/** What differs from run to run. */
const normalised = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replace(/(\brevision"?:?) \d+/g, '$1 <revision>')
    .replace(/\b[0-9a-f]{32}\b/g, '<guid>')
    .replace(/\bepoch=\d+/g, 'epoch=<revision>')
    .replace(/^epoch( +)\d+$/gm, 'epoch$1<revision>')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/"(observed_at|at|begun|ended|begin_by)": \d+/g, '"$1": <moment>')
    .replace(/\bbegin_by=\d+/g, 'begin_by=<moment>')
    .replace(/\btoken:[0-9a-f]{12}\b/g, 'token:<id>');

t.test('an operator registers OBMs, and lets whoever has a machine use its own', async (t) => {
  const folder = folderOf(t, { home: {} });
  const put = (name: string, text: string, mode = 0o600): void =>
    writeFileSync(join(folder, name), text, { mode });
  const [{ url, token }, daemon] = await Promise.all([
    stationHere(t),
    Daemon.start(t, ['--poll', '0', '--no-console-log']),
  ]);
  put('admin.token', token);
  put('obmd.token', daemon.admin);
  put('open.token', daemon.admin, 0o644);
  put('bmc.json', '{"user": "oper", "pass": "a-bmc-password"}');
  put('open.json', '{"user": "oper", "pass": "a-bmc-password"}', 0o644);
  put('broken.json', '{"user": "oper", "pass": a-bmc-password}');
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: url,
    HALCYON_TOKEN_FILE: join(folder, 'admin.token'),
    OBMD: daemon.url,
  });
  let text = '';
  for (const line of lines) {
    const { code, out, err } = await typed(line, folder, env);
    for (const secret of [token, daemon.admin, 'a-bmc-password'])
      t.notOk((out + err).includes(secret), 'no secret is shown');
    const said = err.replace(/^(?=.)/gm, '! ');
    const place = (one: string): string => one.replaceAll(folder, '<folder>');
    text += `$ ${line}\n${place(normalised(out))}${place(normalised(said))}[${code}]\n\n`;
  }
  if ((process.env.UPDATE ?? '') !== '') writeFileSync(file, text);
  t.equal(text, readFileSync(file, 'utf8'), 'UPDATE=1 takes the new one for right');
});
