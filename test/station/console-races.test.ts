/** Rights that come and go while people are let in to consoles: whoever is in at the end may be. */

import t from 'tap';
import { mayConnect } from '../../src/core/rights/consoles.ts';
import { ConsoleViewer } from '../obm/console-viewer.ts';
import { host, until } from './harness.ts';
import type { Answer } from './harness.ts';
import { Bench } from './obm-bench.ts';

/** Things that are done at once. */
const atOnce = 8;
const rounds = 12;
const seed = Number(process.env['HALCYON_SEED'] ?? 1);

/** Numbers below a bound, the same ones for a seed. */
const chance = (from: number): ((below: number) => number) => {
  let state = from;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
};

t.test('10, 31: whoever comes and goes at once, whoever is in at the end may be', async (t) => {
  t.comment(`HALCYON_SEED=${seed}`);
  const bench = await Bench.set(t);
  const { ask, station } = bench.station;
  await ask('POST', '/projects', { name: 'climate' });
  await ask('POST', '/projects/climate/attach', { hosts: [host] });
  await bench.register();
  await bench.turn('enable');
  const members: { id: string; token: string }[] = [];
  for (const name of ['alice', 'bob', 'carol']) {
    const projects = [{ name: 'climate', role: 'operator' }];
    const { body } = await ask('POST', '/tokens', { name, role: 'member', projects });
    members.push(body as { id: string; token: string });
  }
  const next = chance(seed);
  const viewers: { readonly viewer: ConsoleViewer; readonly id: string }[] = [];
  const comes = async ({ token }: { token: string }): Promise<void> => {
    const { status, body } = await ask('POST', `/hosts/${host}/obm/console`, {}, { token });
    if (status !== 201) return;
    const { pathname, search } = new URL(body.url as string);
    const viewer = new ConsoleViewer(bench.daemon, pathname + search);
    viewers.push({ viewer, id: body.id as string });
  };
  const place = (id: string): string => `/projects/climate/members/${id}`;
  const deed = (): Promise<Answer | void> => {
    const member = members[next(members.length)]!;
    const kind = next(10);
    if (kind < 5) return comes(member);
    if (kind < 6) return ask('DELETE', place(member.id));
    if (kind < 7) return ask('PUT', place(member.id), { role: 'viewer' });
    if (kind < 9) return ask('PUT', place(member.id), { role: 'operator' });
    return bench.turn((['reissue', 'disable', 'enable'] as const)[next(3)]!);
  };
  let opened = 0;
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(Array.from({ length: atOnce }, deed));
    await bench.turn('enable');
    opened = viewers.length;
  }
  t.ok(opened > 0, 'somebody came');
  const { graph } = station;
  const mayStay = (): Set<string> =>
    new Set(
      Array.from(graph.all('connection')).flatMap((row) =>
        mayConnect(graph, row) ? [row.id] : [],
      ),
    );
  await until('the log has nobody who may not', () => mayStay().size === graph.count('connection'));
  const good = mayStay();
  const { text } = await bench.daemon.asAdmin('GET', '/v2/console-connections');
  const { connections } = JSON.parse(text) as { connections: { id: string }[] };
  for (const { id } of connections) t.ok(good.has(id), 'what the daemon has the log has, too');
  for (const { viewer, id } of viewers) {
    if (good.has(id)) continue;
    await until('he is out', () => viewer.socket.readyState === viewer.socket.CLOSED);
  }
  await bench.turn('disable');
  await Promise.all(viewers.map(({ viewer }) => viewer.closed));
  t.equal(graph.count('connection'), 0);
});
