/** A station, an OBM daemon, and what stands between them. */

import type { Test } from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { host, openStation, until } from './harness.ts';
import type { Answer, Asked, InProcess } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';

/** Another machine than `host`. */
export const other = 'node2.halcyon.example';

export class Bench {
  readonly station: InProcess;
  readonly daemon: Daemon;
  readonly proxy: ObmdProxy;

  private constructor(station: InProcess, daemon: Daemon, proxy: ObmdProxy) {
    this.station = station;
    this.daemon = daemon;
    this.proxy = proxy;
  }

  /** @param poll s from one look of the daemon to the next; 0: it looks at nothing by itself */
  static async set(
    t: Test,
    { isLogged = false, poll = 0, station: choices = {} } = {},
  ): Promise<Bench> {
    const flags = isLogged ? [] : ['--no-console-log'];
    const daemon = await Daemon.start(t, ['--poll', `${poll}`, ...flags]);
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
    const found: string[] = [];
    for (const token of this.proxy.tokens) {
      const { status } = await this.daemon.ask('GET', `/node/${label}/power_status?token=${token}`);
      if (status === 200) found.push(token);
    }
    return found;
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
