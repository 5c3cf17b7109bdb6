/** `kill -9` of the station or the OBM daemon while a machine is switched: no order is sent twice, and none is lost. */

import t from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { startStation, temporary } from './harness.ts';
import type { Answer, Child } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';
import type { When } from './obmd-proxy.ts';

const host = 'n1.example';

t.test(
  '39: what was sent before a kill -9 is not sent again, and its outcome is read',
  async (t) => {
    const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
    const proxy = await ObmdProxy.start(t, () => daemon.url);
    const directory = temporary(t);
    let station: Child = await startStation(t, directory);
    const token = station.admin!;
    const ask = (method: string, path: string, body?: object, prefer = ''): Promise<Answer> =>
      station.ask(method, `/hosts/${host}/obm${path}`, body, { token, headers: { prefer } });
    await station.ask('POST', '/hosts', { fqdn: host });
    const body = { obmd: proxy.url, admin_token: daemon.admin, type: 'dummy', info: {} };
    t.match(await ask('PUT', '', body), { status: 201 });
    t.match(await ask('POST', '/enable'), { status: 200 });

    const order = (action: string): Promise<Answer> => ask('POST', '/power', { action });
    const ended = (id: number): Promise<Answer> =>
      station.ask('GET', `/operations/${id}`, undefined, {
        token,
        headers: { prefer: 'wait=300' },
      });
    /** The orders that the daemon has begun, whoever sent them. */
    let begun = 0;

    const trial = async (
      action: string,
      when: When | 'answered',
      victim: 'station' | 'obmd',
      expected: { readonly sent: readonly number[]; readonly outcomes: RegExp },
    ): Promise<void> => {
      const name = `${victim} dies ${when} ${action} is sent`;
      await ended((await order('off')).body.id as number);
      const killed = Promise.withResolvers<void>();
      const kill = async (): Promise<void> => {
        await (victim === 'station' ? station.end('SIGKILL') : daemon.process.stop('SIGKILL'));
        killed.resolve();
      };
      begun = 0;
      let isDead = false;
      proxy.cuts = async (call, now) => {
        if (call !== 'POST power') return false;
        if (now === 'before' && !(when === 'before' && !isDead)) begun += 1;
        if (isDead || now !== when) return false;
        isDead = true;
        await kill();
        return true;
      };
      const { id } = (await order(action)).body as { id: number };
      if (when === 'answered') {
        isDead = true;
        await kill();
      }
      await killed.promise;
      if (victim === 'station') station = await startStation(t, directory, { token });
      else await daemon.run();
      const operation = (await ended(id)).body as {
        state: string;
        failed: { state: string; reason: string }[];
      };
      proxy.cuts = () => false;
      const outcome = operation.failed[0]?.state ?? operation.state;
      t.match(outcome, expected.outcomes, `${name}: ${JSON.stringify(operation.failed)}`);
      t.ok(expected.sent.includes(begun), `${name}: the daemon was told ${begun} times`);
      t.match((await ended((await order('on')).body.id as number)).body.state, 'succeeded', name);
    };

    // What has not left is off still, and that is no proof of anything.
    await trial('on', 'before', 'station', { sent: [0], outcomes: /^unknown$/ });
    await trial('cycle', 'before', 'station', { sent: [0], outcomes: /^unknown$/ });
    // What was carried out is seen; of a reset nothing is.
    await trial('on', 'after', 'station', { sent: [1], outcomes: /^succeeded$/ });
    await trial('cycle', 'after', 'station', { sent: [1], outcomes: /^unknown$/ });
    await trial('reset', 'after', 'station', { sent: [1], outcomes: /^unknown$/ });
    // Wherever it was then: waiting, it is sent; begun, it is not sent again.
    for (const action of ['on', 'cycle', 'reset'])
      await trial(action, 'answered', 'station', {
        sent: [0, 1],
        outcomes: /^(succeeded|unknown)$/,
      });
    await trial('cycle', 'before', 'obmd', { sent: [0], outcomes: /^unknown$/ });
    await trial('cycle', 'after', 'obmd', { sent: [1], outcomes: /^unknown$/ });
    await station.end('SIGTERM');
  },
);
