/** `halctl system service`: the agents, which are what Halcyon itself runs on hosts. */

import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { everyItem } from '../../client/pages.ts';
import type { Agent } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { paintState } from '../output/colour.ts';
import { formatTable } from '../output/table.ts';
import { counted, formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

const call = promisify(execFile);

/** How long one call of ssh may take, ms. */
const callMs = 60_000;
/** How long an agent may take to come or go once its unit has, ms. */
const settleMs = 30_000;
const lookMs = 300;

export const serviceCommands = (system: Command, shell: Shell): void => {
  const service = system
    .command('service')
    .description('what Halcyon itself runs on hosts: the agents');
  statusCommand(service, shell);
  switchCommand(
    service,
    shell,
    'start',
    'start the agents of hosts, by systemctl over ssh, as you; ends when they are connected',
  );
  switchCommand(
    service,
    shell,
    'stop',
    'stop the agents of hosts, by systemctl over ssh, as you; the processes there go on',
  );
};

const statusCommand = (service: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag, nodesets: readonly string[]): Promise<void> => {
    const wanted = new Set(await machinesOf(shell, flags, nodesets));
    const client = await connect(shell, flags);
    const all = await everyItem((options) => client.listAgents(options), { signal: shell.signal });
    const items = all.items.filter(({ host }) => wanted.size === 0 || wanted.has(host));
    const known = new Set(items.map(({ host }) => host));
    const reply = { ...all, items };
    show(shell, flags, reply, () => agentLines(shell, items));
    const unknown = [...wanted].filter((host) => !known.has(host));
    if (unknown.length > 0)
      throw new Failure(
        'notFound',
        `there is no host ${unknown.join(', ')}`,
        'See which hosts there are: halctl system node list',
      );
    const away = items.filter(({ connected }) => !connected);
    if (wanted.size > 0 && away.length > 0)
      throw new Failure(
        'failed',
        `${away.length} of ${counted(items.length, 'agent')} ${away.length === 1 ? 'is' : 'are'} not connected`,
      );
  };
  withExamples(
    withWork(
      withJson(
        service
          .command('status')
          .description('show the agents: connected, version, last heard; of some hosts or of all')
          .argument('[nodeset...]', "hosts: n0001.example, or 'n[0001-0100].savio3'"),
      ),
      run,
    ),
    'halctl system service status',
    "halctl system service status 'n[0001-0100].savio3' && echo all are connected",
  );
};

const agentLines = (shell: Shell, agents: readonly Agent[]): string[] =>
  formatTable<Agent>(
    [
      { title: 'HOST', value: ({ host }) => host },
      { title: 'AGENT', value: ({ connected }) => (connected ? 'connected' : 'away') },
      {
        title: 'STATE',
        value: ({ state }) => state,
        paint:
          ({ state }) =>
          (text) =>
            paintState(shell.palette, state, text),
      },
      { title: 'VERSION', value: ({ version }) => version ?? '-', yields: 1 },
      { title: 'PROTOCOL', value: ({ protocol }) => protocol ?? '-', yields: 2 },
      { title: 'HEARD', value: ({ heard }) => (heard === null ? '-' : formatTime(heard)) },
      { title: 'TRACES', value: ({ traces }) => (traces ? 'on' : '-'), yields: 3 },
    ],
    agents,
    shell.width,
  );

interface SwitchFlags extends GlobalFlags, JsonFlag {
  readonly unit: string;
  readonly user?: string;
}

const switchCommand = (
  service: Command,
  shell: Shell,
  verb: 'start' | 'stop',
  description: string,
): void => {
  const run = async (flags: SwitchFlags, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    const client = await connect(shell, flags);
    const work = async (host: string): Promise<Agent> => {
      await overSsh(shell, flags, host, verb);
      return settled(shell, client, host, verb === 'start');
    };
    const said = verb === 'start' ? 'is connected' : 'is stopped';
    await forHosts(shell, flags, hosts, work, async (agent) =>
      show(shell, flags, agent, ({ host }) => [`The agent of ${host} ${said}.`]),
    );
  };
  withExamples(
    withWork(
      withJson(
        service
          .command(verb)
          .description(description)
          .argument('<nodeset...>', "hosts: n0001.example, or 'n[0001-0100].savio3'")
          .option('--unit <name>', 'the unit of the agent', 'halcyon-agent')
          .option('--user <name>', 'whom to be on the hosts; otherwise as ssh is configured'),
      ),
      run,
    ),
    `halctl system service ${verb} --user root 'n[0001-0100].savio3'`,
  );
};

const overSsh = async (
  shell: Shell,
  { unit, user }: SwitchFlags,
  host: string,
  verb: string,
): Promise<void> => {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/.test(unit))
    throw new Failure('usage', `"${unit}" cannot be the name of a unit`);
  const login = user === undefined ? [] : ['-l', user];
  const options = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', ...login];
  try {
    await call('ssh', [...options, '--', host, 'systemctl', verb, unit], {
      timeout: callMs,
      env: shell.env,
      signal: shell.signal,
    });
  } catch (error) {
    shell.signal.throwIfAborted();
    const { code, stderr = '', message } = error as NodeJS.ErrnoException & { stderr?: string };
    if (String(code) === 'ENOENT') throw new Failure('failed', 'there is no ssh on this machine');
    const why = stderr.trim().split('\n').at(-1) || message.split('\n')[0]!;
    throw new Failure(
      'failed',
      `ssh to ${host}: ${why}`,
      'halctl calls ssh as you would; it must get in without a password, as somebody who may call systemctl.',
    );
  }
};

/** Waits until the station agrees. */
const settled = async (
  shell: Shell,
  client: Client,
  host: string,
  connected: boolean,
): Promise<Agent> => {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const agent = await client.getAgent(host, { signal: shell.signal });
    if (agent.connected === connected) return agent;
    if (performance.now() > deadline)
      throw new Failure(
        'failed',
        `systemctl did it, but the agent of ${host} is ${connected ? 'not' : 'still'} connected after ${settleMs / 1000} s`,
        `Look at its log there: journalctl -u halcyon-agent`,
      );
    await pause(lookMs, undefined, { signal: shell.signal });
  }
};
