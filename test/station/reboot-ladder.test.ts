/** Reboots through what really does them: a real sshd, a real Slurm, and a running OBM daemon. */

import t from 'tap';
import type { Test } from 'tap';
import { readGroupFile } from '../../src/checks/groups/settings.ts';
import { RealSlurm } from '../checks/scheduler/real-slurm.ts';
import { host, reported, until } from './harness.ts';
import type { Answer, Json } from './harness.ts';
import { Bench } from './obm-bench.ts';
import { sshMachine } from './ssh-machine.ts';
import { observe, unasked, well } from './suggestions/observed.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t, { poll: 1 });

const patient = { headers: { prefer: 'wait=300' } };
const ownBoot = '00000000-0000-4000-8000-00000000b006';
const nextBoot = '00000000-0000-4000-8000-00000000b007';

/** A machine that is on and well, and somebody who has a grant. */
const wellMachine = async (t: Test, choices: object = {}): Promise<Bench> => {
  const bench = await Bench.set(t, { daemon, station: { checks: unasked, ...choices } });
  await bench.register();
  await bench.turn('enable');
  await bench.station.ask('POST', `/hosts/${host}/obm/power`, { action: 'on' }, patient);
  observe(bench.station.station, host, well, bench.station.station.now());
  const grant = { actions: ['power'], hosts: [host], reason: 'a new kernel' };
  t.equal((await bench.station.ask('POST', '/grants', grant)).status, 201);
  return bench;
};

/** The same, with a slurmd of a real Slurm. */
const slurmMachine = async (t: Test) => {
  const [node = ''] = host.split('.');
  const slurm = await RealSlurm.start({ up: [node] });
  t.teardown(() => slurm.stop());
  const text = `refresh: 1\ntimeout: 5\nsources:\n  - {name: slurm, kind: slurm, conf: ${slurm.conf}}\n`;
  const bench = await wellMachine(t, { groups: readGroupFile({ name: 'groups.yaml', text }) });
  const { scheduled } = bench.station.station.groups;
  const stateIn = (): string => slurm.ask('sinfo', '-h', '-n', node, '-o', '%T').trim();
  return { bench, slurm, node, scheduled, stateIn };
};

const boots = ({ station }: Bench, boot_id: string): Promise<Answer> =>
  station.ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { boot_id }));

const reboot = async ({ station }: Bench, body: object = {}): Promise<number> => {
  const asked = { override: true, reason: 'a new kernel', ...body };
  const answer = await station.ask('POST', `/hosts/${host}/actions/reboot`, asked);
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.body.id as number;
};

const operation = async ({ station }: Bench, id: number, asked = {}): Promise<Json> =>
  (await station.ask('GET', `/operations/${id}`, undefined, asked)).body;

const stageOf = ({ stages }: Json): string | undefined =>
  stages.find(({ state }: Json) => state === 'running')?.name;

const told = ({ stages }: Json): Record<string, string> =>
  Object.fromEntries(
    stages.map(({ name, state, detail }: Json) => [
      name,
      detail === '' ? state : `${state}: ${detail}`,
    ]),
  );

/** What was ordered about the power since the machine was switched on. */
const ordered = async ({ station }: Bench): Promise<string[]> => {
  const { body } = await station.ask('GET', '/events?type=ObmOrdered&limit=100');
  return body.events.map(({ data }: Json) => data.order.action).slice(1);
};

t.test('44: a machine that hears is asked by ssh, and its power is not touched', async (t) => {
  const machine = await sshMachine(t, host, ownBoot);
  const bench = await wellMachine(t, { checks: { ...unasked, sshFile: machine.settings } });
  await boots(bench, ownBoot);
  const id = await reboot(bench);
  await until('its systemctl to be told', () => machine.told().length > 0);
  t.same(machine.told(), ['reboot']);
  t.equal(stageOf(await operation(bench, id)), 'ask', 'to be told is no result');
  await boots(bench, nextBoot);
  const ended = await operation(bench, id, patient);
  t.match(ended, { state: 'succeeded', actor: /^token:/ });
  t.match(told(ended), {
    drain: /^skipped: it was not asked for/,
    ask: 'done',
    soft: /^skipped: it has started anew/,
    cycle: /^skipped: it has started anew/,
    boot: 'done',
    resume: 'done',
  });
  t.same(await ordered(bench), []);
});

t.test('a machine that has started anew already is not told to once more', async (t) => {
  const machine = await sshMachine(t, host, ownBoot);
  const bench = await wellMachine(t, { checks: { ...unasked, sshFile: machine.settings } });
  await boots(bench, 'the one before');
  const id = await reboot(bench);
  await until('it to be asked', async () => {
    const { body } = await bench.station.ask('GET', '/events?type=ProcedureActEnded');
    return body.events.length > 0;
  });
  t.equal(stageOf(await operation(bench, id)), 'ask');
  t.same(machine.told(), []);
  await boots(bench, ownBoot);
  t.match(await operation(bench, id, patient), { state: 'succeeded' });
  t.same(await ordered(bench), []);
});

t.test(
  '44: one that cannot be asked by ssh shuts down by its OBM, and is switched on',
  async (t) => {
    const bench = await wellMachine(t);
    await bench.follows();
    await boots(bench, ownBoot);
    const id = await reboot(bench);
    await until('it to be switched on', async () => stageOf(await operation(bench, id)) === 'boot');
    await boots(bench, nextBoot);
    const ended = await operation(bench, id, patient);
    t.match(ended, { state: 'succeeded' });
    t.match(told(ended), {
      ask: /^skipped: the file of checks does not say under "ssh"/,
      soft: /^done: it is off/,
      cycle: 'done',
      boot: 'done',
      verify: 'done',
    });
    t.same(await ordered(bench), ['soft', 'on']);
  },
);

t.test(
  'without a scheduler nothing can be drained, and it is said how to do without',
  async (t) => {
    const bench = await wellMachine(t);
    const path = `/hosts/${host}/actions/reboot`;
    const body = { override: true, reason: 'a new kernel', drain: true };
    t.match(await bench.station.ask('POST', path, body), {
      status: 400,
      body: { field: 'drain', detail: /no scheduler.*without drain/ },
    });
  },
);

t.test(
  '44: its jobs end first in Slurm, and it is resumed when its slurmd has registered',
  async (t) => {
    const { bench, slurm, node, scheduled, stateIn } = await slurmMachine(t);
    await boots(bench, ownBoot);
    slurm.ask('sbatch', '--output=/dev/null', '--wrap', 'sleep 3600');
    await until('a job to run there', () => scheduled.rowOf(host)?.jobs === 1);
    const id = await reboot(bench, { drain: true, how: 'hard' });
    await until('it to be drained', () => stateIn() === 'draining');
    t.match(slurm.ask('scontrol', 'show', 'node', node), `halcyon: reboot, operation ${id}`);
    t.equal(stageOf(await operation(bench, id)), 'drain');
    t.same(await ordered(bench), []);
    slurm.ask('scancel', '--state=running');
    await until('it to be cycled', async () => stageOf(await operation(bench, id)) === 'boot');
    t.same(await ordered(bench), ['cycle']);
    t.equal(stateIn(), 'drained');
    await boots(bench, nextBoot);
    await slurm.restart(node);
    const ended = await operation(bench, id, patient);
    t.match(ended, { state: 'succeeded' }, JSON.stringify(ended.stages));
    t.match(told(ended), { drain: 'done', ask: /^skipped/, cycle: 'done', resume: 'done' });
    t.equal(stateIn(), 'idle');
  },
);

t.test(
  'what a reboot before it had drained is resumed, and what a person drained is not',
  async (t) => {
    const { bench, slurm, node, scheduled, stateIn } = await slurmMachine(t);
    await boots(bench, ownBoot);
    const drained = async (reason: string): Promise<void> => {
      slurm.ask('scontrol', 'update', `NodeName=${node}`, 'State=DRAIN', `Reason=${reason}`);
      await until(`the station to know: ${reason}`, () => scheduled.rowOf(host)?.reason === reason);
    };
    const rebooted = async (boot: string): Promise<Json> => {
      const id = await reboot(bench, { how: 'hard' });
      await until('it to be cycled', async () => stageOf(await operation(bench, id)) === 'boot');
      await boots(bench, boot);
      await slurm.restart(node);
      return operation(bench, id, patient);
    };
    await drained('halcyon: reboot, operation 7');
    t.match(await rebooted(nextBoot), { state: 'succeeded', warnings: [] });
    t.equal(stateIn(), 'idle');
    await drained('dead disk -jwhite');
    t.match(await rebooted('00000000-0000-4000-8000-00000000b008'), {
      state: 'succeeded',
      warnings: [/keeps it out of service: drain.*: dead disk -jwhite/],
    });
    t.equal(stateIn(), 'drained');
  },
);
