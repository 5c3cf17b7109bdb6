/** `kill -9` of the station while it lets somebody in to a console, or puts him out: nobody stays who should not. */

import t from 'tap';
import { ConsoleViewer } from '../obm/console-viewer.ts';
import { Daemon } from '../obm/daemon.ts';
import { startStation, temporary, until } from './harness.ts';
import type { Answer, Child } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';

const host = 'n1.example';

t.test(
  '10, 32: whoever lost his right is out, also when the station was killed meanwhile',
  async (t) => {
    const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
    const proxy = await ObmdProxy.start(t, () => daemon.url);
    const directory = temporary(t);
    let station: Child = await startStation(t, directory);
    const token = station.admin!;
    const begin = async (): Promise<void> => {
      station = await startStation(t, directory, { token });
    };
    const open = (asked: { token: string }): Promise<Answer> =>
      station.ask('POST', `/hosts/${host}/obm/console`, {}, asked);
    const connections = async (): Promise<unknown[]> => {
      const { body } = await station.ask('GET', `/hosts/${host}/obm/console/connections`);
      return body.connections as unknown[];
    };
    await station.ask('POST', '/hosts', { fqdn: host });
    await station.ask('POST', '/projects', { name: 'climate' });
    await station.ask('POST', '/projects/climate/attach', { hosts: [host] });
    const body = { obmd: proxy.url, admin_token: daemon.admin, type: 'dummy', info: {} };
    await station.ask('PUT', `/hosts/${host}/obm`, body);
    t.match(await station.ask('POST', `/hosts/${host}/obm/enable`), { status: 200 });

    /** Kills it once, when it asks the daemon something. */
    const killAt = (call: string, when: 'before' | 'after'): Promise<void> =>
      new Promise((resolve, reject) => {
        let isDead = false;
        proxy.cuts = async (asked, now) => {
          if (isDead || asked !== call || now !== when) return false;
          isDead = true;
          await station.end('SIGKILL').then(() => resolve(), reject);
          return true;
        };
      });

    for (const when of ['before', 'after'] as const) {
      const killed = killAt('POST connection', when);
      const lost = t.rejects(open({ token }), `killed ${when} a connection is made`);
      await Promise.all([killed, lost]);
      await begin();
      t.same(await connections(), [], 'nobody has it');
    }

    for (const when of ['before', 'after'] as const) {
      const projects = [{ name: 'climate', role: 'operator' }];
      const asked = { name: 'member', role: 'member', projects };
      const { body: member } = await station.ask('POST', '/tokens', asked);
      const opened = await open({ token: member.token as string });
      const { pathname, search } = new URL(opened.body.url as string);
      const viewer = new ConsoleViewer(daemon, pathname + search);
      await until('it is attached', () => viewer.has('mark') !== undefined);
      const killed = killAt('DELETE connection', when);
      const path = `/projects/climate/members/${member.id as string}`;
      // It may be killed before it has answered, and has recorded it then all the same.
      await station.ask('DELETE', path).catch(() => undefined);
      await killed;
      await begin();
      t.match(await viewer.closed, { code: 4401 }, `killed ${when} the daemon was told`);
      await until('the log has it', async () => (await connections()).length === 0);
    }
    const { body: told } = await station.ask('GET', '/events?type=ConsoleConnectionEnded');
    const whys = (told.events as { data: { why: string } }[]).map(({ data }) => data.why);
    t.same(whys, ['right-ended', 'right-ended']);
    await station.end('SIGTERM');
  },
);
