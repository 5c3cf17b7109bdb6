/** What an agent and its logger say to each other: JSON, one message a line. */

import type { Socket } from 'node:net';
import type { Place } from './place.ts';
import type { OutputLimits } from './rolling-file.ts';

export const channels = ['stdout', 'stderr'] as const;
export type Channel = (typeof channels)[number];

/** Where each stream of a process ends. */
export type Places = Readonly<Record<Channel, Place>>;

/** Each is answered, in order. */
export type LoggerRequest =
  /**
   * Read the pipes of a process from now on. `pid`: one that has them open, or null. The agent has
   * them open until it is answered, so that there is somebody who leaves them. Answered as `mark`.
   */
  | {
      readonly do: 'open';
      readonly fid: string;
      readonly pid: number | null;
      readonly limits: OutputLimits;
    }
  /** Write what the process has written by now. */
  | { readonly do: 'mark'; readonly fid: string }
  /** Read its pipes no longer. */
  | { readonly do: 'close'; readonly fid: string }
  /** Make room for a logger of another release. */
  | { readonly do: 'quit' };

export type LoggerMessage =
  /** The first one. */
  | { readonly type: 'hello'; readonly version: string; readonly pid: number }
  | { readonly type: 'done'; readonly places: Places | null }
  | { readonly type: 'failed'; readonly reason: string }
  /** Output of a process is being lost. It is no answer. */
  | {
      readonly type: 'losing';
      readonly fid: string;
      readonly channel: Channel;
      readonly reason: string;
    };

/** Calls `take` with each line of a stream. What is no JSON ends it: it comes from nobody of ours. */
export const readMessages = <T>(stream: Socket, take: (message: T) => void): void => {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      let message: T;
      try {
        message = JSON.parse(line) as T;
      } catch {
        stream.destroy();
        return;
      }
      take(message);
    }
  });
};

/** Names in the folder of an agent's pipes. */
export const socketName = 'logger.sock';
export const pipeName = (fid: string, channel: Channel): string => `${fid}.${channel}`;

const endings: Readonly<Record<Channel, string>> = { stdout: 'log', stderr: 'err.log' };

/** Name of the file that a stream is written to. */
export const fileName = (fid: string, channel: Channel): string => `${fid}.${endings[channel]}`;
