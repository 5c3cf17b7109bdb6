/**
 * A short way past the framework for the few requests that come by the thousand. Who may, how fast, what is taken for
 * JSON, what a body has to be, what handles it and how a refusal reads are the functions that the framework's way calls
 * too; whatever is not plain goes that way. So the two differ in what they cost and in nothing else.
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import type { Endpoint } from '../contract/endpoint.ts';
import { strict } from '../contract/values.ts';
import type { ReadGraph } from '../core/graph/read-graph.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import type { Admission } from './admission.ts';
import { refusalOf } from './auth.ts';
import type { Connections } from './connections.ts';
import type { JsonParser } from './json-body.ts';
import { refuseNested } from './nesting.ts';
import type { Problem } from './problems.ts';

type AnyHandler = (request: FastifyRequest, reply: FastifyReply) => unknown;
type Config = FastifyRequest['routeOptions']['config'];

/** What the framework's way has, too. */
export interface LightParts {
  /** Whether it may be taken at the moment. */
  readonly isOpen: () => boolean;
  readonly graph: () => ReadGraph;
  readonly authenticate: (request: IncomingMessage) => CredentialRow | undefined;
  readonly connections: Connections;
  readonly admission: Admission;
  readonly parse: JsonParser;
  /** What is answered to an error, and told to the log of it. */
  readonly problemOf: (error: Error, request: FastifyRequest) => Problem | null;
  readonly log: FastifyRequest['log'];
}

/** Bytes of a body that is read this way; larger ones are counted together. */
const bodyBytesMax = 64 * 1024;
/** As long as the framework's router takes. */
const paramLengthMax = 512;

type Compiler = FastifySchemaCompiler<TSchema>;
type Validate = (value: unknown) => { readonly value?: unknown; readonly error?: Error };

/** One endpoint on the short way. */
class LightRoute {
  readonly handler: AnyHandler;
  readonly options: FastifyRequest['routeOptions'];
  readonly body: Validate | null;
  readonly bytesMax: number;
  readonly #pattern: RegExp;
  readonly #names: readonly string[];
  readonly #params: Validate;
  readonly #query: Validate;
  /** Which make a request an uncommon one. */
  readonly #headers: readonly string[];

  constructor(compile: Compiler, endpoint: Endpoint, config: object, handler: AnyHandler) {
    const validate = (schema: TSchema, httpPart: string): Validate =>
      compile({ schema, httpPart } as Parameters<Compiler>[0]) as never;
    const { path, params, query, headers, body, bodyBytesMax: most } = endpoint;
    this.handler = handler;
    this.options = { config: config as Config } as FastifyRequest['routeOptions'];
    this.body = body ? validate(body, 'body') : null;
    this.bytesMax = Math.min(most ?? bodyBytesMax, bodyBytesMax);
    const part = `([^/?#%;]{1,${paramLengthMax}})`;
    this.#pattern = new RegExp(`^${path.replaceAll(/:\w+/g, part)}(?:\\?(\\w+)=(\\w+))?$`);
    this.#names = Object.keys(params);
    this.#params = validate(Type.Object(params), 'params');
    this.#query = validate(Type.Object(query, strict), 'querystring');
    this.#headers = [...Object.keys(headers), 'transfer-encoding'];
  }

  /** What a request says beside its body; null: it is not one of these, or not a plain one. */
  read(request: IncomingMessage): { params: unknown; query: unknown } | null {
    const match = this.#pattern.exec(request.url!);
    if (!match || !this.#isPlain(request.headers)) return null;
    const given: Record<string, string> = {};
    for (const [i, name] of this.#names.entries()) given[name] = match[i + 1]!;
    const params = this.#params(given);
    const name = match[this.#names.length + 1];
    const query = this.#query(name === undefined ? {} : { [name]: match.at(-1) });
    return params.error || query.error ? null : { params: params.value, query: query.value };
  }

  #isPlain(headers: IncomingMessage['headers']): boolean {
    for (const name of this.#headers) if (headers[name] !== undefined) return false;
    const length = headers['content-length'];
    if (!this.body) return length === undefined;
    return (
      headers['content-type'] === 'application/json' &&
      length !== undefined &&
      Number(length) >= 2 &&
      Number(length) <= this.bytesMax
    );
  }
}

/** As much of the framework's request as handlers look at. */
class LightRequest {
  readonly raw: IncomingMessage;
  readonly params: unknown;
  readonly query: unknown;
  readonly credential: CredentialRow;
  /** What comes here does not depend on the time of the day. */
  readonly askedAt = 0;
  readonly routeOptions: FastifyRequest['routeOptions'];
  readonly log: FastifyRequest['log'];
  readonly id = randomUUID();
  body: unknown;

  constructor(
    raw: IncomingMessage,
    said: { params: unknown; query: unknown },
    credential: CredentialRow,
    route: LightRoute,
    log: FastifyRequest['log'],
  ) {
    this.raw = raw;
    this.params = said.params;
    this.query = said.query;
    this.credential = credential;
    this.routeOptions = route.options;
    this.log = log;
  }

  get method(): string {
    return this.raw.method!;
  }

  get url(): string {
    return this.raw.url!;
  }

  get headers(): IncomingMessage['headers'] {
    return this.raw.headers;
  }

  get ip(): string {
    return this.raw.socket.remoteAddress!;
  }
}

const json = 'application/json; charset=utf-8';

/** As much of the framework's reply as handlers use. */
class LightReply {
  readonly raw: ServerResponse;
  readonly request: FastifyRequest;
  #status = 200;
  readonly #headers: Record<string, string | number> = {};

  constructor(raw: ServerResponse, request: FastifyRequest) {
    this.raw = raw;
    this.request = request;
  }

  header(name: string, value: string | number): this {
    this.#headers[name] = value;
    return this;
  }

  code(status: number): this {
    this.#status = status;
    return this;
  }

  type(type: string): this {
    this.#headers['content-type'] = type;
    return this;
  }

  send(body?: string): this {
    if (body !== undefined) this.#headers['content-length'] = Buffer.byteLength(body);
    this.raw.writeHead(this.#status, this.#headers);
    this.raw.end(body);
    return this;
  }

  sendJson(value: unknown): void {
    this.#headers['content-type'] ??= json;
    this.send(JSON.stringify(value));
  }

  sendProblem({ status, headers, body }: Problem): void {
    // Nothing that a handler has said of its answer holds for a refusal, but the framework keeps it.
    this.code(status);
    Object.assign(this.#headers, headers);
    this.send(body);
  }
}

export class LightPath {
  /** Null: closed, or not open yet. */
  #parts: LightParts | null = null;
  readonly #routes = new Map<string, LightRoute[]>();
  readonly #compile: Compiler;

  /** @param compile what the framework's way checks and converts requests by, too */
  constructor(compile: Compiler) {
    this.#compile = compile;
  }

  open(parts: LightParts): void {
    this.#parts = parts;
  }

  add(endpoint: Endpoint, config: object, handler: AnyHandler): void {
    const routes = this.#routes.get(endpoint.method) ?? [];
    const route = new LightRoute(this.#compile, endpoint, config, handler);
    this.#routes.set(endpoint.method, [...routes, route]);
  }

  /** Everything goes the framework's way, which knows how to end. */
  close(): void {
    this.#parts = null;
  }

  /** @param usual the framework's way */
  listener(usual: RequestListener): RequestListener {
    return (request, response) => {
      if (!this.#parts?.isOpen() || !this.#takes(this.#parts, request, response))
        usual(request, response);
    };
  }

  /** Takes a request, unless it is not plain or would be refused before its turn: nothing was done then. */
  #takes(parts: LightParts, raw: IncomingMessage, response: ServerResponse): boolean {
    for (const route of this.#routes.get(raw.method!) ?? []) {
      const said = route.read(raw);
      if (!said) continue;
      const { authenticate, connections, admission, log } = parts;
      const credential = authenticate(raw);
      if (!credential || refusalOf(route.options.config, credential, parts.graph())) return false;
      if (!connections.prove(raw.socket, credential)) return false;
      const request = new LightRequest(raw, said, credential, route, log);
      const reply = new LightReply(response, request as never);
      admission.admit(request, credential, (error) => {
        if (error) refuse(parts, error, reply);
        else if (route.body) receive(parts, route, request, reply);
        else void handle(parts, route, request, reply);
      });
      return true;
    }
    return false;
  }
}

const receive = (
  parts: LightParts,
  route: LightRoute,
  request: LightRequest,
  reply: LightReply,
): void => {
  const pieces: Buffer[] = [];
  request.raw.on('data', (piece: Buffer) => pieces.push(piece));
  request.raw.once('end', () => {
    parts.parse(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), (error, value) => {
      // As the framework does: what follows on such a connection may be anything.
      if (error) return refuse(parts, error, reply.header('connection', 'close'));
      request.body = value;
      void handle(parts, route, request, reply);
    });
  });
};

const handle = async (
  parts: LightParts,
  route: LightRoute,
  request: LightRequest,
  reply: LightReply,
): Promise<void> => {
  try {
    if (route.body) {
      refuseNested(request.body);
      const { value, error } = route.body(request.body);
      if (error) throw error;
      request.body = value;
    }
    const answer = await route.handler(request as never, reply as never);
    if (answer !== reply) reply.sendJson(answer);
  } catch (error) {
    refuse(parts, error as Error, reply);
  }
};

const refuse = ({ problemOf }: LightParts, error: Error, reply: LightReply): void => {
  const problem = problemOf(error, reply.request);
  if (problem) reply.sendProblem(problem);
};
