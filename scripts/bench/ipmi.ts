/**
 * BMCs by the hundred: power status without sessions and in kept ones, beside FreeIPMI's ipmipower and
 * ipmitool; and a reset of BMCs that are slow to answer, which must be carried out once.
 *
 * `--sizes 64,512` BMCs, `--slow 512`, `--rounds 3`.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { controlPower, createIpmi, getChassisStatus, getDeviceId } from '../../src/ipmi/index.ts';
import type { Ipmi, Session } from '../../src/ipmi/index.ts';
import { simulate } from '../../test/ipmi/simulator.ts';
import type { Machine, Simulator } from '../../test/ipmi/simulator.ts';
import { median, report } from './report.ts';
import type { Figure } from './report.ts';
import { withDirectory } from './station.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '64,512' },
    slow: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '3' },
  },
});
const rounds = Number(values.rounds);
/** Seconds that a slow BMC takes to answer an order. */
const delays = [0.5, 1.5, 3];
/** BMCs that ipmipower asks at once, and processes of ipmitool at once. */
const [fanout, processes] = [64, 16];

/** How long something took and what of the processors, ms. */
interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

const ofOwn = async (work: () => Promise<unknown>): Promise<Cost> => {
  const [before, started] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - started, cpuMs: (user + system) / 1000 };
};

/** Runs a line of the shell that must print the power of each BMC. */
const ofShell = async (line: string, size: number, home: string): Promise<Cost> => {
  const env = {
    ...process.env,
    // Debian has FreeIPMI's where only root looks.
    PATH: `${process.env['PATH']}:/usr/sbin`,
    HOME: home,
    IPMI_PASSWORD: 'secret',
    TIMEFORMAT: '%U %S',
  };
  const options = { env, cwd: home, maxBuffer: Infinity };
  const started = performance.now();
  const run = promisify(execFile)('bash', ['-c', `time { ${line}; }`], options);
  const { stdout, stderr } = await run;
  const ms = performance.now() - started;
  const answers = stdout.split('\n').filter((said) => /(: | is )(on|off)$/.test(said)).length;
  if (answers !== size) throw new Error(`${answers} of ${size} BMCs answered: ${line}`);
  const times = stderr.trim().split('\n').at(-1)!.split(' ');
  return { ms, cpuMs: times.reduce((sum, seconds) => sum + Number(seconds) * 1000, 0) };
};

/** Where ipmitool finds a short list of manufacturers: reading the long one is most of its work. */
const makeHome = (home: string, simulators: readonly Simulator[]): void => {
  const misc = join(home, '.local/usr/share/misc');
  mkdirSync(misc, { recursive: true });
  writeFileSync(join(misc, 'enterprise-numbers.txt'), '0\n  Reserved\n');
  writeFileSync(
    join(home, 'freeipmi.conf'),
    'username admin\npassword secret\nworkaround-flags opensesspriv\ndriver-type LAN_2_0\n',
    { mode: 0o600 },
  );
  writeFileSync(join(home, 'ports'), simulators.map(({ port }) => `${port}\n`).join(''));
};

const ipmitoolLine =
  `xargs -P ${processes} -n 1 ` +
  'ipmitool -I lanplus -C 3 -H 127.0.0.1 -U admin -E chassis power status -p <ports';
const ipmipowerLine = (simulators: readonly Simulator[]): string => {
  const hosts = simulators.map(({ port }) => `127.0.0.1:${port}`).join(',');
  return `ipmipower --config-file=freeipmi.conf --fanout=${fanout} --stat -h ${hosts}`;
};

const openAll = (ipmi: Ipmi, simulators: readonly Simulator[]): Promise<Session[]> =>
  Promise.all(simulators.map((simulator) => ipmi.open(simulator.options())));

const askAll = (sessions: readonly Session[]): Promise<unknown> =>
  Promise.all(sessions.map((session) => session.send(getChassisStatus)));

const closeAll = (sessions: readonly Session[]): Promise<unknown> =>
  Promise.all(sessions.map((session) => session.close()));

/** A session for each, the question, and the end of the session. */
const cold = (simulators: readonly Simulator[]): Promise<Cost> =>
  ofOwn(async () => {
    const ipmi = createIpmi();
    const sessions = await openAll(ipmi, simulators);
    await askAll(sessions);
    await closeAll(sessions);
    await ipmi.close();
  });

const startAll = async (
  directory: string,
  size: number,
  machine: Machine,
): Promise<Simulator[]> => {
  const simulators: Simulator[] = [];
  for (let i = 0; i < size; i += 1) {
    const folder = join(directory, `bmc${i}`);
    mkdirSync(folder);
    simulators.push(await simulate(folder, machine));
  }
  return simulators;
};

/** Starts so many BMCs, and ends them when the work is done. */
const withSimulators = (
  size: number,
  machine: Machine,
  work: (simulators: readonly Simulator[], directory: string) => Promise<void>,
): Promise<void> =>
  withDirectory(async (directory) => {
    const simulators = await startAll(directory, size, machine);
    try {
      await work(simulators, directory);
    } finally {
      await Promise.all(simulators.map((simulator) => simulator.kill()));
    }
  });

const figures: Figure[] = [];

/** How the power of machines can be asked for. */
const ways = ['cold', 'ipmipower', 'kept', 'ipmitool'] as const;
type Way = (typeof ways)[number];

const middle = (costs: readonly Cost[]): Cost => ({
  ms: median(costs.map(({ ms }) => ms)),
  cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
});

const measureStatus = (size: number): Promise<void> =>
  withSimulators(size, { hasPower: false }, async (simulators, home) => {
    makeHome(home, simulators);
    const ipmi = createIpmi();
    const sessions = await openAll(ipmi, simulators);
    const measured: Record<Way, Cost[]> = { cold: [], ipmipower: [], kept: [], ipmitool: [] };
    // A daemon has done it before, and so has the machine: the first round does not count.
    for (let round = 0; round <= rounds; round += 1) {
      const costs: Record<Way, Cost> = {
        cold: await cold(simulators),
        ipmipower: await ofShell(ipmipowerLine(simulators), size, home),
        kept: await ofOwn(() => askAll(sessions)),
        ipmitool: await ofShell(ipmitoolLine, size, home),
      };
      if (round > 0) for (const way of ways) measured[way].push(costs[way]);
    }
    await closeAll(sessions);
    await ipmi.close();
    const [ours, ipmipower, kept, ipmitool] = ways.map((way) => middle(measured[way]));
    const what = `power of ${size} BMCs`;
    figures.push(
      {
        name: `${what}, no sessions`,
        value: ours!.ms,
        unit: 'ms',
        limit: { name: `ipmipower --fanout=${fanout}, ms`, value: ipmipower!.ms },
        target: { atMost: 1 },
      },
      {
        name: `${what}, kept sessions`,
        value: kept!.ms,
        unit: 'ms',
        limit: { name: `ipmitool, ${processes} at once, ms`, value: ipmitool!.ms },
        target: { atMost: 0.2 },
      },
      {
        name: `CPU for ${what}, no sessions`,
        value: ours!.cpuMs,
        unit: 'ms',
        limit: { name: 'ipmipower, ms', value: ipmipower!.cpuMs },
      },
      {
        name: `CPU for ${what}, kept sessions`,
        value: kept!.cpuMs,
        unit: 'ms',
        limit: { name: 'ipmitool, ms', value: ipmitool!.cpuMs },
      },
    );
  });

/** How many machines were reset exactly once, of all that were asked to. */
const measureResets = (size: number): Promise<void> =>
  withSimulators(size, {}, async (simulators) => {
    for (const delay of delays) {
      const ipmi = createIpmi();
      const sessions = await openAll(ipmi, simulators);
      const before = simulators.map(({ executed }) => executed.length);
      for (const simulator of simulators) simulator.slowDown(delay);
      const outcomes = await Promise.all(
        sessions.map((session) => controlPower(session, 'reset', { observeMs: 120_000 })),
      );
      for (const simulator of simulators) simulator.speedUp();
      // What a BMC has still to do is done before it answers.
      await Promise.all(sessions.map((session) => session.send(getDeviceId)));
      const counts = simulators.map(({ executed }, i) => executed.length - before[i]!);
      const once = counts.filter((count) => count === 1).length;
      const known = outcomes.filter(({ outcome }) => outcome === 'done').length;
      figures.push({
        name: `${size} resets, answered after ${delay} s: exactly one`,
        value: once,
        unit: '',
        limit: { name: 'BMCs', value: size },
        target: { atLeast: 1 },
      });
      console.log(`${delay} s: ${known} known to be done; at most ${Math.max(...counts)} each`);
      await closeAll(sessions);
      await ipmi.close();
    }
  });

for (const size of values.sizes.split(',').map(Number)) await measureStatus(size);
if (Number(values.slow) > 0) await measureResets(Number(values.slow));
report('ipmi', figures);
