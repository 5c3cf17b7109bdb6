/** Who looks at a console as a stream of bytes. */

import type { Daemon } from './daemon.ts';

export interface Viewing {
  readonly status: number;
  readonly type: string | null;
  /** All that has come so far. */
  readonly text: () => string;
  /** How it ended. */
  readonly ended: Promise<string>;
  readonly stop: () => void;
}

/** Looks at a console by a URL, as obmd's clients do, until it ends or is stopped. */
export const viewing = async (
  daemon: Daemon,
  path: string,
  headers: Record<string, string> = {},
): Promise<Viewing> => {
  const stop = new AbortController();
  const answer = await fetch(`${daemon.url}${path}`, { signal: stop.signal, headers });
  let text = '';
  const read = async (): Promise<string> => {
    try {
      for await (const bytes of answer.body!) text += Buffer.from(bytes).toString('latin1');
      return 'end';
    } catch (error) {
      return (error as Error).name;
    }
  };
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    text: () => text,
    ended: read(),
    stop: () => stop.abort(),
  };
};
