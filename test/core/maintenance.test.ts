/** Machines that somebody works on: what recovers lost hosts leaves them alone. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import { fence } from '../../src/core/lifecycle/recovery-policy.ts';
import { sshDefaults } from '../../src/core/values/recovery-policy.ts';
import { PlayedCluster } from './played-cluster.ts';
import { load, setVars } from './scenario.ts';

const host = 'n1.example';
const minute = 60_000;

const begin = (fqdn = host, seconds: number | null = null, reason = 'a fan'): Command => ({
  type: 'BeginMaintenance',
  fqdn,
  reason,
  by: 'token:c1',
  seconds,
});
const end = (fqdn = host): Command => ({ type: 'EndMaintenance', fqdn });

const types = (c: PlayedCluster): string[] => [
  ...new Set([...c.graph.all('deadline')].map(({ kind }) => kind)),
];

t.test('a host that is lost in maintenance is not recovered, until that is over', async (t) => {
  const c = new PlayedCluster({ [host]: ['ha'] });
  c.run(begin());
  t.match(c.graph.get('maintenance', host), { reason: 'a fan', by: 'token:c1', until: null });
  c.down(host);
  t.equal(c.graph.get('recovery', host), undefined);
  t.strictSame(c.after(100 * minute), []);
  c.run(end());
  t.match(c.graph.get('recovery', host), { attempts: 0 }, 'it is still away');
  t.strictSame(c.after(minute), ['attempt 1 on n1.example, next in 60 s']);
});

t.test('a recovery that is under way ends with the beginning of maintenance', async (t) => {
  const c = new PlayedCluster({ [host]: ['ha'] });
  c.down(host);
  t.ok(c.graph.get('recovery', host));
  c.run(begin());
  t.equal(c.graph.get('recovery', host), undefined);
  t.strictSame(types(c), []);
  t.strictSame(c.after(100 * minute), []);
});

t.test(
  'a step that is under way when it begins is the last one, and is not joined by another',
  async (t) => {
    const c = new PlayedCluster({ [host]: ['ha'] });
    c.run(load({ roles: [], recovery: [{ ...sshDefaults, times: 5 }] }));
    c.down(host);
    c.after(minute);
    const { begun } = c.graph.must('recovery', host).steps!.doing!;
    c.run(begin());
    c.after(10 * minute);
    t.match(c.graph.get('recovery', host)?.steps, { taken: 1, doing: { begun } });
    c.run(end());
    c.after(10 * minute);
    t.match(c.graph.get('recovery', host)?.steps, { taken: 1, doing: { begun } }, 'nor after it');
    c.run(begin());
    c.run({
      ...{ type: 'ReportRecoveryStep', fqdn: host, begun },
      ...{ outcome: 'failed', detail: 'no answer' },
    });
    t.equal(c.graph.get('recovery', host), undefined);
    c.run(end());
    t.match(c.graph.get('recovery', host), { attempts: 0 });
  },
);

t.test('maintenance ends by itself at its time, and not before', async (t) => {
  const c = new PlayedCluster({ [host]: ['ha'] });
  c.run(begin(host, 3600));
  c.down(host);
  c.after(60 * minute - 1);
  t.ok(c.graph.get('maintenance', host));
  c.after(1);
  t.equal(c.graph.get('maintenance', host), undefined);
  t.ok(c.graph.get('recovery', host), 'and the host is recovered');
});

t.test('said again it has another reason and end, and goes on since when it began', async (t) => {
  const c = new PlayedCluster({ [host]: ['ha'] });
  c.run(begin(host, 60));
  const { since } = c.graph.must('maintenance', host);
  c.after(30_000);
  c.run(begin(host, null, 'a disk'));
  t.match(c.graph.get('maintenance', host), { since, reason: 'a disk', until: null });
  c.after(100 * minute);
  t.ok(c.graph.get('maintenance', host), 'the former end does not count any more');
  const { head } = c.engine;
  c.run(begin(host, null, 'a disk'));
  t.equal(c.engine.head, head, 'nothing new is nothing');
});

t.test('a host that comes back stays in maintenance: it may go again', async (t) => {
  const c = new PlayedCluster({ [host]: ['ha'] });
  c.run(begin());
  c.down(host);
  c.up(host);
  t.ok(c.graph.get('maintenance', host));
  c.down(host);
  t.equal(c.graph.get('recovery', host), undefined);
});

t.test('machines in maintenance say nothing about the network', async (t) => {
  const hosts = ['n1.example', 'n2.example', 'n3.example', 'n4.example'] as const;
  const c = new PlayedCluster(Object.fromEntries(hosts.map((fqdn) => [fqdn, ['ha']])));
  c.run(setVars({ recovery_max_down_percent: 25 }));
  for (const fqdn of hosts.slice(0, 2)) {
    c.run(begin(fqdn));
    c.down(fqdn);
  }
  c.down(hosts[2]);
  t.equal(fence(c.graph), '', 'one is lost that should not be');
  c.run(end(hosts[0]));
  t.match(fence(c.graph), /^2 of 3 hosts are down/);
});

t.test(
  'where maintenance and an attempt are due at once, the attempt knows that it has ended',
  async (t) => {
    const [first, second] = ['n1.example', 'n2.example'] as const;
    const c = new PlayedCluster({ [first]: ['ha'], [second]: ['ha'] });
    c.run(load({ roles: [], recovery: [sshDefaults] }));
    c.run(begin(first, 600));
    c.down(first);
    c.down(second);
    t.strictSame(
      c.after(10 * minute).filter((said) => /step/.test(said)),
      [],
    );
    t.equal(c.graph.get('maintenance', first), undefined);
    c.run({ type: 'FireDeadlines' });
    t.equal(c.graph.get('recovery', second)?.steps, undefined, 'two of two are down');
  },
);

t.test('it follows the host to its new name, and goes with it', async (t) => {
  const c = new PlayedCluster({ [host]: ['ha'] });
  c.run(begin(host, 3600));
  c.down(host);
  c.run({ type: 'RenameHost', fqdn: host, to: 'n9.example' });
  t.equal(c.graph.get('maintenance', host), undefined);
  t.match(c.graph.get('maintenance', 'n9.example'), { reason: 'a fan' });
  t.equal(c.graph.expectedLosses(), 1);
  c.run({ type: 'RemoveHost', fqdn: 'n9.example', force: true });
  t.strictSame([...c.graph.all('maintenance')], []);
  t.equal(c.graph.expectedLosses(), 0);
});

t.test('of a host that is not there nothing is said', async (t) => {
  const c = new PlayedCluster();
  for (const command of [begin(), end()])
    t.match(c.refusal(command), { code: 'unknown-host', message: /n1\.example/ });
});
