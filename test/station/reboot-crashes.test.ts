/** `kill -9` of the station while it reboots a machine: the next one looks at what is, and sends nothing again. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { reported, startStation, temporary, until } from './harness.ts';
import type { Answer, Child, Json } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';
import type { When } from './obmd-proxy.ts';
import { sshMachine } from './ssh-machine.ts';

const host = 'n1.example';

t.test(
  '42: a station that dies once the BMC has cycled never cycles again, and the boot id tells',
  async (t) => {
    const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
    const proxy = await ObmdProxy.start(t, () => daemon.url);
    const directory = temporary(t);
    let station: Child = await startStation(t, directory);
    const token = station.admin!;
    const ask = (method: string, path: string, body?: object): Promise<Answer> =>
      station.ask(method, path, body, { token });
    const boots = (boot: string): Promise<Answer> =>
      ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.1', { boot_id: boot }));
    const registration = { obmd: proxy.url, admin_token: daemon.admin, type: 'dummy', info: {} };
    await ask('POST', '/hosts', { fqdn: host });
    t.match(await ask('PUT', `/hosts/${host}/obm`, registration), { status: 201 });
    t.match(await ask('POST', `/hosts/${host}/obm/enable`), { status: 200 });
    await boots('boot 0');
    // A station that has just begun gives a host so long to be heard of.
    const vars = { keepalive_frequency: 2, keepalive_timeout: 4 };
    t.match(await ask('PUT', '/vars', vars), { status: 200 });
    const grant = { actions: ['power'], hosts: [host], reason: 'it hangs' };
    t.match(await ask('POST', '/grants', grant), { status: 201 });

    const seen = async (id: number): Promise<Json> => (await ask('GET', `/operations/${id}`)).body;
    const stageOf = ({ stages }: Json): string | undefined =>
      stages.find(({ state }: Json) => state === 'running')?.name;
    let number = 0;

    /** @param when the station dies: before or after the daemon has heard of the order */
    const trial = async (when: When): Promise<void> => {
      const name = `it dies ${when} the order`;
      const killed = Promise.withResolvers<void>();
      let isDead = false;
      const sent: string[] = [];
      proxy.cuts = async (now, at) => {
        if (now !== 'POST power') return false;
        if (at === 'after') sent.push(now);
        if (isDead || at !== when) return false;
        isDead = true;
        await station.end('SIGKILL');
        killed.resolve();
        return true;
      };
      // It boots only where it was cycled.
      const wait_up = when === 'after' ? 900 : 5;
      const body = { override: true, reason: 'it hangs', how: 'hard', wait_up };
      const ordered = await ask('POST', `/hosts/${host}/actions/reboot`, body);
      const { id } = ordered.body as { id: number };
      await killed.promise;
      station = await startStation(t, directory, { token });
      // On a slow machine the time of one that was not cycled may be over by then.
      await until(`${name}: boot`, async () => {
        const now = await seen(id);
        return stageOf(now) === 'boot' || now.state === 'failed';
      });
      // Twice in the same stage.
      await station.end('SIGKILL');
      station = await startStation(t, directory, { token });
      if (sent.length > 0) await boots(`boot ${(number += 1)}`);
      const end = await until(`${name}: its end`, async () => {
        const now = await seen(id);
        return now.state === 'running' ? null : now;
      });
      if (when === 'after') t.match(end, { state: 'succeeded', done: end.total }, name);
      else
        t.match(
          end,
          { state: 'failed', problem: /^boot: the power command had no effect: .* within 5 s/ },
          name,
        );
      t.equal(sent.length, when === 'after' ? 1 : 0, `${name}: sent ${sent.length} times`);
    };

    await trial('after');
    await trial('before');
    await station.end('SIGTERM');
  },
);

t.test(
  '42: a station that dies once a system was told to reboot does not have the next boot ended',
  async (t) => {
    const machine = await sshMachine(t, host, 'boot 0', { hangs: true });
    const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
    const directory = temporary(t);
    const checks = join(temporary(t), 'checks.yaml');
    writeFileSync(checks, `checks: []\nssh: ${machine.settings}\n`);
    const flags = ['--checks', checks];
    let station: Child = await startStation(t, directory, { flags });
    const token = station.admin!;
    const ask = (method: string, path: string, body?: object, headers = {}): Promise<Answer> =>
      station.ask(method, path, body, { token, headers });
    const boots = (boot_id: string): Promise<Answer> =>
      ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.1', { boot_id }));
    const registration = { obmd: daemon.url, admin_token: daemon.admin, type: 'dummy', info: {} };
    await ask('POST', '/hosts', { fqdn: host });
    t.match(await ask('PUT', `/hosts/${host}/obm`, registration), { status: 201 });
    t.match(await ask('POST', `/hosts/${host}/obm/enable`), { status: 200 });
    await boots('boot 0');
    const grant = { actions: ['power'], hosts: [host], reason: 'a new kernel' };
    t.match(await ask('POST', '/grants', grant), { status: 201 });
    const body = { override: true, reason: 'a new kernel', how: 'gentle' };
    const ordered = await ask('POST', `/hosts/${host}/actions/reboot`, body);
    t.equal(ordered.status, 202, ordered.text);
    await until('its system to be told', () => machine.told().length > 0);
    await station.end('SIGKILL');
    // It was told, and starts anew; the station that comes after cannot know of either.
    machine.boots('boot 1');
    machine.goOn();
    station = await startStation(t, directory, { token, flags });
    const path = `/operations/${ordered.body.id}`;
    await until('it to be asked once more', async () => {
      const { body: found } = await ask('GET', '/events?type=ProcedureActEnded');
      return found.events.length > 0;
    });
    t.match((await ask('GET', path)).body, { state: 'running', stage: /^ask: / });
    await boots('boot 1');
    const { body: ended } = await ask('GET', path, undefined, { prefer: 'wait=300' });
    t.match(ended, { state: 'succeeded' });
    t.same(machine.told(), ['reboot'], 'it was told once');
    const { body: orders } = await ask('GET', '/events?type=ObmOrdered');
    t.same(orders.events, [], 'and its power was not touched');
    await station.end('SIGTERM');
  },
);
