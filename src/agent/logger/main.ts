/**
 * The logger of an agent: reads the pipes to which managed processes write, and keeps their files
 * within their limits. It is a process of its own, so that the processes go on writing while the
 * agent is restarted; one for all of them, because each would cost what the agent costs.
 *
 * Arguments: the folder of the pipes, which is its working directory too; the folder of the files;
 * the version of the agent. It ends when nobody needs it: no agent is connected, and no process has
 * a pipe open.
 */

import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { channels, fileName, pipeName, readMessages, socketName } from './protocol.ts';
import type { Channel, LoggerMessage, LoggerRequest, Places } from './protocol.ts';
import { OutputStream } from './stream.ts';

const [pipes = '', files = '', version = ''] = process.argv.slice(2);

/** Between two looks whether it is still needed, beside those when somebody leaves, ms. */
const lookMs = 5_000;

type Streams = Readonly<Record<Channel, OutputStream>>;
const processes = new Map<string, Streams>();
const agents = new Set<Socket>();
let isToEnd = false;

const say = (agent: Socket, message: LoggerMessage): void => {
  agent.write(`${JSON.stringify(message)}\n`);
};

/** What it still reads is more than an agent's comfort. */
const endIfUnneeded = (): void => {
  if (agents.size > 0 && !isToEnd) return;
  for (const streams of processes.values())
    if (channels.some((channel) => streams[channel].isUsed)) return;
  end();
};

const end = (): void => {
  rmSync(socketName, { force: true });
  for (const streams of processes.values())
    for (const channel of channels) streams[channel].close();
  process.exit(0);
};

const streamsOf = ({ fid, limits }: Extract<LoggerRequest, { do: 'open' }>): Streams => {
  const known = processes.get(fid);
  if (known !== undefined) return known;
  const stream = (channel: Channel): OutputStream =>
    new OutputStream(
      join(pipes, pipeName(fid, channel)),
      join(files, fileName(fid, channel)),
      limits,
      {
        left: endIfUnneeded,
        losing: ({ message: reason }) => {
          for (const agent of agents) say(agent, { type: 'losing', fid, channel, reason });
        },
      },
    );
  const streams = { stdout: stream('stdout'), stderr: stream('stderr') };
  processes.set(fid, streams);
  return streams;
};

const ends = ({ stdout, stderr }: Streams): Places => ({
  stdout: stdout.mark(),
  stderr: stderr.mark(),
});

const obey = (request: LoggerRequest): Places | null => {
  switch (request.do) {
    case 'open': {
      const streams = streamsOf(request);
      const { pid } = request;
      channels.forEach((channel, i) =>
        streams[channel].open(pid === null ? undefined : `/proc/${pid}/fd/${i + 1}`),
      );
      return ends(streams);
    }
    case 'mark': {
      const streams = processes.get(request.fid);
      return streams === undefined ? null : ends(streams);
    }
    case 'close': {
      const streams = processes.get(request.fid);
      processes.delete(request.fid);
      if (streams !== undefined) for (const channel of channels) streams[channel].close();
      return null;
    }
    case 'quit':
      setImmediate(end);
      return null;
  }
};

const server = createServer((agent) => {
  agents.add(agent);
  agent.on('error', () => undefined);
  agent.on('close', () => {
    agents.delete(agent);
    endIfUnneeded();
  });
  say(agent, { type: 'hello', version, pid: process.pid });
  readMessages<LoggerRequest>(agent, (request) => {
    try {
      say(agent, { type: 'done', places: obey(request) });
    } catch (error) {
      say(agent, { type: 'failed', reason: (error as Error).message });
    }
  });
});

// It goes with the processes whose last words it keeps, not before them.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => {
    isToEnd = signal !== 'SIGHUP';
    endIfUnneeded();
  });
process.on('SIGUSR1', () => undefined);

rmSync(socketName, { force: true });
server.listen(socketName);
// Also where the agent that started it has died before it connected.
setInterval(endIfUnneeded, lookMs);
