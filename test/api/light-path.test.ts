/** The short way of what comes by the thousand: the same answers, byte for byte, as the framework's. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import fastify from 'fastify';
import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import t from 'tap';
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { Admission } from '../../src/api/admission.ts';
import { Connections } from '../../src/api/connections.ts';
import { takeExactJson } from '../../src/api/json-body.ts';
import { LightPath } from '../../src/api/light-path.ts';
import { AnsweredProblems } from '../../src/api/problems.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { host, openStation, reported } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';

/** What differs from one answer to the next. */
const changing = [
  /^date: .*\r\n/im,
  /urn:uuid:[0-9a-f-]{36}/,
  /"revision":\d+/g,
  /^halcyon-revision: \d+/im,
];

const exchange = (port: number, head: readonly string[], body: Buffer | string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (data: Buffer) => (said += data.toString('latin1')));
    socket.on('close', () => resolve(changing.reduce((text, one) => text.replace(one, ''), said)));
    socket.on('error', reject);
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(body);
  });

t.test('both ways answer the same, byte for byte', async (t) => {
  const { app, ask, admin, fill, tokenOf } = await openStation(t);
  await fill();
  const added = await ask('POST', '/processes', {
    host,
    role: 'clovis-app',
    overrides: { multiplicity: 2 },
    tokens: true,
  });
  const [own, other] = added.body.processes.filter(({ role }: Json) => role === 'clovis-app');
  const viewer = await tokenOf('viewer');
  const agent = await tokenOf('agent');
  const bound = await tokenOf('agent', { host: 'another.example' });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  await ask('PUT', `/processes/${own.fid}/state`, { state: 'online' });
  await ask('PUT', `/processes/${own.fid}/lease`, { seconds: 3600 });
  const usual: string[] = [];
  const note = (message: unknown): void => {
    const { request } = message as { request: FastifyRequest };
    usual.push(`${request.method} ${request.url}`);
  };
  subscribe('tracing:fastify.request.handler:start', note);
  t.teardown(() => unsubscribe('tracing:fastify.request.handler:start', note));
  const facts = `/hosts/${host}/facts`;
  const state = `/processes/${own.fid}/state`;
  const lease = `/processes/${own.fid}/lease`;
  const configuration = `/processes/${own.fid}/configuration`;
  const online = { state: 'online' };
  const right = reported('10.0.0.3');
  const deep = `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`;

  type Case = readonly [
    method: string,
    path: string,
    body?: unknown,
    token?: string | null,
    header?: string,
  ];
  const cases: readonly Case[] = [
    ['PUT', facts, right],
    ['PUT', facts, right, agent],
    ['PUT', `${facts}?dry_run=true`, { ...right, cpus: 99 }],
    ['PUT', `${facts}?dry_run=perhaps`, right],
    ['PUT', `${facts}?odd=1`, right],
    ['PUT', facts, right, null],
    ['PUT', facts, right, 'hal_0123456789ab_wrong'],
    ['PUT', facts, right, `${admin}x`],
    ['PUT', facts, right, viewer],
    ['PUT', facts, right, own.token],
    ['PUT', facts, right, bound],
    ['PUT', facts, { ...right, agent: 'another' }],
    ['PUT', '/hosts/UPPER.example/facts', right],
    ['PUT', `/hosts/${'a'.repeat(300)}/facts`, right],
    ['PUT', `/hosts/${'a'.repeat(600)}/facts`, right],
    ['PUT', '/hosts/new.example/facts', { ...right, address: undefined }],
    ['PUT', facts, { ...right, cpus: 0 }],
    ['PUT', facts, { ...right, memory_mib: undefined }],
    ['PUT', facts, right, admin, 'if-match: 999999'],
    ['PUT', facts, right, admin, 'if-match: x'],
    ['PUT', facts, ''],
    ['PUT', facts, '{}'],
    ['PUT', facts, '[]'],
    ['PUT', facts, 'null'],
    ['PUT', facts, '{"agent":'],
    ['PUT', facts, '{"agent":"a","agent":"b"}'],
    ['PUT', facts, '{"__proto__":{"x":1}}'],
    ['PUT', facts, '{"constructor":{"prototype":1}}'],
    ['PUT', facts, '{"agent":"\\ud800"}'],
    ['PUT', facts, Buffer.from([0x22, 0xff, 0x22])],
    ['PUT', facts, '{"cpus":1e400}'],
    ['PUT', facts, '{"cpus":9007199254740993}'],
    ['PUT', facts, deep],
    ['PUT', facts, JSON.stringify(right).padEnd(64 * 1024)],
    ['PUT', facts, JSON.stringify(right).padEnd(64 * 1024 + 1)],
    ['PUT', state, online, own.token],
    ['PUT', state, online, own.token],
    ['PUT', state, online, other.token],
    ['PUT', state, online, viewer],
    ['PUT', state, online, agent],
    ['PUT', state, { state: 'inhibited' }, own.token],
    ['PUT', state, { state: 'online', x: 1 }, own.token],
    ['PUT', '/processes/nonsense/state', online],
    ['PUT', '/processes/0x7200000000000001:0xfff/state', online],
    ['PUT', state, JSON.stringify(online).padEnd(16 * 1024 + 1)],
    ['PUT', lease, { seconds: 3600 }, own.token],
    ['PUT', lease, { seconds: 0 }, own.token],
    ['PUT', lease, {}, own.token],
    ['GET', configuration, undefined, own.token],
    ['GET', configuration, undefined, other.token],
    ['GET', configuration, undefined, agent],
    ['GET', configuration, undefined, null],
    ['GET', `${configuration}?format=env`, undefined, own.token],
    ['GET', `${configuration}?format=yaml`, undefined, viewer],
    ['GET', `${configuration}?format=xml`, undefined, viewer],
    ['GET', `${configuration}?at=1`, undefined, viewer],
    ['GET', configuration, undefined, viewer, 'if-none-match: *'],
    ['GET', configuration, undefined, viewer, 'if-none-match: "x"'],
    ['GET', '/processes/0x7200000000000001:0xfff/configuration'],
  ];
  const bytesOf = (body: unknown): Buffer | string =>
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
      ? (body ?? '')
      : JSON.stringify(body);
  /** @param plain without it, it says no less, and goes the framework's way */
  const send = async ([method, path, body, token = admin, header]: Case, plain: boolean) => {
    const bytes = bytesOf(body);
    const length = `content-length: ${Buffer.byteLength(bytes)}`;
    const type = `content-type: application/json${plain ? '' : '; charset=utf-8'}`;
    const [first, ...rest] = path.split(':');
    const url =
      plain || rest.length === 0 || method !== 'GET' ? path : [first, ...rest].join('%3a');
    return exchange(
      port,
      [
        `${method} /api/v1${url} HTTP/1.1`,
        'host: station',
        'connection: close',
        ...(token === null ? [] : [`authorization: Bearer ${token}`]),
        ...(body === undefined ? [] : [type, length]),
        ...(header === undefined ? [] : [header]),
      ],
      bytes,
    );
  };
  for (const one of cases) {
    const [method, path, body] = one;
    const what = `${method} ${path.slice(0, 80)} ${String(bytesOf(body)).slice(0, 60)}`;
    usual.length = 0;
    const slow = await send(one, false);
    const handled = usual.length;
    const fast = await send(one, true);
    if (fast.startsWith('HTTP/1.1 200 ') && !path.includes('at='))
      t.same([handled, usual.length], [1, 1], `${what} went both ways`);
    t.match(fast, /^HTTP\/1\.1 \d{3} /, what);
    t.equal(fast, slow, what);
  }
});

t.test('a body is what its check has made of it, on both ways', async (t) => {
  const compile: FastifySchemaCompiler<TSchema> =
    ({ schema }) =>
    (data: unknown) => ({ value: Value.Convert(schema, data) });
  const light = new LightPath(compile);
  const connections = new Connections();
  const app = fastify({
    serverFactory: (handler) => {
      const server = createServer(light.listener(handler));
      connections.watch(server);
      return server;
    },
  });
  t.teardown(() => app.close());
  app.setValidatorCompiler(compile as never);
  const parse = takeExactJson(app);
  const body = Type.Object({ seconds: Type.Number() });
  const handler = ({ body: taken }: FastifyRequest): unknown => taken;
  let usual = 0;
  app.put('/lease', { schema: { body } }, (request) => {
    usual += 1;
    return handler(request);
  });
  const endpoint = { method: 'PUT', path: '/lease', params: {}, query: {}, headers: {}, body };
  light.add(endpoint as unknown as Endpoint, { access: 'operator' }, handler);
  const credential = { id: '0123456789ab', role: 'admin' } as never;
  const admission = new Admission();
  const authenticate = () => credential;
  const graph = () => new Graph();
  light.open({
    isOpen: () => true,
    authenticate,
    graph,
    connections,
    admission,
    parse,
    problemOf: new AnsweredProblems().answerTo,
    log: app.log,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  for (const type of ['application/json', 'application/json; charset=utf-8']) {
    const sent = { method: 'PUT', headers: { 'content-type': type }, body: '{"seconds":"7"}' };
    const answer = await fetch(`${url}/lease`, sent);
    t.equal(await answer.text(), '{"seconds":7}', type);
  }
  t.equal(usual, 1, 'one went each way');
});
