/**
 * `kill -9` of the station or the OBM daemon in each step of enabling, disabling and renewing: no token works that
 * should not, and to do it again puts it right.
 */

import t from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { startStation, temporary } from './harness.ts';
import type { Answer, Child } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';
import type { When } from './obmd-proxy.ts';

const host = 'n1.example';
const verbs = ['enable', 'reissue', 'disable'] as const;
type Verb = (typeof verbs)[number];

t.test('32, 33: what ends in the middle of it is put right by doing it again', async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
  const proxy = await ObmdProxy.start(t, () => daemon.url);
  const directory = temporary(t);
  let station: Child = await startStation(t, directory);
  const token = station.admin!;
  const begin = async (): Promise<void> => {
    station = await startStation(t, directory, { token });
  };
  const turn = (verb: Verb): Promise<Answer> =>
    station.ask('POST', `/hosts/${host}/obm/${verb}`, undefined, { token });
  const stateNow = async (): Promise<string> =>
    (await station.ask('GET', `/hosts/${host}/obm`)).body.state as string;
  const works = async (token: string): Promise<boolean> =>
    (await daemon.ask('GET', `/node/${host}/power_status?token=${token}`)).status === 200;
  /** Tokens that worked when it was last looked, or were not given out then. */
  let doubtful: string[] = [];
  let looked = 0;
  /** How many of those that may work do, and whether the last one that was given out does. */
  const good = async (): Promise<{ count: number; last: boolean }> => {
    const [found, asked] = [[] as string[], [...doubtful, ...proxy.tokens.slice(looked)]];
    looked = proxy.tokens.length;
    for (const each of asked) if (await works(each)) found.push(each);
    doubtful = found;
    return { count: found.length, last: found.includes(proxy.tokens.at(-1) ?? '') };
  };

  await station.ask('POST', '/hosts', { fqdn: host });
  const body = { obmd: proxy.url, admin_token: daemon.admin, type: 'dummy', info: {} };
  t.match(await station.ask('PUT', `/hosts/${host}/obm`, body), { status: 201 });

  /** The state before; what is done; and when who dies. */
  const trial = async (
    before: 'enabled' | 'disabled',
    verb: Verb,
    when: When | 'told',
    victim: 'station' | 'obmd',
  ): Promise<void> => {
    const name = `${victim} dies ${when} it is asked, ${before}, ${verb}`;
    const prepared = await turn(before === 'enabled' ? 'enable' : 'disable');
    if (prepared.status !== 200) throw new Error(`${name}: ${prepared.text}`);
    let killed: Promise<unknown> | undefined;
    const kill = (): Promise<unknown> =>
      (killed ??= victim === 'station' ? station.end('SIGKILL') : daemon.process.stop('SIGKILL'));
    proxy.cuts = async (_call, now) => {
      if (killed) return false;
      if (when === 'told') {
        // The answer is on its way: it dies somewhere while it takes it in.
        if (now === 'after') setImmediate(() => void kill());
        return false;
      }
      if (now !== when) return false;
      await kill();
      return true;
    };
    await turn(verb).catch(() => undefined);
    const isOver = killed !== undefined;
    await killed;
    proxy.cuts = () => false;
    if (!isOver) {
      t.pass(`${name}: nobody had to be asked`);
      return;
    }
    if (victim === 'station') await begin();
    else await daemon.run();
    const state = await stateNow();
    // What the log calls disabled was given to nobody, and is not used; and a machine changes hands then.
    if (state === 'disabled') t.equal((await good()).count, 0, `${name}: no token works`);
    const again = await turn(verb);
    t.equal(again.status, 200, `${name}: ${again.text}`);
    const isEnabled = verb !== 'disable';
    t.equal(await stateNow(), isEnabled ? 'enabled' : 'disabled', name);
    t.same(await good(), { count: Number(isEnabled), last: isEnabled }, name);
    t.match(await turn('enable'), { body: { changed: !isEnabled } }, `${name}: and it works`);
  };

  for (const victim of ['station', 'obmd'] as const)
    for (const before of ['enabled', 'disabled'] as const)
      for (const verb of verbs)
        for (const when of ['before', 'after', 'told'] as const)
          await trial(before, verb, when, victim);
  t.match(await turn('enable'), { status: 200 });
  // No token that did not work any more has come back.
  const working: string[] = [];
  for (const each of proxy.tokens) if (await works(each)) working.push(each);
  t.same(working, proxy.tokens.slice(-1));
  await station.end('SIGTERM');
});
