/**
 * What a look over ssh costs a machine: processor time of one round of the script, without ssh, for each of its sections
 * and for all of them; beside one `ps` of all processes.
 *
 *     scripts/node scripts/bench/probe.ts [ROUNDS [SHELL…]]
 */

import { spawnSync } from 'node:child_process';
import { builtIn } from '../../src/checks/catalogue/built-in.ts';
import type { ProbeCheck } from '../../src/checks/check.ts';
import { probeScript } from '../../src/checks/ssh/probe-script.ts';
import { quoted } from '../../src/checks/ssh/remote-shell.ts';
import { planOf } from '../../src/checks/sweep/plan.ts';
import { report } from './report.ts';

const [, , asked = '50', ...shell] = process.argv;
const rounds = Number(asked);
const [program = '/bin/sh', ...args] = shell;

/** Of it and all that it starts, ms a round: what `times` says, in its four numbers. */
const cost = (script: string): number => {
  const loop = `i=0; while [ $i -lt ${rounds} ]; do (eval ${quoted(script)}) </dev/null >/dev/null 2>&1; i=$((i+1)); done`;
  const text = `LC_ALL=C; PATH=$PATH:/usr/sbin:/sbin; export LC_ALL PATH; m=mark k=' '\n${loop}; times`;
  const { stdout, status } = spawnSync(program, [...args, '-c', text], { encoding: 'utf8' });
  const told = [...stdout.matchAll(/(\d+)m *([\d.]+)s/g)];
  if (status !== 0 || told.length !== 4) throw new Error(`${program} says: ${stdout}`);
  const seconds = told.map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return (seconds.reduce((all, one) => all + one, 0) * 1000) / rounds;
};

const checks = builtIn.filter((check): check is ProbeCheck => check.needs === 'probe');
const { sections } = planOf(checks);

report(`one round of the script on a machine, processor time, of ${rounds}`, [
  {
    name: 'all that is built in',
    value: cost(probeScript(sections)),
    unit: 'ms',
    limit: { name: 'one ps of all processes, ms', value: cost('ps -e -o stat=') },
  },
  ...sections.map((section) => ({
    ...{ name: section.id, value: cost(probeScript([section])), unit: 'ms' },
  })),
  { name: 'a program that does nothing', value: cost('/bin/true'), unit: 'ms' },
]);
