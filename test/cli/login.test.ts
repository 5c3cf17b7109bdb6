/** People at the real halctl: they log in, elevate and log out, and leave nothing where others can read it. */

import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { configPath } from '../../src/cli/config.ts';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment } from './station.ts';
import { typed } from './typed.ts';

const folder = folderOf(t, { home: {} });
const station = await stationHere(t);
const env = environment(join(folder, 'home'), { HALCYON_STATION: station.url });
const halctl = (line: string, more: NodeJS.ProcessEnv = {}, input = '') =>
  typed(line, folder, { ...env, ...more }, input);
const asAdmin = (line: string) => halctl(line, { HALCYON_TOKEN: station.token });
const password = 'correct horse battery';

t.test('with a password that is too short no user is made', async (t) => {
  const add = 'halctl auth user add eve viewer --password-stdin';
  const refused = { code: 2, err: /a password has 12 characters or more/ };
  for (let time = 1; time <= 2; time += 1)
    t.match(await asAdmin(`echo short | ${add}`), refused, 'and a second time the same');
  t.notMatch((await asAdmin('halctl auth user list')).out, /eve/);
});

t.test('a user is made, logs in, elevates by the password again, and logs out', async (t) => {
  t.match(
    await asAdmin(`echo '${password}' | halctl auth user add ada operator --password-stdin`),
    { code: 0, out: /ada is operator, and can log in/ },
  );
  await asAdmin('halctl system node add n1.example');
  const login = await halctl(
    `echo '${password}' | halctl auth login --user ada -o ada.token --password-stdin`,
  );
  t.match(login, { code: 0, out: /You are ada \(operator\) until/ });
  t.equal(statSync(join(folder, 'ada.token')).mode & 0o777, 0o600);
  const token = readFileSync(join(folder, 'ada.token'), 'utf8').trim();
  t.notMatch(login.out + login.err, token);
  const own = { HALCYON_TOKEN_FILE: join(folder, 'ada.token') };
  t.match(await halctl('halctl auth whoami', own), { code: 0, out: /user +ada/ });
  const elevate = 'halctl auth elevate --action power --scope n1.example --reason test';
  const needed = await halctl(`${elevate} </dev/null`, own);
  t.match(needed, { code: 2, err: /no terminal to ask for a password/ });
  t.match(await halctl(`${elevate} --password-stdin`, own, `${password}\n`), {
    code: 0,
    out: /for +ada/,
  });
  t.match(await halctl(`${elevate} --password-stdin`, own, 'wrong\n'), {
    code: 6,
    err: /login-refused/,
  });
  const link = await halctl('halctl auth link', own);
  t.equal(link.code, 0);
  const [address, ticket] = /^(\S+)#sign-in=([\w-]{43})$/m.exec(link.out)!.slice(1, 3);
  t.equal(address, `${station.url}/`);
  const entered = await fetch(`${station.url}/session`, {
    method: 'POST',
    headers: { 'halcyon-page': '1', 'content-type': 'application/json' },
    body: JSON.stringify({ link: ticket }),
  });
  t.match(await entered.json(), { user: 'ada', role: 'operator' });
  const elsewhere = 'halctl auth link --station-url https://cluster.example/halcyon';
  t.match(await halctl(elsewhere, own), {
    ...{ code: 0, out: /^https:\/\/cluster\.example\/halcyon\/#sign-in=/ },
  });
  t.match(await halctl('halctl auth link --station-url cluster.example', own), {
    ...{ code: 2, err: /cluster\.example is no address of a station/ },
  });
  t.match(await halctl('halctl auth logout', own), { code: 0, out: /logged out/ });
  t.match(await halctl('halctl auth whoami', own), { code: 6 });
});

t.test('the session of a context is kept in it, and is gone with it', async (t) => {
  const { HALCYON_STATION: _, ...rest } = env;
  const run = (line: string, input = '') => typed(line, folder, rest, input);
  await run(`halctl config set-context lab --no-token --station ${station.url}`);
  const login = 'halctl auth login --user ada --password-stdin';
  const file = /in (\/\S+lab\.session)\./.exec((await run(login, `${password}\n`)).out)![1]!;
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.match(await run('halctl auth whoami'), { code: 0, out: /ada/ });
  t.match(await run('halctl auth sessions'), { code: 0, out: /this one/ });
  t.match(await run('halctl auth logout'), { code: 0 });
  t.throws(() => statSync(file));
  t.match(await run('halctl auth whoami'), { code: 6, err: /no token was sent/ });
  t.match(await run(login, `${password}\n`), { code: 0 }, 'and can log in again');
  // As where halctl was killed when the station had ended the session.
  const [config, token] = [configPath(rest), file].map((path) => readFileSync(path));
  t.match(await run('halctl auth logout'), { code: 0 });
  writeFileSync(configPath(rest), config!, { mode: 0o600 });
  writeFileSync(file, token!, { mode: 0o600 });
  t.match(await run('halctl auth whoami'), { code: 6 });
  t.match(await run(login, `${password}\n`), { code: 0 }, 'nor is that in the way');
  // Or before the configuration was written, which fails here: it is this process that runs halctl.
  const draft = `${configPath(rest)}.${process.pid}.new`;
  mkdirSync(draft);
  t.match(await run('halctl auth logout'), { code: 1 });
  rmdirSync(draft);
  t.match(await run(login, `${password}\n`), { code: 0 }, 'nor is what is half done');
});

t.test('a token that cannot be written is nobody’s', async (t) => {
  mkdirSync(join(folder, 'taken', 'by'), { recursive: true });
  t.match(await asAdmin('halctl auth token create lost --role viewer -o taken'), {
    ...{ code: 1, out: '', err: /the token could not be written: .*; it was revoked/ },
  });
  t.notMatch((await asAdmin('halctl auth token list')).out, 'lost');
});
