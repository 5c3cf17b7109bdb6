/**
 * A leader that stands still until another leads, with all that it had begun outside: an order to a machine on its way
 * and one behind it, an agent that it told what to run, and commands that nobody has read yet. It wakes in a term that
 * is over.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { ApiError } from '../../src/client/errors.ts';
import type { Daemon } from '../obm/daemon.ts';
import type { ObmdProxy } from '../station/obmd-proxy.ts';
import { agree, eventsOf } from './history.ts';
import { emptyHosts, insist, isPassing, until } from './stations.ts';
import type { Stations } from './stations.ts';

/** What stations act on: a host with an agent, and a machine behind a daemon. */
export interface Outside {
  readonly stations: Stations;
  readonly host: string;
  readonly machine: string;
  readonly daemon: Daemon;
  /** Between the stations and the daemon. */
  readonly proxy: ObmdProxy;
}

const isOver = /^(succeeded|failed|interrupted|cancelled)$/;

/** Gives the stations the machine, which is off. */
export const register = async ({
  stations,
  machine,
  daemon,
  proxy,
}: Omit<Outside, 'host'>): Promise<void> => {
  const client = stations.anyClient;
  const body = { obmd: proxy.url, admin_token: daemon.admin, type: 'dummy' as const, info: {} };
  await insist((by) => client.registerObm(machine, body, by));
  await insist((by) => client.enableObm(machine, by));
};

/** How often the machine was switched on, as the machine itself has it. */
export const switchedOn = async ({ daemon, machine }: Outside): Promise<number> => {
  const { status, text } = await daemon.asAdmin('GET', `/v2/obms/${machine}/system-events`);
  if (status !== 200) throw new Error(`the daemon does not tell: ${text}`);
  return (JSON.parse(text) as { events: unknown[] }).events.length;
};

/** Orders the machine to do something, waits until that is over, and says how it ended. */
export const order = async (
  { stations, machine }: Outside,
  action: 'on' | 'off' | 'cycle',
): Promise<string> => {
  const { id } = await insist((by) => stations.anyClient.powerObm(machine, { action }, by));
  return ended(stations, id);
};

export const ended = (stations: Stations, operation: number): Promise<string> =>
  until(`${operation} is over`, async () => {
    const { state } = await stations.anyClient.operation(operation, 0);
    return isOver.test(state) ? state : undefined;
  });

let addresses = 0;

/** Adds a process that the agent starts, and waits until it runs. */
export const running = async ({
  stations,
  host,
}: Outside): Promise<{ fid: string; pid: number }> => {
  const overrides = { lnid: `10.203.0.${++addresses}@tcp` };
  const body = { host, role: 'run', overrides };
  const added = await insist((by) => stations.anyClient.addProcess(body, by));
  const { fid } = added.processes[0]!;
  await insist((by) => stations.anyClient.act({ verb: 'start', process: fid }, by));
  const pid = await until(`${fid} runs`, async () => {
    const { state, pid } = await stations.anyClient.getProcess(fid);
    return state === 'online' ? pid : undefined;
  });
  return { fid, pid };
};

/** Whether it is there, and is the sleeping one that the agent started. */
export const isAlive = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('sleep');
  } catch {
    return false;
  }
};

/** @param seconds how long the leader stands still at least, beside what a takeover takes */
export const standStill = async (t: Test, outside: Outside, seconds = 0): Promise<void> => {
  const { stations, host, machine, proxy } = outside;
  t.equal(await order(outside, 'on'), 'succeeded');
  const before = { switched: await switchedOn(outside), sent: proxy.orders.length };
  const stays = await running(outside);
  const goes = await running(outside);

  const [sent, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const heard: string[] = [];
  proxy.hears = (text) => void heard.push(text);
  proxy.cuts = async (call, when) => {
    if (call !== 'POST power' || when !== 'before') return false;
    if (proxy.orders.at(-1)!.action === 'cycle') {
      sent.resolve();
      await goOn.promise;
    }
    return false;
  };
  t.teardown(() => goOn.resolve());
  const client = stations.anyClient;
  const cycle = await insist((by) => client.powerObm(machine, { action: 'cycle' }, by));
  await sent.promise;
  const off = await insist((by) => client.powerObm(machine, { action: 'off' }, by));
  const leader = await stations.connected(host);
  const { term } = await stations.standing(leader);

  stations.freeze(leader);
  t.teardown(() => stations.thaw(leader));
  const since = performance.now();
  // It is taken by the kernel, and read when the leader wakes.
  const key = { idempotencyKey: 'asked of one that stands still' };
  const body = { host: emptyHosts[0]!, role: 'owned', overrides: { lnid: '10.204.0.1@tcp' } };
  const asked = stations.client(leader, 300_000).addProcess(body, key);
  const answer = asked.then(
    ({ processes }) => processes[0]!.fid,
    (error: unknown) => error,
  );
  const next = await stations.leads([leader]);
  t.equal(await ended(stations, cycle.id), 'interrupted', 'what was under way is not known');
  t.equal(await ended(stations, off.id), 'succeeded', 'what was behind it is done');
  t.equal(await stations.connected(host), next, 'the agent is at the one that leads');
  await insist((by) => client.act({ verb: 'stop', process: goes.fid }, by));
  await until(`${goes.fid} is stopped`, () => !isAlive(goes.pid));
  const begun = await running(outside);
  await pause(Math.max(0, seconds * 1000 - (performance.now() - since)));

  // An agent that begins anew asks the one that stands still first, and has only its disk to go by.
  const agent = stations.agents.get(host)!;
  await agent.stop('SIGKILL');
  const others = [...stations.members.keys()].filter((name) => name !== leader);
  const urls = [leader, ...others].map((name) => stations.member(name).url);
  await stations.startAgent(host, urls);
  goOn.resolve();
  stations.thaw(leader);
  await until('the old leader follows', async () => {
    const standing = await stations.standing(leader);
    return !standing.leads && standing.term > term;
  });
  t.equal(await stations.connected(host), await stations.leads());
  await until('the daemon has refused the order of the term that is over', () =>
    heard.some((text) => text.includes('stale-term')),
  );
  proxy.hears = () => undefined;
  proxy.cuts = () => false;
  await agree(t, stations);

  const actions = proxy.orders.slice(before.sent).map(({ action }) => action);
  t.same(actions, ['cycle', 'off'], 'each order was sent once');
  t.equal(await switchedOn(outside), before.switched, 'the machine was not switched on again');
  t.equal(await outside.daemon.power(machine, proxy.tokensOf(machine).at(-1)!), 'off');
  const ends = (await eventsOf(stations, next, ['ObmOrderEnded'])).filter(({ data }) =>
    [cycle.id, off.id].includes((data as { ordered: number }).ordered),
  );
  t.equal(ends.length, 2, 'the end of each is told once');
  for (const { fid, pid } of [stays, begun]) {
    t.ok(isAlive(pid), `${fid} runs on`);
    t.match(await stations.anyClient.getProcess(fid), { state: 'online', pid });
  }
  t.notOk(isAlive(goes.pid));
  t.match(await stations.anyClient.getProcess(goes.fid), { pid: null });
  const terms = JSON.parse(
    readFileSync(join(stations.agentState(host), 'terms'), 'utf8'),
  ) as Record<string, number>;
  t.ok(Object.values(terms)[0]! > term, 'the agent keeps the term of the new one');

  const said = await answer;
  const { processes } = await insist(() => stations.anyClient.addProcess(body, key));
  if (typeof said === 'string') t.equal(said, processes[0]!.fid, 'what it took was handed on');
  else t.ok(isPassing(said), `it took nothing: ${String(said instanceof ApiError && said.code)}`);
  const added = await eventsOf(stations, next, ['ProcessAdded']);
  const same = added.filter(({ data }) => (data as { fid: string }).fid === processes[0]!.fid);
  t.equal(same.length, 1, 'the command is carried out once');
};
