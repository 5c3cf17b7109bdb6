/**
 * A Redfish service on loopback, laid out as DMTF's schemas are, with the quirks of real ones to switch on. It counts
 * what was carried out, not what was answered.
 */

import { execFileSync } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

type Json = Record<string, unknown>;

export const credentials = { user: 'admin', pass: 'a secret of 17 ch' };

export interface Quirks {
  /** Sessions that it can have. */
  sessionsMax: number;
  /** `Location` of a new session. */
  location: 'path' | 'foreign' | 'missing';
  /** Reset types are told by ActionInfo only, and which. */
  actionInfo: boolean;
  offered: string[] | null;
  /** What `PowerState` is, whatever is true; `absent`: nothing is said. */
  state: 'true' | 'null' | 'absent' | 'PoweringOn' | 'PoweringOff';
  /** Answers an order with this instead; null: 204. */
  resetStatus: number | null;
  /** Orders are carried out, or not. */
  obeys: boolean;
  /** Breaks the connection: on the way of an order before it is read, or after it was carried out. */
  cut: 'no' | 'before' | 'after' | 'in-answer';
  /** Changes need `If-Match`; or the tag is another each time for so many reads. */
  needsTag: boolean;
  tagless: boolean;
  staleTags: number;
  /** Paths with a slash at their end are not known, although links have one. */
  slashless: boolean;
  /** Fields that are left out of a change of `Boot` fall back. */
  forgetful: boolean;
  /** Has no session service; what has none takes a password each time. */
  sessionless: boolean;
  /** Paths that answer with this status. */
  dead: Map<string, number>;
  /** How many of the next requests are answered 503 at first. */
  notReady: number;
  /** Sessions are forgotten after each so many requests; 0: never. */
  forgetsAfter: number;
  /** How many of the next requests are answered 401 although the session is there. */
  doubts: number;
  /** Of the reads each so many is cut off; 0: none. */
  cutsEach: number;
}

const usual = (): Quirks => ({
  ...{ sessionsMax: 8, location: 'path', actionInfo: false, state: 'true', resetStatus: null },
  offered: ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart', 'PowerCycle', 'Nmi'],
  ...{
    obeys: true,
    cut: 'no',
    needsTag: false,
    tagless: false,
    staleTags: 0,
    slashless: false,
    forgetful: false,
  },
  ...{
    sessionless: false,
    dead: new Map<string, number>(),
    notReady: 0,
    forgetsAfter: 0,
    doubts: 0,
  },
  cutsEach: 0,
});

const uuids = ['4c4c4544-0051-3510-8052-b4c04f4a3532', '5c4c4544-0051-3510-8052-b4c04f4a3533'];
const root = '/redfish/v1';

export class RedfishService {
  readonly quirks = usual();
  readonly certificate: string;
  readonly #server: Server;
  readonly #sessions = new Map<string, string>();
  /** Everything that was asked, `GET /redfish/v1/`. */
  readonly asked: string[] = [];
  /** Hosts that requests named. */
  readonly hosts = new Set<string>();
  /** Reset types that were carried out. */
  readonly executed: string[] = [];
  logins = 0;
  sessionsSeen = 0;
  isOn = true;
  chassisIsOn = true;
  pass = credentials.pass;
  systems = ['node-1/'];
  boot: Json = {
    BootSourceOverrideTarget: 'None',
    BootSourceOverrideEnabled: 'Disabled',
    BootSourceOverrideMode: 'UEFI',
  };
  lamp = false;
  cleared = 0;
  /** Merged over what it would say, by path. */
  readonly more = new Map<string, Json>();

  private constructor(server: Server, certificate: string) {
    this.#server = server;
    this.certificate = certificate;
  }

  static async start(t: Test): Promise<RedfishService> {
    const { key, cert } = certificateFor(t);
    const server = createServer({ key, cert });
    const service = new RedfishService(server, cert);
    server.on('request', (request, response) => void service.#serve(request, response));
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** By which its sessions are known. */
  get tokens(): readonly string[] {
    return [...this.#sessions.keys()];
  }

  get fingerprint(): string {
    return new X509Certificate(this.certificate).fingerprint256;
  }

  get info(): { addr: string; port: number; user: string; pass: string; ca: string } {
    return { addr: '127.0.0.1', port: this.port, ...credentials, ca: this.certificate };
  }

  forgetSessions(): void {
    this.#sessions.clear();
  }

  /** How often something was asked. */
  count(what: string): number {
    return this.asked.filter((one) => one === what).length;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    const path = request.url ?? '';
    const { method = '' } = request;
    const isOrder = path.includes('/Actions/ComputerSystem.Reset');
    if (isOrder && this.quirks.cut === 'before') return void request.socket.destroy();
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    this.asked.push(`${method} ${path}`);
    this.hosts.add(request.headers.host ?? '');
    const { cutsEach } = this.quirks;
    if (method === 'GET' && cutsEach > 0 && this.asked.length % cutsEach === 0)
      return void request.socket.destroy();
    const text = Buffer.concat(pieces).toString();
    const body = (text === '' ? {} : JSON.parse(text)) as Json;
    const answer = this.#answer(method, path, body, request);
    if (isOrder && this.quirks.cut === 'after') return void request.socket.destroy();
    const out = answer.body === undefined ? '' : JSON.stringify(answer.body);
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...answer.headers,
      ...(out === '' ? {} : { 'content-length': Buffer.byteLength(out) }),
    });
    if (isOrder && this.quirks.cut === 'in-answer') {
      response.flushHeaders();
      return void request.socket.destroy();
    }
    response.end(out);
  }

  #answer(
    method: string,
    path: string,
    body: Json,
    { headers }: IncomingMessage,
  ): { status: number; headers?: Record<string, string>; body?: Json } {
    const { quirks } = this;
    if (method === 'GET' && path === `${root}/`) return { status: 200, body: this.#root() };
    const sessions = `${root}/SessionService/Sessions`;
    if (method === 'POST' && path === sessions) return this.#login(body);
    if (!this.#knows(headers)) return { status: 401 };
    if (quirks.forgetsAfter > 0 && this.asked.length % quirks.forgetsAfter === 0) {
      this.#sessions.clear();
      return { status: 401 };
    }
    if (quirks.doubts > 0 && method !== 'DELETE') {
      quirks.doubts--;
      return { status: 401 };
    }
    if (method === 'DELETE' && path.startsWith(sessions)) {
      for (const [token, id] of this.#sessions)
        if (path === `${sessions}/${id}`) this.#sessions.delete(token);
      return { status: 204 };
    }
    const dead = quirks.dead.get(path);
    if (dead !== undefined) return { status: dead, body: echo(body, headers) };
    if (quirks.notReady > 0) {
      quirks.notReady--;
      return { status: 503, body: error('Base.1.8.ResourceNotReadyRetry') };
    }
    if (method === 'POST') return this.#order(path, body);
    const isOdd = quirks.slashless && path.endsWith('/');
    const found = isOdd
      ? null
      : (this.#at(path) ?? (quirks.slashless ? this.#at(`${path}/`) : null));
    if (!found) return { status: 404, body: error('Base.1.0.ResourceMissingAtURI') };
    const tag = `W/"${quirks.staleTags}"`;
    if (method === 'PATCH') return this.#patch(body, headers['if-match'], tag);
    return { status: 200, headers: quirks.tagless ? {} : { etag: tag }, body: found };
  }

  #login(body: Json): { status: number; headers?: Record<string, string>; body?: Json } {
    const { quirks } = this;
    if (quirks.sessionless) return { status: 404 };
    this.logins++;
    if (body['UserName'] !== credentials.user || body['Password'] !== this.pass)
      return { status: 401, body: echo(body, {}) };
    if (this.#sessions.size >= quirks.sessionsMax) {
      const Message = 'The maximum number of user sessions is reached.';
      return { status: 503, body: { error: { '@Message.ExtendedInfo': [{ Message }] } } };
    }
    const [token, id] = [randomBytes(16).toString('hex'), randomBytes(4).toString('hex')];
    this.#sessions.set(token, id);
    this.sessionsSeen = Math.max(this.sessionsSeen, this.#sessions.size);
    const at = `${root}/SessionService/Sessions/${id}`;
    const location = { path: at, foreign: `https://elsewhere.example:8443${at}`, missing: null };
    const place = location[quirks.location];
    return {
      status: 201,
      headers: { 'x-auth-token': token, ...(place === null ? {} : { location: place }) },
      body: { '@odata.id': at, Id: id, UserName: credentials.user },
    };
  }

  #knows(headers: IncomingMessage['headers']): boolean {
    const basic = Buffer.from(`${credentials.user}:${this.pass}`).toString('base64');
    return this.quirks.sessionless
      ? headers.authorization === `Basic ${basic}`
      : this.#sessions.has(String(headers['x-auth-token']));
  }

  #order(path: string, body: Json): { status: number; body?: Json } {
    const { quirks } = this;
    if (path.endsWith('/LogService.ClearLog')) {
      this.cleared++;
      return { status: 204 };
    }
    if (!path.startsWith(`${root}/Systems/node-1/Actions/`)) return { status: 404 };
    const type = body['ResetType'] as string;
    if (quirks.offered && !quirks.offered.includes(type)) return { status: 400 };
    if (type === 'On' && !this.chassisIsOn) return { status: 409, body: error('Oem.1.0.Dark') };
    if (quirks.resetStatus !== null && !quirks.obeys) return { status: quirks.resetStatus };
    this.executed.push(type);
    if (quirks.obeys) this.isOn = type !== 'ForceOff' && type !== 'GracefulShutdown';
    return { status: quirks.resetStatus ?? 204 };
  }

  #patch(body: Json, match: string | undefined, tag: string): { status: number } {
    const { quirks } = this;
    if (quirks.needsTag && match === undefined) return { status: 428 };
    if (quirks.staleTags > 0 && match !== undefined) {
      quirks.staleTags--;
      return { status: 412 };
    }
    if (match !== undefined && match !== '*' && match !== tag) return { status: 412 };
    if (body['Boot']) {
      const fallen = {
        BootSourceOverrideTarget: 'None',
        BootSourceOverrideEnabled: 'Disabled',
        BootSourceOverrideMode: 'Legacy',
      };
      this.boot = { ...(quirks.forgetful ? fallen : this.boot), ...body['Boot'] };
    }
    if (typeof body['LocationIndicatorActive'] === 'boolean')
      this.lamp = body['LocationIndicatorActive'];
    if (typeof body['IndicatorLED'] === 'string') this.lamp = body['IndicatorLED'] !== 'Off';
    return { status: 200 };
  }

  #root(): Json {
    return {
      '@odata.id': `${root}/`,
      RedfishVersion: '1.15.0',
      Systems: { '@odata.id': `${root}/Systems` },
      Chassis: { '@odata.id': `${root}/Chassis` },
      Links: { Sessions: { '@odata.id': `${root}/SessionService/Sessions` } },
    };
  }

  #at(path: string): Json | null {
    const system = this.systems.findIndex((id) => path === `${root}/Systems/${id}`);
    const said = system >= 0 ? this.#system(system) : this.#fixed(path);
    const more = this.more.get(path);
    return said === null && more === undefined ? null : { ...said, ...more };
  }

  #system(index: number): Json {
    const { quirks } = this;
    const id = this.systems[index]!;
    const at = `${root}/Systems/${id}`;
    const state = {
      true: this.isOn ? 'On' : 'Off',
      null: null,
      PoweringOn: 'PoweringOn',
      PoweringOff: 'PoweringOff',
    };
    const reset: Json = { target: `${root}/Systems/node-1/Actions/ComputerSystem.Reset` };
    if (quirks.actionInfo) reset['@Redfish.ActionInfo'] = `${root}/Systems/ResetActionInfo`;
    else if (quirks.offered) reset['ResetType@Redfish.AllowableValues'] = quirks.offered;
    return {
      '@odata.id': at,
      Id: id.replaceAll('/', ''),
      UUID: uuids[index],
      SerialNumber: `SN${index + 1}`,
      ...{ Manufacturer: 'Contoso', Model: '3500RX', SKU: '8675309', BiosVersion: 'P79 v1.45' },
      ProcessorSummary: { Count: 2, Model: 'Multi-Core' },
      MemorySummary: { TotalSystemMemoryGiB: 96 },
      ...(quirks.state === 'absent' ? {} : { PowerState: state[quirks.state] }),
      Boot: {
        ...this.boot,
        'BootSourceOverrideTarget@Redfish.AllowableValues': ['None', 'Pxe', 'Hdd', 'BiosSetup'],
      },
      LocationIndicatorActive: this.lamp,
      Actions: { '#ComputerSystem.Reset': reset },
      LogServices: { '@odata.id': `${at}LogServices` },
      Links: {
        Chassis: [{ '@odata.id': `${root}/Chassis/blade-1` }],
        ManagedBy: [{ '@odata.id': `${root}/Managers/bmc` }],
      },
    };
  }

  #fixed(path: string): Json | null {
    const link = (to: string): Json => ({ '@odata.id': `${root}/${to}` });
    const ok = { Status: { State: 'Enabled', Health: 'OK' } };
    const log = 'Systems/node-1/LogServices';
    const all: Readonly<Record<string, Json>> = {
      Systems: { Members: this.systems.map((id) => link(`Systems/${id}`)) },
      'Systems/ResetActionInfo': {
        Parameters: [{ Name: 'ResetType', Required: true, AllowableValues: this.quirks.offered }],
      },
      'Managers/bmc': { Id: 'bmc', FirmwareVersion: '1.45.455b66-rev4', Model: 'Joo Janta 200' },
      'Chassis/blade-1': {
        Id: 'blade-1',
        ...{ PowerState: 'On', Thermal: link('Chassis/blade-1/Thermal') },
        ...{ Power: link('Chassis/blade-1/Power'), Sensors: link('Chassis/blade-1/Sensors') },
        Links: { ContainedBy: link('Chassis/enclosure-7') },
      },
      'Chassis/enclosure-7': { Id: 'enclosure-7', PowerState: this.chassisIsOn ? 'On' : 'Off' },
      'Chassis/blade-1/Thermal': {
        Temperatures: [
          { Name: 'CPU1 Temp', ReadingCelsius: this.isOn ? 41 : null, ...ok },
          { Name: 'Bay 2', ReadingCelsius: null, Status: { State: 'Absent' } },
        ],
        Fans: [{ FanName: 'Fan 1', Reading: 23, ReadingUnits: 'Percent', ...ok }],
      },
      'Chassis/blade-1/Power': {
        Voltages: [{ Name: 'VRM1', ReadingVolts: 12, Status: { Health: 'Warning' } }],
        PowerControl: [{ Name: 'Draw', PowerConsumedWatts: null, ...ok }],
      },
      'Chassis/blade-1/Sensors': {
        Members: [link('Chassis/blade-1/Sensors/a'), link('Chassis/blade-1/Sensors/b')],
      },
      'Chassis/blade-1/Sensors/a': { Name: 'Inlet', Reading: 22.5, ReadingUnits: 'Cel', ...ok },
      'Chassis/blade-1/Sensors/b': { Name: 'Exhaust', Reading: 35, ReadingUnits: 'Cel', ...ok },
      [log]: { Members: [link(`${log}/Dump`), link(`${log}/SEL`)] },
      [`${log}/Dump`]: { Id: 'Dump', Entries: link(`${log}/Dump/Entries`) },
      [`${log}/SEL`]: {
        ...{ Id: 'SEL', LogEntryType: 'SEL', Entries: link(`${log}/SEL/Entries`) },
        Actions: { '#LogService.ClearLog': { target: `${root}/${log}/SEL/LogService.ClearLog` } },
      },
      [`${log}/SEL/Entries`]: {
        Members: [
          {
            ...link(`${log}/SEL/Entries/2`),
            ...{ Id: '2', Created: '2026-03-02T14:45:00Z', Severity: 'Critical' },
            Message: 'Power supply\u001b[2J failed\nat once',
          },
        ],
        'Members@odata.nextLink': `${root}/${log}/SEL/Entries?$skip=1`,
      },
      [`${log}/SEL/Entries?$skip=1`]: {
        Members: [link(`${log}/SEL/Entries/1`)],
        'Members@odata.nextLink': `${root}/${log}/SEL/Entries?$skip=1`,
      },
      [`${log}/SEL/Entries/1`]: { Id: '1', Severity: 'OK', Message: 'Log cleared', Created: null },
    };
    return all[path.slice(root.length + 1)] ?? null;
  }
}

const error = (MessageId: string): Json => ({
  error: { code: 'Base.1.0.GeneralError', '@Message.ExtendedInfo': [{ MessageId }] },
});

/** Some tell everybody what they were told. */
const echo = (body: Json, headers: IncomingMessage['headers']): Json => ({
  error: { message: `refused ${JSON.stringify(body)} ${JSON.stringify(headers)}` },
});

const certificateFor = (t: Test): { key: string; cert: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-redfish-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const whose = ['-subj', '/CN=bmc.example', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const out = ['-keyout', key, '-out', cert, '-days', '3650'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...whose, ...out], { stdio: 'ignore' });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
};
