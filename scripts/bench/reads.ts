/** Configuration reads over HTTP while 10,000 NodeUps arrive over WebSockets. */

import { Pool } from 'undici';
import { report, quantile } from './report.ts';
import { Reporter } from './reporter.ts';
import { startStation } from './server.ts';
import { factsOf, fqdn, withDirectory } from './station.ts';

const hosts = 100;
const reports = 10_000;
const readers = 16;
const reporters = 64;

const roleText = `- role: app
  processes:
    - name: app
      ownership: independent
      endpoint: "{{ lnid }}:12345:41:302"
      multiplicity: 10
      services: [RMS]
`;

await withDirectory(async (directory) => {
  const station = await startStation(directory);
  const pool = new Pool(station.url, { connections: readers, pipelining: 1 });
  const headers = { authorization: `Bearer ${station.token}`, 'content-type': 'application/json' };
  const call = async (
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: object,
  ): Promise<unknown> => {
    const reply = await pool.request({
      method,
      path,
      headers,
      body: body ? JSON.stringify(body) : null,
    });
    const text = await reply.body.text();
    if (reply.statusCode >= 300) throw new Error(text);
    return JSON.parse(text);
  };
  const facts = 'cluster: bench\nhosts: []\n';
  await call('POST', '/api/v1/load', {
    facts: { name: 'facts.yaml', text: facts },
    roles: [{ name: 'app.yaml', text: roleText }],
  });
  const fids: string[] = [];
  for (let i = 0; i < hosts; i += 1) {
    await call('PUT', `/api/v1/hosts/${fqdn(i)}/facts`, factsOf(i, 0));
    const added = await call('POST', '/api/v1/processes', { host: fqdn(i), role: 'app' });
    fids.push(...(added as { processes: { fid: string }[] }).processes.map(({ fid }) => fid));
  }

  const agents = await Promise.all(
    Array.from({ length: reporters }, (_, i) => Reporter.connect(station, 1000 + i)),
  );
  const latencies: number[] = [];
  const measure = async (isOver: () => boolean): Promise<number> => {
    latencies.length = 0;
    let next = 0;
    const started = performance.now();
    const reader = async (): Promise<void> => {
      while (!isOver()) {
        const before = performance.now();
        const { statusCode, body } = await pool.request({
          method: 'GET',
          path: `/api/v1/processes/${fids[next++ % fids.length]!}/configuration?format=env`,
          headers,
        });
        await body.dump();
        if (statusCode !== 200) throw new Error(`status ${statusCode}`);
        latencies.push(performance.now() - before);
      }
    };
    await Promise.all(Array.from({ length: readers }, reader));
    return (latencies.length * 1000) / (performance.now() - started);
  };

  const quietUntil = performance.now() + 3000;
  const quiet = await measure(() => performance.now() > quietUntil);
  const quietP99 = quantile(latencies, 0.99);

  let left = reports;
  const arriving = Promise.all(
    agents.map(async (agent) => {
      while (left-- > 0) await agent.report();
    }),
  );
  let arrived = false;
  void arriving.then(() => (arrived = true));
  const began = performance.now();
  const busy = await measure(() => arrived);
  const perSecond = (reports * 1000) / (performance.now() - began);
  report('configuration reads while 10,000 NodeUps arrive', [
    {
      name: 'reads',
      value: busy,
      unit: '/s',
      limit: { name: 'reads with nothing arriving, /s', value: quiet },
      target: { atLeast: 0.35 },
    },
    { name: 'NodeUps meanwhile', value: perSecond, unit: '/s' },
    { name: 'p50', value: quantile(latencies, 0.5), unit: 'ms' },
    {
      name: 'p99',
      value: quantile(latencies, 0.99),
      unit: 'ms',
      limit: { name: 'p99 with nothing arriving, ms', value: quietP99 },
    },
  ]);
  for (const agent of agents) agent.close();
  await pool.close();
  await station.stop();
});
