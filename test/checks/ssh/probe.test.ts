/** What many checks ask at once: sections told apart whatever they say, limits of each, and at most one that hangs. */

import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Probes } from '../../../src/checks/ssh/probe.ts';
import type { ProbeSection, SectionResult } from '../../../src/checks/ssh/probe.ts';
import { MarkReader } from '../../../src/checks/ssh/probe-script.ts';
import fc from 'fast-check';
import { connectionsFor, neverAborted, processesOf, startSshd, until } from './sshd.ts';

const sshd = await startSshd(t, {
  accounts: {
    chatty: { shell: '/bin/bash', home: { '.bashrc': 'echo one\nprintf "two without end"\n' } },
    csh: { shell: '/bin/csh', home: { '.cshrc': 'echo from cshrc\n' } },
    weak: { shell: '/bin/sh', uid: 54_321 },
    fish: { shell: '/usr/bin/fish', home: { '.config/fish/config.fish': 'echo from fish\n' } },
  },
});
const { connections } = connectionsFor(t, sshd.known('n1'));
const probes = new Probes(connections);
let nonce = 30_000_000 + (process.pid % 100_000) * 100;
const sleep = (): string => `sleep ${(nonce += 1)}`;
const section = (id: string, lines: string[], timeoutSeconds = 60): ProbeSection => ({
  ...{ id, lines, timeoutSeconds },
});

t.test('case 21: each section has its output and its code, whatever the login shell', async (t) => {
  const sections = [
    section('load', ['read -r load _ </proc/loadavg', 'echo "$load"']),
    section('constructor', [`printf "it's\\nno end é"`, 'exit 255']),
    section('syntax', ["echo 'unclosed"]),
    section('variables', ['echo "[$m$k$s]"; x=1']),
    section('next', ['echo "[$x]"; cat; echo err >&2; echo out 2>&1']),
    section('long', ['head -c 600000 /dev/zero | tr "\\0" x']),
  ];
  for (const user of ['plain', 'chatty', 'csh', 'fish'])
    for (const again of [false, true]) {
      const answer = await probes.run(sshd.target('n1', user), sections, neverAborted);
      t.equal(answer.wasKept, again);
      const of = (id: string): unknown => answer.sections.get(id);
      t.match(of('load'), { ending: 'done', exitCode: 0, output: /^\d+\.\d+\n$/ }, user);
      t.match(of('constructor'), { ending: 'done', exitCode: 255, output: "it's\nno end é" });
      t.match(of('syntax'), { ending: 'done', exitCode: 2, output: '' });
      t.match(of('variables'), { output: '[]\n' });
      t.match(of('next'), { output: '[]\nout\n' });
      t.match(of('long'), { isCut: true, exitCode: 0 });
    }
});

t.test('a section that takes too long is ended, and the next ones go on', async (t) => {
  const [one, two] = [sleep(), sleep()];
  const sections = [
    section('hangs', [`echo before; trap '' TERM; ${one} & ${two}; wait`], 1),
    section('next', ['echo next']),
  ];
  const answer = await probes.run(sshd.target('n1'), sections, neverAborted);
  t.match(answer.sections.get('hangs'), { ending: 'timeout', exitCode: null, output: /^before/ });
  t.match(answer.sections.get('next'), { ending: 'done', output: 'next\n' });
  await until('they have ended', () => processesOf(one).length + processesOf(two).length === 0);
});

t.test('quick sections share a process, and one that hangs all the same is ended', async (t) => {
  const own = ['read -r own _ </proc/self/stat', 'echo "$own"'];
  const quick = (id: string, lines: string[], limit = 60): ProbeSection => ({
    ...{ id, lines, timeoutSeconds: limit, isQuick: true },
  });
  const sections = [
    section('slow', ['sleep 1']),
    quick('one', own),
    section('apart', own),
    quick('two', [...own, 'false']),
  ];
  for (let round = 0; round < 2; round += 1) {
    const answer = await probes.run(sshd.target('n1'), sections, neverAborted);
    const of = (id: string): SectionResult => answer.sections.get(id)!;
    t.match(of('one'), { ending: 'done', exitCode: 0, output: /^\d+\n$/ });
    t.match(of('two'), { ending: 'done', exitCode: 1, output: of('one').output });
    t.notMatch(of('apart').output, of('one').output);
    t.ok(of('two').endedAt < of('slow').endedAt, 'they come before what may take long');
  }
  const one = sleep();
  const hanging = [quick('hangs', [one], 1), quick('lost', own), section('next', ['echo next'])];
  const answer = await probes.run(sshd.target('n1'), hanging, neverAborted);
  t.match(answer.sections.get('hangs'), { ending: 'timeout' });
  t.match(answer.sections.get('lost'), { ending: 'missing' });
  t.match(answer.sections.get('next'), { ending: 'done', output: 'next\n' });
  await until('it has ended', () => processesOf(one).length === 0);
});

t.test('nothing is left when who asked leaves', async (t) => {
  const leave = new AbortController();
  const one = sleep();
  const asked = probes.run(sshd.target('n1'), [section('hangs', [one])], leave.signal);
  asked.catch(() => {});
  await until('it runs', () => processesOf(one).length > 0);
  leave.abort(new Error('gone'));
  await t.rejects(asked, { message: 'gone' });
  await until('it has ended', () => processesOf(one).length === 0);
});

t.test('25: twenty who ask the same get one answer, of one script', async (t) => {
  const sections = [section('count', ['echo "$(cat /proc/sys/kernel/random/uuid)"'])];
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => probes.run(sshd.target('n1'), sections, neverAborted)),
  );
  t.equal(new Set(answers.map(({ sections: found }) => found.get('count')?.output)).size, 1);
  t.equal(connections.size, 4, 'one connection an account');
});

t.test('marks are found wherever pieces end', async (t) => {
  const [mark, said] = ['a'.repeat(32), `\n${'a'.repeat(31)}b `];
  const text = `\n${mark} 0 12\n${said}x\n${mark} 0 =7\n\n${mark} 1 13\n\n${mark} 1 =0\n\n${mark} end =0\n`;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (lengths) => {
      const told: string[] = [];
      let output = '';
      const reader = new MarkReader(mark, {
        begins: (index, pid) => void told.push(`${index} ${pid}`),
        says: (piece) => (output += piece.toString()),
        ends: (index, code) => void told.push(`${index} =${code}`),
        over: () => void told.push('over'),
      });
      for (let at = 0, turn = 0; at < text.length; turn += 1) {
        const length = lengths[turn % lengths.length] ?? 1;
        reader.take(Buffer.from(text.slice(at, at + length)));
        at += length;
      }
      t.same([told, output], [['0 12', '0 =7', '1 13', '1 =0', 'over'], `${said}x`]);
    }),
    { numRuns: 20 },
  );
});

t.test(
  'what cannot be ended is not started again while it is there: one of ours at most',
  async (t) => {
    // A process of root that an account without rights started stands in for one that hangs in the kernel.
    const setpriv = join(sshd.folder, 'setpriv');
    copyFileSync('/usr/bin/setpriv', setpriv);
    chmodSync(setpriv, 0o4755);
    const one = sleep();
    const sections = [
      section('hung', [`${setpriv} --reuid 0 --clear-groups ${one}`], 1),
      section('next', ['echo next']),
    ];
    const target = sshd.target('n1', 'weak');
    const pids = (): number[] =>
      processesOf(one)
        .filter((line) => /^\s*\d+ +\S+ +sleep \d+$/.test(line))
        .map((line) => Number.parseInt(line, 10));
    t.teardown(() => {
      for (const pid of pids()) process.kill(pid, 'SIGKILL');
    });
    const first = await probes.run(target, sections, neverAborted);
    t.match(first.sections.get('hung'), { ending: 'stuck', exitCode: null });
    t.match(first.sections.get('next'), { ending: 'done', output: 'next\n' });
    const [pid] = pids();
    for (let again = 0; again < 2; again += 1) {
      const later = await probes.run(target, sections, neverAborted);
      t.match(later.sections.get('hung'), { ending: 'stuck' });
      t.match(later.sections.get('next'), { ending: 'done' });
      t.strictSame(pids(), [pid], 'it was not started again');
    }
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await until('it is gone', () => pids().length === 0);
    await probes.run(target, sections, neverAborted);
    t.equal(pids().length, 1, 'then it is tried again');
  },
);
