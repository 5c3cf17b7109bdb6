/** What processes write, shown by halctl, with real processes. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { scripts } from '../cli/station.ts';
import { Cluster, kill, patientVars, until } from './cluster.ts';

const cluster = await Cluster.open(t, 2, patientVars);
const [first, second] = cluster.hosts as [string, string];
t.afterEach(async () => cluster.clear());

/** A halctl that goes on. */
class Follower {
  out = '';
  err = '';
  readonly child: ChildProcess;
  readonly exit: Promise<[number | null]>;

  constructor(t: Test, line: string) {
    this.child = spawn(join(scripts, 'halctl'), line.split(' '), {
      env: cluster.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (bytes: Buffer) => (this.out += bytes.toString()));
    this.child.stderr!.on('data', (bytes: Buffer) => (this.err += bytes.toString()));
    this.exit = once(this.child, 'close') as Promise<[number | null]>;
    t.teardown(() => this.child.kill('SIGKILL'));
  }

  async until(what: string, holds: (follower: this) => boolean): Promise<void> {
    await until(what, () => holds(this)).catch((error: Error) => {
      throw new Error(`${error.message}; ${JSON.stringify({ out: this.out, err: this.err })}`);
    });
  }
}

const residentBytes = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
};

t.test('logs shows what a process has written, each stream where it belongs', async (t) => {
  const fid = await cluster.one(first, 'talker');
  const before = await cluster.halctl(`cluster process logs ${fid}`);
  t.equal(before.code, 4, 'it has not been started');
  t.match(before.err, /has not been started on its host yet.*\(output-unreadable\)/);
  const pid = await cluster.start(fid);
  const path = `cluster process logs ${fid}`;
  await until('it has spoken', async () => (await cluster.halctl(path)).err.includes('error of'));
  const { code, out, err } = await cluster.halctl(path);
  t.same(
    { code, out, err },
    {
      code: 0,
      out: `out of ${pid}\n`,
      err: `halctl: started as process ${pid}\nerror of ${pid}\n`,
    },
  );
  const errors = await cluster.halctl(`${path} --stderr`);
  t.equal(errors.out, '');
  t.match(errors.err, `error of ${pid}\n`);
  const outputs = await cluster.halctl(`${path} --stdout --tail 1`);
  t.equal(outputs.out, `out of ${pid}\n`);
  t.notMatch(outputs.err, 'error of');
  const json = await cluster.halctl(`${path} --stdout --json`);
  t.same(
    json.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { note: `started as process ${pid}` },
      { stream: 'stdout', data: Buffer.from(`out of ${pid}\n`).toString('base64') },
    ],
  );
  const plain = await fetch(`${cluster.url}/api/v1/processes/${fid}/output?stream=stdout`, {
    headers: { authorization: `Bearer ${cluster.token}`, accept: 'text/plain' },
  });
  t.equal(await plain.text(), `out of ${pid}\n`);
});

t.test('what cannot be shown is refused with the reason', async (t) => {
  const owned = await cluster.one(first, 'owned');
  const independent = await cluster.halctl(`cluster process logs ${owned}`);
  t.equal(independent.code, 4);
  t.match(independent.err, /independent: its owner runs it/);
  const none = await cluster.halctl('cluster process logs 0x7200000000000001:0xffff');
  t.equal(none.code, 3);
  const both = await cluster.halctl(`cluster process logs ${owned} --stdout --stderr`);
  t.equal(both.code, 2);
  const { token } = await cluster.client.issueToken({ name: 'display', role: 'viewer' });
  const viewer = await cluster.halctl(`cluster process logs ${owned}`, token);
  t.equal(viewer.code, 6);
  t.match(viewer.err, 'this needs the role operator');
});

t.test('a follower sees the process end and come back', async (t) => {
  const fid = await cluster.one(first, 'talker');
  const pid = await cluster.start(fid);
  const follower = new Follower(t, `cluster process logs ${fid} --follow`);
  await follower.until('the past', ({ out }) => out.includes(`out of ${pid}\n`));
  kill(pid);
  const { pid: next } = await cluster.returns(fid, pid);
  await follower.until('the next run', ({ out, err }) =>
    [out.includes(`out of ${next}\n`), err.includes(`error of ${next}\n`)].every(Boolean),
  );
  t.equal(follower.out, `out of ${pid}\nout of ${next}\n`);
  t.match(
    follower.err,
    new RegExp(
      `started as process ${pid}\nerror of ${pid}\n` +
        `halctl: was killed by SIGKILL\nhalctl: started as process ${next}\nerror of ${next}\n$`,
    ),
  );
  await cluster.client.act({ verb: 'remove', process: fid });
  t.equal((await follower.exit)[0], 1);
  t.match(follower.err, 'the process was removed from this host');
});

t.test('Ctrl-C ends following', async (t) => {
  const fid = await cluster.one(first, 'talker');
  await cluster.start(fid);
  const follower = new Follower(t, `cluster process logs ${fid} --follow`);
  await follower.until('the past', ({ out }) => out.includes('out of'));
  follower.child.kill('SIGINT');
  t.equal((await follower.exit)[0], 130);
});

t.test('an agent that vanishes or hangs ends the stream, which says so', async (t) => {
  const fid = await cluster.one(second, 'talker');
  const pid = await cluster.start(fid);
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    const follower = new Follower(t, `cluster process logs ${fid} --follow`);
    await follower.until('the past', ({ out }) => out.includes(`out of ${pid}\n`));
    const agent = cluster.agents.get(second)!;
    process.kill(agent.pid, signal);
    t.equal((await follower.exit)[0], 5, signal);
    t.match(follower.err, /the output breaks off: its agent is not connected any more/);
    const away = await cluster.halctl(`cluster process logs ${fid}`);
    t.equal(away.code, 5);
    t.match(away.err, /on n2\.example, whose agent is not connected \(agent-away\)/);
    if (signal === 'SIGSTOP') await cluster.killAgent(second);
    await cluster.startAgent(second);
    await cluster.reaches(fid, 'online');
  }
  const adopted = await cluster.halctl(`cluster process logs ${fid} --stdout`);
  t.equal(adopted.out, `out of ${pid}\n`, 'the next agent has it all');
});

t.test('a viewer that stands still slows nobody down and costs no memory', async (t) => {
  const flood = await cluster.one(first, 'flood');
  const talker = await cluster.one(first, 'talker');
  await cluster.start(flood);
  const pid = await cluster.start(talker);
  const pids = [cluster.station.pid, cluster.agents.get(first)!.pid];
  const path = `${cluster.url}/api/v1/processes/${flood}/output?follow=true`;
  const headers = { authorization: `Bearer ${cluster.token}` };
  // Nobody reads from these; what the kernel takes for them is little.
  const stalled = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const request = get(path, { headers, agent: false });
      t.teardown(() => request.destroy());
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return response.pause();
    }),
  );
  t.same(
    stalled.map(({ statusCode }) => statusCode),
    Array.from({ length: 10 }, () => 200),
  );
  const file = join(cluster.folder, 'agent1', 'logs', `${flood}.log`);
  await until('much has been written', () => {
    try {
      return readFileSync(`${file}.2`).length > 0;
    } catch {
      return false;
    }
  });
  const before = pids.map(residentBytes);
  const reader = new Follower(t, `cluster process logs ${flood} --follow --tail 0`);
  let bytes = 0;
  reader.child.stdout!.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await until('another viewer has got 20 MB', () => {
    reader.out = '';
    return bytes > 20_000_000;
  });
  t.ok(await cluster.client.status(), 'the station answers meanwhile');
  t.equal((await cluster.halctl(`cluster process logs ${talker} --stdout`)).out, `out of ${pid}\n`);
  const grown = pids.map((one, i) => residentBytes(one) - before[i]!);
  for (const each of grown) t.ok(each < 60_000_000, `grew by ${each} bytes`);
  // One that wakes up learns what it has missed, and goes on.
  let notes = '';
  stalled[0]!.on('data', (chunk: Buffer) => {
    notes = (notes + chunk.toString()).replaceAll(/\{"stream":"stdout","data":"[^"]*"\}\n/g, '*');
  });
  stalled[0]!.resume();
  await until('the viewer goes on', () => /newer output took its room[^*]*\*/.test(notes));
});

t.test('without --follow it ends where the end was, however fast a process writes', async (t) => {
  const flood = await cluster.one(first, 'flood');
  await cluster.start(flood);
  const path = join(cluster.folder, 'agent1', 'logs', `${flood}.log`);
  await until('much has been written', () => existsSync(`${path}.2`));
  const follower = new Follower(t, `cluster process logs ${flood} --stdout`);
  let bytes = 0;
  follower.child.stdout!.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    follower.out = '';
  });
  t.equal((await follower.exit)[0], 0);
  t.ok(bytes <= 3 * 10 * 1024 * 1024, `${bytes} bytes`);
});

t.test('what a process writes is nowhere but on its host and with who looks at it', async (t) => {
  const fid = await cluster.one(first, 'talker');
  const pid = await cluster.start(fid);
  const { out } = await cluster.halctl(`cluster process logs ${fid}`);
  t.match(out, `out of ${pid}`);
  const { events } = await cluster.client.listEvents({ limit: 10_000 });
  t.notMatch(JSON.stringify(events), `out of ${pid}`);
  t.notMatch(cluster.station.stdout + cluster.station.stderr, `out of ${pid}`);
  t.notMatch(cluster.agents.get(first)!.stdout, `out of ${pid}`);
});
