/** An agent whose state directory is taken from it goes on with what runs, starts nothing, and says so. */

import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { assignment, pidsOf, SupervisedHost, until } from './supervised-host.ts';

const cases: Readonly<
  Record<string, { take: (state: string) => void; giveBack?: (state: string) => void }>
> = {
  'is removed': { take: (state) => rmSync(state, { recursive: true }) },
  'is renamed': {
    take: (state) => renameSync(state, `${state}.old`),
    giveBack: (state) => renameSync(`${state}.old`, state),
  },
  'is replaced by a link to where it is now': {
    take: (state) => {
      renameSync(state, `${state}.old`);
      symlinkSync(`${state}.old`, state);
    },
    giveBack: (state) => {
      rmSync(state);
      renameSync(`${state}.old`, state);
    },
  },
  'has something mounted over it': {
    take: (state) => execFileSync('mount', ['-t', 'tmpfs', 'none', state]),
    giveBack: (state) => execFileSync('umount', [state]),
  },
  'lacks its records': { take: (state) => rmSync(join(state, 'runs'), { recursive: true }) },
};

for (const [what, { take, giveBack }] of Object.entries(cases))
  t.test(`a state directory that ${what}`, async (t) => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
    const said = (text: string): number => lines.filter((line) => line.includes(text)).length;
    const host = new SupervisedHost(t, { logger });
    const [running, dying, late] = [assignment(), assignment(), assignment()];
    host.assign(running, dying);
    for (const { fid } of [running, dying]) await host.reaches(fid, 'online');
    const pids = pidsOf(running.fid);

    take(host.stateDir);
    await until('it to be said', () => said('What runs goes on, and nothing is started') > 0);
    host.assign(late);
    const refused = await host.reaches(late.fid, 'refused');
    t.match(refused.reason, /its start cannot be recorded: .*(state|runs) was (removed|replaced)/);
    for (const pid of pidsOf(dying.fid)) process.kill(pid, 'SIGKILL');
    await host.reaches(dying.fid, 'exited');
    t.same(pidsOf(running.fid), pids, 'what ran goes on');
    t.equal(host.now(running.fid)?.state, 'online');
    t.same(pidsOf(late.fid), []);
    t.notOk(what === 'is removed' && existsSync(host.stateDir), 'nothing is made in its place');

    if (giveBack !== undefined) {
      giveBack(host.stateDir);
      await until('the end to be said', () => said('is as it was again') > 0);
      host.assign({ ...late, generation: 2 });
      await host.reaches(late.fid, 'online');
    }
    t.equal(said('What runs goes on'), 1, 'once');
    await host.restart();
    if (giveBack !== undefined)
      t.equal(host.now(dying.fid)?.state, 'exited', 'what happened meanwhile was kept afterwards');
    host.assignAll(running);
    await host.reaches(running.fid, 'online');
    t.same(pidsOf(running.fid), pids, 'and is taken over by the next agent');
  });

t.test('an agent without its output folder starts nothing and says so', async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const host = new SupervisedHost(t, { logger });
  const [running, late] = [assignment(), assignment()];
  host.assign(running);
  await host.reaches(running.fid, 'online');
  rmSync(join(host.stateDir, 'logs'), { recursive: true });
  await until('it to be said', () => lines.some((line) => line.includes('logs was removed')));
  host.assign(late);
  await host.reaches(late.fid, 'refused');
  t.equal(host.now(running.fid)?.state, 'online');
});
