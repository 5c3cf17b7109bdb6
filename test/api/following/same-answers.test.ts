/** What a following station answers by itself is what the one that leads answers. */

import t from 'tap';
import { endpoints } from '../../../src/contract/catalogue.ts';
import type { Endpoint } from '../../../src/contract/endpoint.ts';
import { host } from '../../station/harness.ts';
import type { Answer, Json } from '../../station/harness.ts';
import { stations } from './stations.ts';

/** Of what it is asked: the parts of the path, and what a query has to have. */
const asked = async (ask: (path: string) => Promise<Answer>): Promise<Record<string, string>> => {
  const processes = (await ask('/processes')).body.items as Json[];
  const nodes = (await ask('/nodes')).body.items as Json[];
  const operations = (await ask('/operations')).body.items as Json[];
  return {
    fqdn: host,
    fid: processes[0].fid,
    node: nodes[0].fid,
    operation: String(operations[0].id),
  };
};

t.test('whichever station is asked, the answer is the same at one revision', async (t) => {
  const { members, settled, leader } = await stations(t, ['one', 'two', 'three']);
  const [one] = members;
  const { body } = await one!.ask('GET', '/processes?host=node1.halcyon.example');
  const { fid } = body.items.find(({ ownership }: Json) => ownership === 'managed');
  for (const [method, path, sent] of [
    ['POST', '/projects', { name: 'tomography' }],
    ['POST', `/hosts/${host}/notes`, { text: 'looked at' }],
    ['POST', `/processes/${fid}/start`, undefined],
    ['PUT', `/hosts/${host}/maintenance`, { reason: 'fan' }],
  ] as const)
    t.ok((await one!.ask(method, path, sent)).status < 300, path);
  await settled();
  const parts = await asked((path) => one!.ask('GET', path));
  const valueOf = (path: string, name: string): string => {
    if (name === 'fid') return path.includes('/nodes/') ? parts.node! : parts.fid!;
    if (name === 'id') return path.includes('/operations/') ? parts.operation! : parts.fid!;
    if (name === 'name') return path.includes('/projects/') ? 'tomography' : 'clovis-app';
    return parts[name] ?? 'x';
  };
  t.equal(await leader(), one);
  const now = Date.now();
  let compared = 0;
  for (const [name, { method, path, answeredBy, query }] of Object.entries<Endpoint>(endpoints)) {
    if (method !== 'GET' || answeredBy !== 'any') continue;
    const at = path
      .replace('/api/v1', '')
      .replaceAll(/:(\w+)/g, (_, part: string) => encodeURIComponent(valueOf(path, part)));
    const more = { whetherAllowed: '&action=operate', logMoments: `&until=${now}` }[name] ?? '';
    const first = `?at_least=${one!.station.head}${more}`;
    t.ok('at_least' in query, name);
    const answers = await Promise.all(members.map((member) => member.ask('GET', at + first)));
    const shown = answers.map(({ status, text }) => [status, stable(text)]);
    t.ok(
      name === 'getObm' || name === 'getCampaign' || answers[0]!.status === 200,
      `${name}: ${answers[0]!.text}`,
    );
    for (const answer of shown.slice(1)) t.same(answer, shown[0], name);
    compared += 1;
  }
  t.ok(compared > 30, `${compared} endpoints`);
});

/** Without the id of the request, and the time at which it was asked. */
const stable = (text: string): string =>
  text.replace(/"instance":"[^"]*"/, '').replace(/^(\{"at":)\d+/, '$1');

t.test('who has changed something through a follower reads it there at once', async (t) => {
  const { followers } = await stations(t, ['one', 'two']);
  const [two] = await followers();
  for (let i = 0; i < 20; i += 1) {
    t.equal((await two!.ask('POST', '/projects', { name: `p${i}` })).status, 201);
    t.equal((await two!.ask('GET', `/projects/p${i}`)).status, 200);
  }
  const session = await two!.ask('POST', '/tokens', { name: 'x', role: 'viewer' });
  const { token } = session.body;
  t.equal((await two!.ask('GET', '/whoami', undefined, { token })).status, 200);
  t.equal((await two!.ask('GET', '/fleet', undefined, { token })).status, 200);
});
