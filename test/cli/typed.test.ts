/** Lines that are run in this process: they say and answer what halctl does as a process. */

import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment, shell } from './station.ts';
import { typed } from './typed.ts';

const { url, token } = await stationHere(t);
const folder = folderOf(t, { home: {}, 'facts.yaml': 'cluster: one\nhosts: []\n', here: {} });
const env = environment(join(folder, 'home'), {
  HALCYON_STATION: url,
  HALCYON_TOKEN: token,
  LOADED: 'facts.yaml',
  SEVERAL: 'cluster status',
});

for (const [what, line, code, said, input] of [
  ['text', 'halctl cluster status', 0, /^No cluster is loaded yet/],
  ['JSON', 'halctl auth whoami --json', 0, /"role": "admin"/],
  ['a relative name', 'halctl cluster load -f $LOADED --verify', 0, /The files are right/],
  ['what nobody reads', 'halctl auth whoami >/dev/null', 0, /^$/],
  ['help', 'halctl obm send --help', 0, /^Usage: halctl obm send/],
  ['a command that there is not', 'halctl cluster staus', 2, /unknown command 'staus'/],
  ['quotes', `halctl note 'n9.example' "two  words"`, 3, /n9\.example/],
  ['nobody there', 'halctl auth whoami --station http://127.0.0.1:1', 5, /cannot reach http/],
  [
    'input',
    'halctl auth login --user ada -o own --password-stdin',
    6,
    /login-refused/,
    'a password',
  ],
] as const)
  t.test(`${what}: the same as of a process`, async (t) => {
    const here = await typed(line, folder, env, input);
    t.equal(here.code, code, here.err);
    t.match(here.out + here.err, said);
    t.strictSame(here, await shell(line, folder, env, input), line);
  });

t.test('what is more than words is run by bash, and so is what hands on its process', async (t) => {
  t.match(await typed('halctl --version | tr -d 0-9', folder, env), { code: 0, out: '..\n' });
  t.match(await typed('halctl $SEVERAL --json', folder, env), { code: 0, out: /"cluster": / });
  t.match(
    await typed('halctl cluster status --at 2100-01-01', folder, { ...env, TZ: 'Asia/Tokyo' }),
    {
      code: 2,
      err: /zone of this machine: 2099-12-31T15:00/,
    },
  );
});

t.test('lines run side by side in one folder, and the process comes back from it', async (t) => {
  const before = process.cwd();
  const both = ['halctl cluster load -f facts.yaml --verify', 'halctl auth whoami'].map((line) =>
    typed(line, folder, env),
  );
  await t.rejects(typed('halctl auth whoami', join(folder, 'here'), env), /still runs in/);
  for (const ran of await Promise.all(both)) t.equal(ran.code, 0, ran.err);
  t.equal(process.cwd(), before);
});
