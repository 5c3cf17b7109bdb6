/**
 * One session with a service. It is opened when it is needed, serves everything after, is renewed once where the
 * service has forgotten it, and is given back on every path. Where this run is killed, the next one goes on with it.
 */

import { ObmError } from '../../errors.ts';
import { pause } from '../../time.ts';
import type { Time } from '../../time.ts';
import type { KeptSession } from '../driver.ts';
import { refusal } from './errors.ts';
import { linkAt, malformed, objectAt, pathIn, textAt } from './resource.ts';
import type { Resource } from './resource.ts';
import type { RedfishInfo } from './settings.ts';
import { Transport } from './transport.ts';
import type { Answer, Request } from './transport.ts';

const rootPath = '/redfish/v1/';
const usualSessions = '/redfish/v1/SessionService/Sessions';
/** How long a log-out may take, ms. */
const logoutMs = 5_000;
/** Before a read that the service was not ready for is tried again, ms. */
const readyMs = 1_000;

/** What requests show, and what is to be deleted in the end. */
interface Pass {
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string | null;
}

export class Session {
  readonly #info: RedfishInfo;
  readonly #time: Time;
  readonly #transport: Transport;
  readonly #closing = new AbortController();
  readonly #kept: KeptSession;
  #pass: Promise<Pass> | null = null;
  /** The one that is kept for the next run. */
  #noted: Pass | null = null;
  /** Whether what the run before has kept is still to be looked at. */
  #isFirst = true;

  constructor(info: RedfishInfo, time: Time, kept: KeptSession) {
    this.#info = info;
    this.#time = time;
    this.#kept = kept;
    this.#transport = new Transport(info, time);
  }

  /** The root, which shows what there is. */
  async root(signal: AbortSignal): Promise<Resource> {
    return this.get(rootPath, signal);
  }

  /** @throws {ObmError} */
  async get(path: string, signal: AbortSignal): Promise<Resource> {
    let answer = await this.#send({ method: 'GET', path }, signal);
    if (answer.status === 503) {
      await pause(this.#time, readyMs, signal);
      answer = await this.#send({ method: 'GET', path }, signal);
    }
    // For some there is one slash too many in what they say themselves.
    if ((answer.status === 404 || answer.status === 405) && path.endsWith('/'))
      answer = await this.#send({ method: 'GET', path: path.slice(0, -1) }, signal);
    if (answer.status !== 200) throw refusal(answer, 'a read');
    const json = objectAt(answer.body);
    if (json === null) throw malformed('an answer that is no JSON object');
    const etag = answer.headers.etag ?? textAt(json, '@odata.etag');
    return { path, json, etag };
  }

  /** Changes of which the second does what the first did; refused ones are answers too. */
  patch(path: string, body: object, etag: string | null, signal: AbortSignal): Promise<Answer> {
    const headers: Record<string, string> = etag === null ? {} : { 'if-match': etag };
    return this.#send({ method: 'PATCH', path, body, headers }, signal);
  }

  /**
   * Sends an order once. Where the session was forgotten it was not carried out, and is sent with a new one.
   *
   * @throws {LostAnswer} it may have been carried out; any other error: certainly not
   */
  post(path: string, body: object, signal: AbortSignal): Promise<Answer> {
    return this.#send({ method: 'POST', path, body }, signal);
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort(new ObmError('closed', 'the OBM is not used any more'));
    const pass = await (this.#pass ?? this.#resumed())?.catch(() => null);
    this.#pass = null;
    if (pass) await this.#logout(pass);
    this.#transport.close();
  }

  async #send(request: Request, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    const passed = this.#passed(signal);
    const pass = await passed.pass;
    const answer = await this.#with(pass, request, signal);
    if (answer.status !== 401) return answer;
    if (pass.path === null) throw refusal(answer, 'user and password');
    if (this.#pass === passed.kept) {
      this.#pass = null;
      // It may be there all the same, and would be one too many.
      await this.#logout(pass);
    }
    const again = await this.#with(await this.#passed(signal).pass, request, signal);
    if (again.status === 401) throw refusal(again, 'a session that it has just given');
    return again;
  }

  #with(pass: Pass, request: Request, signal: AbortSignal): Promise<Answer> {
    const dressed = { ...request, headers: { ...request.headers, ...pass.headers } };
    const both = AbortSignal.any([signal, this.#closing.signal]);
    return request.method === 'POST'
      ? this.#transport.tell(dressed, both)
      : this.#transport.ask(dressed, both);
  }

  /** A log-in goes on for whoever comes next when the one who wanted it has left: it may be a session already. */
  #passed(signal: AbortSignal): { kept: Promise<Pass>; pass: Promise<Pass> } {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason as Error;
    if (this.#pass === null) {
      const made = this.#resumed() ?? this.#login();
      this.#pass = made;
      made.catch(() => this.#pass === made && (this.#pass = null));
    }
    const kept = this.#pass;
    return { kept, pass: orLeave(kept, signal) };
  }

  /** What the run before had, once; whether the service still knows it, it says itself. */
  #resumed(): Promise<Pass> | null {
    const lent = this.#isFirst ? this.#kept.get() : null;
    this.#isFirst = false;
    if (lent === null) return null;
    this.#noted = { headers: { 'x-auth-token': lent.token }, path: lent.path };
    return Promise.resolve(this.#noted);
  }

  async #login(): Promise<Pass> {
    const never = new AbortController().signal;
    const found = await this.#sessions(never);
    const { user, pass } = this.#info;
    const body = { UserName: user, Password: pass };
    let path = found;
    let answer = await this.#transport.tell({ method: 'POST', path, body }, never);
    if ((answer.status === 404 || answer.status === 405) && path.length > 1 && path.endsWith('/')) {
      path = path.slice(0, -1);
      answer = await this.#transport.tell({ method: 'POST', path, body }, never);
    }
    const { status, headers } = answer;
    if (status === 401 || status === 403)
      throw new ObmError('credentials-refused', `user or password were refused (status ${status})`);
    const basic = Buffer.from(`${user}:${pass}`).toString('base64');
    const asUser = { authorization: `Basic ${basic}` };
    // A service without sessions is shown the password each time.
    if ([404, 405, 501].includes(status)) return { headers: asUser, path: null };
    if (status < 200 || status > 299) throw refusal(answer, 'the log-in');
    const token = headers['x-auth-token'];
    if (typeof token !== 'string' || token === '') return { headers: asUser, path: null };
    const made = { headers: { 'x-auth-token': token }, path: this.#placeOf(answer) };
    this.#noted = made;
    this.#kept.keep({ token, path: made.path });
    return made;
  }

  /** Where sessions are made; the root needs no log-in. */
  async #sessions(signal: AbortSignal): Promise<string> {
    const { status, body } = await this.#transport.ask({ method: 'GET', path: rootPath }, signal);
    if (status !== 200) return usualSessions;
    return linkAt(body, 'Links', 'Sessions') ?? usualSessions;
  }

  /** Only its path counts: whatever host is named, it is deleted where it was made. */
  #placeOf({ headers, body }: Answer): string {
    const named = textAt(body, '@odata.id');
    const inBody = named === null ? null : pathIn(named);
    const location = headers.location === undefined ? null : URL.parse(headers.location, here);
    if (location === null) return inBody ?? '';
    const inHeader = pathIn(location.pathname + location.search);
    const isOurs = location.origin === here || location.hostname === this.#info.addr;
    return (isOurs ? (inHeader ?? inBody) : (inBody ?? inHeader)) ?? '';
  }

  async #logout(pass: Pass): Promise<void> {
    const { headers, path } = pass;
    if (path === null || path === '') return;
    const never = new AbortController().signal;
    const remove = (at: string): Promise<Answer> =>
      this.#transport.ask({ method: 'DELETE', path: at, headers, limitMs: logoutMs }, never);
    try {
      const { status } = await remove(path);
      if (status === 405 && path.endsWith('/')) await remove(path.slice(0, -1));
      if (this.#noted === pass) this.#kept.keep(null);
    } catch {
      // It ends by its own limit, then, if the next run does not go on with it.
    }
  }
}

const here = 'https://service.invalid';

const orLeave = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', leave);
  try {
    return await Promise.race([work, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
};
