/**
 * A look at many machines over ssh: all that the built-in probes ask, in one script, beside pdsh and clush with one
 * `uptime` each; with new connections, and with kept ones. Targets are names of a few sshd on loopback, so that both
 * sides of every connection run here: ratios tell, not seconds. Each sshd sees its own processes only (as many as
 * a machine has), as each machine would: otherwise each of 500 would list those of all.
 *
 *     scripts/node scripts/bench/fan-out.ts [--sizes 64,500] [--rounds 3]
 */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { builtIn } from '../../src/checks/catalogue/built-in.ts';
import type { ProbeCheck } from '../../src/checks/check.ts';
import { Connections } from '../../src/checks/ssh/connections.ts';
import { systemDial } from '../../src/checks/ssh/dial.ts';
import { KnownHostsStore } from '../../src/checks/ssh/known-hosts-file.ts';
import { Probes } from '../../src/checks/ssh/probe.ts';
import type { ProbeSection } from '../../src/checks/ssh/probe.ts';
import type { Target } from '../../src/checks/ssh/target.ts';
import { systemTime } from '../../src/checks/ssh/time.ts';
import { planOf } from '../../src/checks/sweep/plan.ts';
import { startSshd } from '../../test/checks/ssh/sshd.ts';
import { median, report } from './report.ts';
import type { Figure } from './report.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '64,500' },
    rounds: { type: 'string', default: '3' },
  },
});
const rounds = Number(values.rounds);
/** Machines that pdsh and clush ask at once; more of them are no faster. */
const fanout = 64;
const { signal } = new AbortController();

const checks = builtIn.filter((check): check is ProbeCheck => check.needs === 'probe');
const sections = planOf(checks).sections.map((one): ProbeSection => ({
  ...one,
  timeoutSeconds: Math.max(60, one.timeoutSeconds),
}));

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** Processor time of this process, which is one side of all connections, ms. */
const ownTime = async (work: () => Promise<unknown>, taken: number[]): Promise<void> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  taken.push((user + system) / 1000);
};

/** Asks all, and sees to it that each has answered all. */
const ask = async (probes: Probes, targets: readonly Target[]): Promise<void> => {
  await Promise.all(
    targets.map(async (target) => {
      const answer = await probes.run(target, sections, signal);
      for (const [id, { ending }] of answer.sections)
        if (ending !== 'done') throw new Error(`${target.name}: ${id}: ${ending}`);
    }),
  );
};

const connectionsTo = (known: string): Connections =>
  new Connections({
    ...{ time: systemTime, dial: systemDial, random: randomBytes, agent: undefined },
    knownHosts: new KnownHostsStore({ paths: [known] }, systemTime, randomBytes),
    hostKeys: 'strict',
    limits: { connectMs: 120_000 },
  });

/** One of their runs, of which every line must be there. */
const theirs = async (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  size: number,
): Promise<void> => {
  const options = { env: { ...process.env, ...env }, maxBuffer: Infinity };
  const { stdout } = await promisify(execFile)(program, args, options);
  const answered = stdout.match(/load average/g)?.length ?? 0;
  if (answered !== size) throw new Error(`${program}: ${answered} of ${size} answered`);
};

/** Machines of one sshd, which has some 200 processes then, as a machine has besides threads of the kernel. */
const perSshd = 32;
/** What an sshd sees of processes is its own; only root may have it so. */
const within =
  process.getuid?.() === 0 ? ['unshare', '--fork', '--kill-child', '--pid', '--mount-proc'] : [];

interface Fleet {
  readonly targets: readonly Target[];
  /** Files for us and for ssh. */
  readonly known: string;
  readonly config: string;
}

const startFleet = async (size: number, ends: (() => unknown)[]): Promise<Fleet> => {
  const names = Array.from({ length: size }, (_, i) => `t${String(i + 1).padStart(4, '0')}`);
  const targets: Target[] = [];
  let [known, config, folder] = ['', '', ''];
  for (let from = 0; from < size; from += perSshd) {
    const sshd = await startSshd(
      { teardown: (end: () => unknown) => void ends.unshift(end) },
      { config: ['MaxStartups 2000', 'LogLevel ERROR'], within },
    );
    const its = names.slice(from, from + perSshd);
    folder ||= sshd.folder;
    targets.push(...its.map((name) => sshd.target(name)));
    known += ['127.0.0.1', ...its].map((name) => sshd.known(name)).join('');
    config += [
      ...[`Host ${its.join(' ')}`, 'HostName 127.0.0.1', `Port ${sshd.port}`, 'User plain'],
      ...[`IdentityFile ${sshd.key}`, 'IdentitiesOnly yes', 'BatchMode yes'],
      ...[`UserKnownHostsFile ${join(folder, 'known_hosts')}`, 'LogLevel ERROR', ''],
    ].join('\n');
  }
  const files = { known: join(folder, 'known_hosts'), config: join(folder, 'ssh_config') };
  writeFileSync(files.known, known);
  writeFileSync(files.config, config);
  return { targets, ...files };
};

const measure = async (size: number): Promise<readonly Figure[]> => {
  const ends: (() => unknown)[] = [];
  try {
    const { targets, known, config } = await startFleet(size, ends);
    const all = `t[0001-${String(size).padStart(4, '0')}]`;
    const pdsh = (): Promise<void> =>
      theirs(
        'pdsh',
        ['-R', 'ssh', '-f', String(fanout), '-w', all, 'uptime'],
        { PDSH_SSH_ARGS_APPEND: `-F ${config}` },
        size,
      );
    const clush = (): Promise<void> =>
      theirs('clush', ['-o', `-F ${config}`, '-f', String(fanout), '-w', all, 'uptime'], {}, size);
    const took = {
      cold: [] as number[],
      warm: [] as number[],
      ownCold: [] as number[],
      ownWarm: [] as number[],
      pdsh: [] as number[],
      clush: [] as number[],
    };
    // In turns, so that a machine that becomes busier meets all of them.
    for (let round = 0; round < rounds; round += 1) {
      const connections = connectionsTo(known);
      const probes = new Probes(connections);
      const round = (): Promise<void> => ask(probes, targets);
      took.cold.push(await timed(() => ownTime(round, took.ownCold)));
      await round();
      took.warm.push(await timed(() => ownTime(round, took.ownWarm)));
      connections.close();
      took.pdsh.push(await timed(pdsh));
      took.clush.push(await timed(clush));
    }
    const [cold, warm] = [median(took.cold), median(took.warm)];
    const than = (name: 'pdsh' | 'clush', ms: number, atLeast: number): Partial<Figure> => ({
      limit: { name: `${name}, one uptime`, value: median(took[name]) },
      ratio: median(took[name]) / ms,
      target: { atLeast },
    });
    return [
      {
        name: `${size} machines, new connections`,
        value: cold,
        unit: 'ms',
        ...than('pdsh', cold, 2),
      },
      {
        name: `${size} machines, new connections`,
        value: cold,
        unit: 'ms',
        ...than('clush', cold, 2),
      },
      {
        name: `${size} machines, kept connections`,
        value: warm,
        unit: 'ms',
        ...than('pdsh', warm, 10),
      },
      {
        name: `${size} machines, kept connections`,
        value: warm,
        unit: 'ms',
        ...than('clush', warm, 10),
      },
      {
        name: 'of a new connection and a look: processor time of our side',
        value: median(took.ownCold) / size,
        unit: 'ms',
      },
      {
        name: 'of a look over a kept connection: processor time of our side',
        value: median(took.ownWarm) / size,
        unit: 'ms',
      },
    ];
  } finally {
    for (const end of ends) await end();
  }
};

const figures: Figure[] = [];
for (const size of values.sizes.split(',').map(Number)) figures.push(...(await measure(size)));
report('fan-out over ssh', figures);
