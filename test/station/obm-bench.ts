/** A station, an OBM daemon, and what stands between them. */

import type { Test } from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { host, openStation, until } from './harness.ts';
import type { Answer, Asked, Choices, InProcess } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';

/** Another machine than `host`. */
export const other = 'node2.halcyon.example';

interface BenchChoices {
  readonly isLogged?: boolean | undefined;
  readonly poll?: number | undefined;
}

/** No OBM is registered any more at a daemon, and so no token and no connection is of any. */
export const forget = async (daemon: Daemon): Promise<void> => {
  const { text } = await daemon.asAdmin('GET', '/v2/obms');
  for (const { label } of (JSON.parse(text) as { obms: { label: string }[] }).obms) {
    const { status } = await daemon.asAdmin('DELETE', `/node/${label}`);
    if (status !== 200) throw new Error(`${label} is not forgotten: ${status}`);
  }
};

export class Bench {
  readonly station: InProcess;
  readonly daemon: Daemon;
  readonly proxy: ObmdProxy;
  /** Of the tokens so far that were looked at: how many there were, and which were taken. */
  #looked = 0;
  #good: string[] = [];

  private constructor(station: InProcess, daemon: Daemon, proxy: ObmdProxy) {
    this.station = station;
    this.daemon = daemon;
    this.proxy = proxy;
  }

  /**
   * A daemon, for `set` to make a bench of it for each of several tests.
   *
   * @param poll s from one look of the daemon to the next; 0: it looks at nothing by itself
   */
  static daemon(t: Test, { isLogged = false, poll = 0 }: BenchChoices = {}): Promise<Daemon> {
    const flags = isLogged ? [] : ['--no-console-log'];
    return Daemon.start(t, ['--poll', `${poll}`, ...flags]);
  }

  /**
   * @param daemon one that runs already, if not one of its own: it forgets what it knows
   * @param poll as for `daemon`
   */
  static async set(
    t: Test,
    {
      daemon: running,
      isLogged,
      poll,
      station: choices = {},
    }: BenchChoices & { readonly daemon?: Daemon; readonly station?: Choices } = {},
  ): Promise<Bench> {
    if (running) await forget(running);
    const daemon = running ?? (await Bench.daemon(t, { isLogged, poll }));
    const proxy = await ObmdProxy.start(t, () => daemon.url);
    const station = await openStation(t, choices);
    await station.fill();
    return new Bench(station, daemon, proxy);
  }

  get body(): Record<string, unknown> {
    return { obmd: this.proxy.url, admin_token: this.daemon.admin, type: 'dummy', info: {} };
  }

  register(change: object = {}, fqdn = host): Promise<Answer> {
    return this.station.ask('PUT', `/hosts/${fqdn}/obm`, { ...this.body, ...change });
  }

  unregister(fqdn = host): Promise<Answer> {
    return this.station.ask('DELETE', `/hosts/${fqdn}/obm`);
  }

  turn(verb: 'enable' | 'disable' | 'reissue', fqdn = host, asked: Asked = {}): Promise<Answer> {
    return this.station.ask('POST', `/hosts/${fqdn}/obm/${verb}`, undefined, asked);
  }

  async state(fqdn = host): Promise<string> {
    const { body } = await this.station.ask('GET', `/hosts/${fqdn}/obm`);
    return body.state as string;
  }

  /** Those of all tokens ever given out that the daemon takes now. */
  async good(label = host): Promise<string[]> {
    return this.#taken(label, this.proxy.tokens);
  }

  /** Those that the daemon takes now of the tokens that it took when it was last looked, or has given out since. */
  async stillGood(label = host): Promise<string[]> {
    const asked = [...this.#good, ...this.proxy.tokens.slice(this.#looked)];
    this.#looked = this.proxy.tokens.length;
    this.#good = await this.#taken(label, asked);
    return this.#good;
  }

  async #taken(label: string, tokens: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const token of tokens) {
      const { status } = await this.daemon.ask('GET', `/node/${label}/power_status?token=${token}`);
      if (status === 200) found.push(token);
    }
    return found;
  }

  /** Takes everything back: no OBM is registered anywhere, and no token was given out. */
  async clear(): Promise<void> {
    const { ask } = this.station;
    for (const { host: fqdn } of (await ask('GET', '/obms')).body.items as { host: string }[])
      for (const done of [await this.turn('disable', fqdn), await this.unregister(fqdn)])
        if (done.status !== 200) throw new Error(done.text);
    await forget(this.daemon);
    for (const list of [this.proxy.tokens, this.proxy.calls]) list.length = 0;
    this.#looked = 0;
    this.#good = [];
  }

  /** What the log of the station holds of what the daemon has told of a machine, in order. */
  async news(fqdn = host): Promise<{ readonly type: string; readonly data: object }[]> {
    const { body } = await this.station.ask('GET', '/events?limit=10000');
    const { events } = body as {
      events: { type: string; data: { fqdn?: string; seen?: number } }[];
    };
    return events.filter(({ data }) => data.fqdn === fqdn && data.seen !== undefined);
  }

  /** The first so many of one type, once they are there. */
  async hears(type: string, times = 1, fqdn = host): Promise<{ readonly data: object }[]> {
    return until(`${times} ${type}`, async () => {
      const found = (await this.news(fqdn)).filter((event) => event.type === type);
      return found.length >= times ? found : null;
    });
  }

  /** The station knows from where on it follows the daemon. */
  async follows(): Promise<void> {
    const { station } = this.station;
    await until('it is followed', () => station.graph.get('feed', this.proxy.url));
  }

  /** The token that the station would use. */
  held(fqdn = host): string | undefined {
    const { graph, secrets } = this.station.station;
    const epoch = graph.get('registration', fqdn)?.token ?? null;
    return epoch === null ? undefined : secrets.get(`token of an OBM ${epoch}`)?.password;
  }
}
