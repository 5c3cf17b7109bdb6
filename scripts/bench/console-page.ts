/**
 * The console of a machine in Chromium beside `halctl`, on the same machine: from a key to its echo; and a machine that
 * writes as fast as it can, with Ctrl-C typed meanwhile.
 *
 *     scripts/node scripts/bench/console-page.ts [KEYS [MIB]]
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import type { CDPSession, Page } from 'playwright-core';
import { quantile, report } from './report.ts';
import { withDirectory } from './station.ts';

const keys = Number(process.argv[2] ?? '200');
const floodBytes = Number(process.argv[3] ?? '50') * 1024 * 1024;
const bytesPerSecond = 10_000_000;
const scripts = join(import.meta.dirname, '..');
const host = 'n1.example';

/** The machine: gives back what is typed, and writes what it is told to. */
class Machine {
  #socket: Socket | undefined;
  interrupted: () => void = () => undefined;
  readonly #server = createServer((socket) => {
    this.#socket = socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes(3)) this.interrupted();
      else socket.write(bytes);
    });
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async flood(bytes: number): Promise<void> {
    const text = Array.from({ length: 512 }, (_, i) => `${String(i).padEnd(126, '.')}\r\n`).join(
      '',
    );
    const piece = Buffer.from(text);
    const began = performance.now();
    for (let sent = 0; sent < bytes; sent += piece.length) {
      if (!this.#socket!.write(piece)) await once(this.#socket!, 'drain');
      const early = (sent / bytesPerSecond) * 1000 - (performance.now() - began);
      if (early > 1) await wait(early);
    }
    this.#socket!.write('\r\nthe flood is over\r\n');
  }

  stop(): void {
    this.#socket?.destroy();
    this.#server.close();
  }
}

const children: ChildProcess[] = [];

/** A program of this checkout; resolves with what it says, as `parts` take it. */
const start = async (words: readonly string[], parts: readonly RegExp[]): Promise<string[]> => {
  const child = spawn(join(scripts, 'halcyon'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let said = '';
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    said += piece.toString();
    const found = parts.map((part) => part.exec(said)?.[1]);
    if (found.every((one) => one !== undefined)) {
      child.stdout.resume();
      return found;
    }
  }
  throw new Error(`${words[0]} ended: ${said}`);
};

/** Ms from each key to its echo on the screen: both looked at where they are. */
const inBrowser = async (page: Page): Promise<number[]> => {
  await page.evaluate(() => {
    const taken: number[] = [];
    Object.assign(window, { taken });
    let began: number | null = null;
    window.addEventListener('keydown', () => (began = performance.now()), { capture: true });
    new MutationObserver(() => {
      if (began !== null) taken.push(performance.now() - began);
      began = null;
    }).observe(document.querySelector('.xterm-rows')!, {
      ...{ childList: true, subtree: true, characterData: true },
    });
  });
  const count = (): Promise<number> =>
    page.evaluate(() => (window as unknown as { taken: number[] }).taken.length);
  for (let i = 0; i < keys; i += 1) {
    await page.keyboard.press('x');
    while ((await count()) <= i) await wait(2);
  }
  return page.evaluate(() => (window as unknown as { taken: number[] }).taken);
};

/** The same at a terminal. */
const byHalctl = async (env: NodeJS.ProcessEnv): Promise<number[]> => {
  const command = `${join(scripts, 'halctl')} obm console ${host} --take`;
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  let said = '';
  let echo = (): void => undefined;
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
    echo();
  });
  while (!said.includes('~? tells')) await wait(50);
  await wait(1000);
  const taken: number[] = [];
  for (let i = 0; i < keys; i += 1) {
    const came = new Promise<void>((resolve) => (echo = resolve));
    const began = performance.now();
    child.stdin.write('x');
    await came;
    taken.push(performance.now() - began);
    await wait(5);
  }
  child.stdin.write('\r~.');
  await once(child, 'close');
  return taken;
};

/** Bytes of scripts that Chromium says the page holds. */
const heapOf = async (session: CDPSession): Promise<number> => {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value;
};

interface Flood {
  readonly ctrlC: number;
  readonly heap: number;
  readonly skipped: number;
  readonly over: number;
}

const flooded = async (page: Page, machine: Machine): Promise<Flood> => {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const flood = machine.flood(floodBytes);
  await wait(2000);
  const came = new Promise<number>((resolve) => {
    machine.interrupted = () => resolve(performance.now());
  });
  const pressed = performance.now();
  await page.keyboard.press('Control+c');
  const ctrlC = (await came) - pressed;
  let heap = 0;
  let isOver = false;
  void flood.then(() => (isOver = true));
  while (!isOver) {
    heap = Math.max(heap, await heapOf(session));
    await wait(200);
  }
  const ended = performance.now();
  await page.locator('.xterm-rows', { hasText: 'the flood is over' }).waitFor();
  const over = performance.now() - ended;
  const status = await page.locator('.console-status').innerText();
  const skipped = Number(/([\d,]+) bytes skipped/.exec(status)?.[1]?.replaceAll(',', '') ?? 0);
  return { ctrlC, heap, skipped, over };
};

await withDirectory(async (directory) => {
  const machine = new Machine();
  const address = await machine.start();
  const listen = ['--listen', '127.0.0.1:0'];
  const [obmd, obmdAdmin] = await start(
    ['obmd', '--data', join(directory, 'obmd'), ...listen, '--poll', '0'],
    [/listening on (\S+)/, /^admin token: (\S+)/m],
  );
  const [url, admin] = await start(
    ['station', '--data', join(directory, 'station'), ...listen],
    [/^listening on (\S+)$/m, /^bootstrap admin token: (\S+)$/m],
  );
  const ask = async (method: string, path: string, body?: object): Promise<void> => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${admin}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  };
  const token = join(directory, 'token');
  writeFileSync(token, admin!, { mode: 0o600 });
  const env = { HALCYON_STATION: url!, HALCYON_TOKEN_FILE: token };
  const added = spawn(join(scripts, 'halctl'), ['system', 'node', 'add', host], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(added, 'close');
  await ask('PUT', `/hosts/${host}/obm`, {
    ...{ obmd, admin_token: obmdAdmin, type: 'dummy', info: { addr: address } },
  });
  await ask('POST', `/hosts/${host}/obm/enable`);

  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
  const page = await browser.newPage();
  await page.goto(`${url}/machines/${host}/console`);
  await page.getByRole('button', { name: 'By a token' }).click();
  await page.getByLabel('Token').fill(admin!);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Type here' }).click();
  await page.getByRole('status').filter({ hasText: 'you type' }).first().waitFor();
  const echoes = await inBrowser(page);
  const flood = await flooded(page, machine);
  await browser.close();
  const terminal = await byHalctl(env);
  const more = (share: number): number => quantile(echoes, share) - quantile(terminal, share);
  const limit = { name: 'ms', value: 30 };
  report('console page', [
    { name: 'a key and its echo in Chromium, p50', value: quantile(echoes, 0.5), unit: 'ms' },
    { name: 'a key and its echo in Chromium, p99', value: quantile(echoes, 0.99), unit: 'ms' },
    {
      ...{ name: 'what that is more than by halctl, p50', value: more(0.5), unit: 'ms' },
      ...{ limit, target: { atMost: 1 } },
    },
    {
      ...{ name: 'what that is more than by halctl, p99', value: more(0.99), unit: 'ms' },
      ...{ limit, target: { atMost: 1 } },
    },
    {
      ...{ name: 'Ctrl-C at the machine while it floods', value: flood.ctrlC, unit: 'ms' },
      ...{ limit: { name: 'one second, ms', value: 1000 }, target: { atMost: 1 } },
    },
    {
      ...{ name: 'heap of the page meanwhile', value: flood.heap / 1e6, unit: 'MB' },
      ...{ limit: { name: 'MB', value: 150 }, target: { atMost: 1 } },
    },
    {
      ...{ name: 'skipped, and counted', value: flood.skipped / 1e6, unit: 'MB' },
      limit: { name: 'written, MB', value: floodBytes / 1e6 },
    },
    { name: 'from the end of the flood to its last line', value: flood.over, unit: 'ms' },
  ]);
  machine.stop();
  for (const child of children) if (child.exitCode === null) child.kill();
});
