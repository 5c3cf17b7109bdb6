/** `halcyon obmd` as a process, and a client of obmd's API: the words are those of curl, not of our own client. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { Executable } from '../agent/executable.ts';
import { keptIn, processes } from './secret-search.ts';

export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly type: string | null;
  readonly headers: Headers;
}

export class Daemon {
  readonly folder: string;
  url = '';
  admin = '';
  process!: Executable;
  /** What earlier processes of it have said. */
  #said = '';
  /** Every password and token that was used. */
  readonly #secrets = new Set<string>();
  readonly #t: Test;
  readonly #flags: readonly string[];

  private constructor(t: Test, flags: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), 'halcyon-obmd-'));
    this.#t = t;
    this.#flags = flags;
  }

  /**
   * Runs until the test ends, which fails where anything that it was told in confidence stands in the clear then.
   *
   * @param admin token of its administrator, where it does not make one
   */
  static async start(t: Test, flags: readonly string[] = [], admin?: string): Promise<Daemon> {
    const daemon = new Daemon(t, flags);
    t.teardown(async () => {
      const { shown } = daemon;
      await daemon.process.stop('SIGKILL');
      rmSync(daemon.folder, { recursive: true, force: true });
      if (shown.length > 0) throw new Error(`in the clear: ${shown.join(', ')}`);
    });
    await daemon.run();
    daemon.admin = admin ?? (await daemon.process.says(/^admin token: (\S+)/m));
    return daemon;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** Starts it, or starts it again on what it left. */
  async run(): Promise<void> {
    const listen = this.url === '' ? '127.0.0.1:0' : new URL(this.url).host;
    const flags = ['--data', this.data, '--listen', listen, ...this.#flags];
    if (this.url !== '') this.#said += this.process.stdout + this.process.stderr;
    this.process = new Executable(this.#t, ['obmd', ...flags]);
    this.url = await this.process.says(/listening on (\S+)/);
  }

  async ask(
    method: string,
    path: string,
    body?: string | object,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
    });
    const { status, headers: told } = answer;
    const said = await answer.text();
    this.#keep(text ?? '', said);
    return { status, text: said, type: told.get('content-type'), headers: told };
  }

  asAdmin(method: string, path: string, body?: string | object): Promise<Answered> {
    const basic = Buffer.from(`admin:${this.admin}`).toString('base64');
    return this.ask(method, path, body, { authorization: `Basic ${basic}` });
  }

  async register(label: string, type: string, info: object): Promise<void> {
    const { status, text } = await this.asAdmin('PUT', `/node/${label}`, { type, info });
    if (status !== 200) throw new Error(`not registered: ${status} ${text}`);
  }

  /** Registers, and gives the token of the OBM. */
  async lend(label: string, type: string, info: object): Promise<string> {
    await this.register(label, type, info);
    return this.token(label);
  }

  async token(label: string): Promise<string> {
    const { text } = await this.asAdmin('POST', `/node/${label}/token`);
    return (JSON.parse(text) as { token: string }).token;
  }

  async power(label: string, token: string): Promise<string> {
    const { status, text } = await this.ask('GET', `/node/${label}/power_status?token=${token}`);
    return status === 200 ? (JSON.parse(text) as { power_status: string }).power_status : text;
  }

  /** All that it has ever said. */
  get said(): string {
    return this.#said + this.process.stdout + this.process.stderr;
  }

  /** All that it keeps and has said, and what every process on this machine shows of itself, as one text. */
  get everything(): string {
    return [keptIn(this.data), processes(), this.said].join('\n');
  }

  /** The secrets that stand somewhere in the clear; the administrator's is shown once, where it is made. */
  get shown(): string[] {
    const everything = this.everything.replace(`admin token: ${this.admin}\n`, '');
    return [this.admin, ...this.#secrets].filter((secret) =>
      formsOf(secret).some((form) => everything.includes(form)),
    );
  }

  /** What is said in confidence, either way. Short passwords stand anywhere by chance. */
  #keep(...texts: string[]): void {
    const secret = /"(?:pass|kg|token|ticket)":"([^"\\]{8,})"/g;
    for (const text of texts)
      for (const [, found = ''] of text.matchAll(secret)) this.#secrets.add(found);
  }
}

/** As it is, and as it may be hidden: in base64, and a token by its bytes. */
const formsOf = (secret: string): string[] => {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  const isToken = /^[0-9a-f]{32,}$/.test(secret);
  return [secret, base64, ...(isToken ? [Buffer.from(secret, 'hex').toString('latin1')] : [])];
};

/** What a simulated BMC is registered with. */
export const ipmiInfo = (port: number, more: object = {}): object => ({
  ...{ addr: '127.0.0.1', port, user: 'obmd', pass: 'dear-to-all-bmcs', suites: [3] },
  ...more,
});
