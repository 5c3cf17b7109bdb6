/** Debian's Prometheus and its promtool, on the files that are shipped for them. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { root, until } from '../station/harness.ts';

/** What `scripts/setup` has unpacked, or the machine's own. */
const program = (name: string): string => {
  const unpacked = join(root, 'node_modules', '.debian', 'prometheus', name);
  return existsSync(unpacked) ? unpacked : name;
};

const missing =
  'there is no Prometheus: run scripts/setup, or install what Debian calls prometheus';

export interface Said {
  readonly status: number | null;
  /** On both streams. */
  readonly text: string;
}

export const promtool = (args: readonly string[], input = ''): Said => {
  const options = { input, encoding: 'utf8', timeout: 120_000 } as const;
  const { status, stdout, stderr, error } = spawnSync(program('promtool'), args, options);
  if (error) throw new Error(missing, { cause: error });
  return { status, text: `${stdout}${stderr}` };
};

/** A Prometheus that runs, by its API. */
export class Prometheus {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** @param config file of its settings; what it stores is beside it */
  static async start(t: Test, config: string): Promise<Prometheus> {
    const flags = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(config, '..', 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ];
    const child = spawn(program('prometheus'), flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    child.on('error', (error) => (said = `${missing}: ${error.message}`));
    const ended = once(child, 'close').catch(() => undefined);
    t.teardown(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    const address = await until('a Prometheus that listens', () => {
      if (child.exitCode !== null || child.pid === undefined) throw new Error(said || missing);
      return /msg="Listening on" address=(\S+)/.exec(said)?.[1];
    });
    const url = `http://${address}`;
    // It listens before it answers.
    await until('a Prometheus that is ready', async () => (await fetch(`${url}/-/ready`)).ok);
    return new Prometheus(url);
  }

  /** What it answers to `GET /api/v1/PATH`. @throws {Error} it refuses */
  async get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(query)}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }

  /** The figures of an expression now, with their labels. */
  async query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    interface Found {
      readonly result: { metric: Record<string, string>; value: [number, string] }[];
    }
    const { result } = await this.get<Found>('query', { query: expression });
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }
}
