/** Alerts and dashboard go by what a station really tells, and Prometheus itself takes them. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { parse } from 'yaml';
import { certificate } from '../api/certificate.ts';
import { Exposed } from '../api/exposition.ts';
import { host, openStation, root, temporary, until } from '../station/harness.ts';
import type { InProcess } from '../station/harness.ts';
import { readExpression } from './expression.ts';
import { Prometheus, promtool } from './prometheus.ts';

const packaging = join(root, 'packaging');
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const { groups } = parse(text('packaging/prometheus/halcyon.rules.yml')) as {
  groups: { name: string; rules: Alert[] }[];
};
const alerts = groups.flatMap(({ rules }) => rules);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: object;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string }[];
  };
}

const dashboard = JSON.parse(text('packaging/grafana/halcyon.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** An expression of the dashboard, as Grafana would ask for it. */
const asked = (expression: string): string =>
  expression.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.+');

interface Full extends InProcess {
  /** PEM. */
  readonly certificate: Buffer;
}

const obmd = 'http://127.0.0.1:1';

/** A station that tells of everything there is: with TLS, and an OBM daemon, which was heard once and is away. */
const full = async (t: Test): Promise<Full> => {
  const tls = certificate(temporary(t));
  const station = await openStation(t, { server: { tls } });
  await station.fill();
  const registered = await station.station.submit(
    { type: 'RegisterObm', fqdn: host, obmd, label: 'n3' },
    { actor: 'test' },
    () => null,
  );
  if (!registered.ok) throw new Error(JSON.stringify(registered.rejection));
  const { observed } = station.station.obms;
  const once = { run: 'r', at: 1, more: false, works: [], rows: [] };
  observed.take(obmd, once, station.station.time.now());
  await until('the daemon to be away', () => observed.trouble(obmd));
  return { ...station, certificate: tls.cert };
};

/** The shipped folder, with what an administrator puts beside it. */
const installed = (t: Test, token = 'x', ca: string | Buffer = ''): string => {
  const folder = temporary(t);
  cpSync(join(packaging, 'prometheus'), folder, { recursive: true });
  writeFileSync(join(folder, 'halcyon.token'), `${token}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'station-ca.pem'), ca);
  return folder;
};

t.test('promtool takes alerts and settings, and the alerts come when they should', async (t) => {
  const folder = installed(t);
  const rules = join(folder, 'halcyon.rules.yml');
  t.match(promtool(['check', 'rules', '--lint=all', '--lint-fatal', rules]), { status: 0 });
  const config = join(folder, 'prometheus.yml');
  t.match(promtool(['check', 'config', '--lint=all', '--lint-fatal', config]), {
    status: 0,
    text: new RegExp(`${alerts.length} rules found`),
  });
  t.match(promtool(['test', 'rules', join(folder, 'halcyon.test.yml')]), { status: 0 });
});

t.test('an alert says what it means, what to do, and which page helps', async (t) => {
  const tests = text('packaging/prometheus/halcyon.test.yml');
  const commands = new Set(
    Array.from(
      text('docs/reference/cli.md').matchAll(/^#+ (halctl [\w -]+)$/gm),
      ([, name]) => name!,
    ),
  );
  t.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length, 'no two have one name');
  for (const { alert, labels, annotations } of alerts) {
    const { summary = '', description = '', docs = '' } = annotations;
    t.match(labels.severity, /^(critical|warning)$/, alert);
    t.ok(summary !== '' && description.length > 40, alert);
    const [page = '', anchor] = docs.split('#');
    const headings = Array.from(text(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) => heading);
    if (anchor !== undefined) t.ok(headings.map(anchorOf).includes(anchor), `${alert}: ${docs}`);
    t.ok(tests.includes(`alertname="${alert}"`), `${alert} has a test in which it comes`);
    for (const [, named = ''] of description.matchAll(/`(halctl [^`]+)`/g)) {
      const command = named.replace(/ (--|\{\{).*$/, '');
      t.ok(commands.has(command), `${alert}: ${command}`);
    }
  }
});

/** The name that GitHub gives to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .replace(/ /g, '-');

/** prom-client calls gauges so; there is nothing to be done about it here. */
const knownComplaints = ['handles', 'requests', 'resources'].map(
  (what) => `nodejs_active_${what}_total non-counter metrics should not have "_total" suffix`,
);

t.test('what a station tells is as Prometheus wants it', async (t) => {
  const { ask } = await full(t);
  const answer = await ask('GET', '/metrics');
  t.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const { text: complaints } = promtool(['check', 'metrics'], answer.text);
  t.strictSame(complaints.trim().split('\n').sort(), knownComplaints);
});

/** Of Prometheus itself. */
const itsOwn = new Set(['up', 'ALERTS']);
/** Put to everything by who scrapes. */
const anywhere = ['job', 'instance'];

/** What an expression and its texts name that is not told. */
const unknownIn = (expression: string, texts: string, { samples }: Exposed): string[] => {
  const { selectors, labels } = readExpression(expression);
  const unknown: string[] = [];
  const known = new Set(anywhere);
  for (const { name, matchers } of selectors) {
    if (itsOwn.has(name)) continue;
    const those = samples.filter((one) => one.name === name);
    if (those.length === 0) unknown.push(name);
    for (const label of those.flatMap((one) => Object.keys(one.labels))) known.add(label);
    for (const { label, operator, value } of matchers) {
      if (anywhere.includes(label)) continue;
      const values = new Set(those.map((one) => one.labels[label]));
      for (const word of operator.includes('~') ? value.split('|') : [value])
        if (!values.has(word)) unknown.push(`${name}{${label}="${word}"}`);
    }
  }
  if (selectors.length === 0) unknown.push(`no metric in ${expression}`);
  const named = Array.from(
    texts.matchAll(/\{\{\s*(?:\$labels\.)?([a-z_]+)\b[^}]*\}\}/g),
    ([, name]) => name!,
  );
  for (const label of [...labels, ...named]) if (!known.has(label)) unknown.push(`label ${label}`);
  return unknown;
};

t.test('alerts, dashboard and docs name what a station tells, and nothing else', async (t) => {
  const { ask } = await full(t);
  const exposed = new Exposed((await ask('GET', '/metrics')).text);
  for (const { alert, expr, annotations } of alerts)
    t.strictSame(unknownIn(expr, Object.values(annotations).join(' '), exposed), [], alert);
  for (const { title, targets = [] } of panels)
    for (const { expr, legendFormat } of targets)
      t.strictSame(unknownIn(expr, legendFormat, exposed), [], title);
  const told = [...exposed.types.keys()].filter((name) => name.startsWith('halcyon_')).sort();
  const rows = text('docs/monitoring.md').matchAll(/^\| `(halcyon_\w+)(?:\{([^}]*)\})?` \|/gm);
  const documented = Array.from(rows, ([, name = '', labels = '']) => ({ name, labels }));
  t.strictSame(documented.map(({ name }) => name).sort(), told);
  for (const { name, labels } of documented) {
    const [one] = exposed.samples.filter((sample) => sample.name === name);
    const { le: _le, ...found } = one?.labels ?? {};
    t.equal(Object.keys(found).join(','), labels.replaceAll(' ', ''), `the labels of ${name}`);
  }
});

t.test('a name that is not told would be found', async (t) => {
  const { ask } = await openStation(t);
  const exposed = new Exposed((await ask('GET', '/metrics')).text);
  const of = (expression: string, texts = ''): string[] => unknownIn(expression, texts, exposed);
  t.strictSame(of('sum by (state) (halcyon_hosts{state="down"}) > 0'), []);
  t.strictSame(of('rate(halcyon_commit_seconds_bucket[5m])'), []);
  t.strictSame(of('halcyon_hots > 0'), ['halcyon_hots']);
  t.strictSame(of('halcyon_hosts{state=~"up|dwon"}'), ['halcyon_hosts{state="dwon"}']);
  t.strictSame(of('sum by (stat) (halcyon_hosts)'), ['label stat']);
  t.strictSame(of('halcyon_hosts', '{{ $labels.host }} is down'), ['label host']);
  t.strictSame(of('1 > 0'), ['no metric in 1 > 0']);
});

t.test('the dashboard is whole: Grafana itself is not here to load it', async (t) => {
  t.strictSame(
    dashboard.templating.list.map(({ name, type }) => `${type} ${name}`),
    ['datasource datasource', 'query instance'],
  );
  const ids = dashboard.panels.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length, 'each panel has an id of its own');
  const taken = new Map<string, string>();
  for (const { title, gridPos } of dashboard.panels) {
    t.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, `${title} is within the grid`);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        const other = taken.get(`${x} ${y}`);
        if (other !== undefined) return t.fail(`${title} is on top of ${other}`);
        taken.set(`${x} ${y}`, title);
      }
  }
  const source = { type: 'prometheus', uid: '${datasource}' };
  for (const { title, description = '', datasource, targets = [], fieldConfig } of panels) {
    t.ok(description.length > 10, `${title} says what it shows`);
    t.match(fieldConfig?.defaults.unit, /^(short|s|ops|reqps|bytes)$/, `${title} has a unit`);
    t.strictSame(datasource, source, title);
    t.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    t.ok(targets.length > 0 && targets.every((one) => one.legendFormat !== ''), title);
    for (const one of targets) t.strictSame((one as { datasource?: object }).datasource, source);
  }
});

interface Targets {
  readonly activeTargets: readonly { readonly health: string }[];
}
interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly name: string; readonly health: string }[];
  }[];
}
interface Alerts {
  readonly alerts: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly state: string;
  }[];
}

t.test('Prometheus scrapes a station by the shipped settings, and its alerts come', async (t) => {
  const station = await full(t);
  const token = await station.tokenOf('viewer');
  await station.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = station.app.server.address() as AddressInfo;
  const folder = installed(t, token, station.certificate);
  const config = join(folder, 'prometheus.yml');
  const shipped = readFileSync(config, 'utf8');
  const changed = shipped
    .replace('station.example:7400', `127.0.0.1:${port}`)
    .replaceAll('_interval: 15s', '_interval: 2s');
  t.not(changed, shipped);
  writeFileSync(config, changed);
  const prometheus = await Prometheus.start(t, config);
  await until('the station to be scraped', async () => {
    const { activeTargets } = await prometheus.get<Targets>('targets');
    return activeTargets.some(({ health }) => health === 'up');
  });
  await until('all rules to be evaluated', async () => {
    const { groups } = await prometheus.get<Rules>('rules');
    const rules = groups.flatMap((group) => group.rules);
    t.equal(rules.length, alerts.length);
    const broken = rules.find(({ health }) => health === 'err');
    if (broken) throw new Error(`${broken.name} cannot be evaluated`);
    return rules.every(({ health }) => health === 'ok');
  });
  const pending = await until('an alert about the daemon that is away', async () => {
    const { alerts } = await prometheus.get<Alerts>('alerts');
    return alerts.find(({ labels }) => labels['alertname'] === 'HalcyonObmdAway');
  });
  t.match(pending, { state: 'pending', labels: { severity: 'warning', job: 'halcyon' } });
  const [up] = await prometheus.query('halcyon_hosts{state="up"}');
  t.match(up, { value: 3, metric: { instance: `127.0.0.1:${port}`, job: 'halcyon' } });
  const [waiting] = await prometheus.query('halcyon_certificate_expiry_timestamp_seconds - time()');
  t.ok(waiting!.value > 0);
  for (const { title, targets = [] } of panels)
    for (const { expr } of targets)
      t.ok(Array.isArray(await prometheus.query(asked(expr))), `${title} can be drawn`);
});
