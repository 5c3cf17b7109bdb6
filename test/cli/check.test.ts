/** `halctl check` as a process: what can be found out, and looks at machines now. */

import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment, shell } from './station.ts';
import { typed } from './typed.ts';

const folder = folderOf(t, { home: {} });
const { url, token } = await stationHere(t);
const env = environment(join(folder, 'home'), { HALCYON_STATION: url, HALCYON_TOKEN: token });
const run = (line: string): ReturnType<typeof typed> => typed(line, folder, env);
await run("halctl system node add 'n[1-3].example'");

t.test('the list says what there is and what runs', async (t) => {
  const { code, out } = await shell('halctl check list', folder, env);
  t.equal(code, 0);
  t.match(out, /^CHECK +RUNS +EVERY +BY +WHAT IT IS$/m);
  t.match(out, /^agent +yes +15 s +agent/m);
  t.match(out, /^ping +no /m);
});

t.test('a look tells what is not well, and with --all everything', async (t) => {
  const quiet = await run("halctl check run 'n[1-3].example' --checks agent,power");
  t.match(quiet, { code: 0, err: '' });
  t.match(quiet.out, /^n2\.example +agent +unknown/m);
  t.match(quiet.out, /6 looks: 3 unknown, 3 skipped|6 looks: 3 skipped, 3 unknown/);
  t.notMatch(quiet.out, /power/);
  t.match((await run('halctl check run n1.example --all')).out, /^n1\.example +power +skipped/m);
  const json = await run('halctl check run n1.example --json');
  t.match(JSON.parse(json.out), { state: 'ended', total: 3, done: 3 });
});

t.test('groups are asked for as anywhere else', async (t) => {
  t.match((await run("halctl check run '@*' --checks agent")).out, /^3 looks: 3 unknown$/m);
  const unknown = await run('halctl check run @nowhere');
  t.equal(unknown.code, 3);
  t.match(unknown.err, /nowhere/);
  t.match(await run("halctl suggest '@*'"), { code: 0, out: /Nothing is suggested/ });
  t.equal((await run('halctl suggest @nowhere')).code, 3);
});

t.test('10: what is mistyped is refused with what was meant', async (t) => {
  const check = await run('halctl check run n1.example --checks agnet');
  t.equal(check.code, 2);
  t.match(check.err, /"agnet"/);
  t.equal((await run('halctl check run n9.example')).code, 3);
  const ping = await run('halctl check run n1.example --checks ping');
  t.equal(ping.code, 2);
  t.match(ping.err, /--checks FILE/);
});
