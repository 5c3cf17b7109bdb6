/** An OBM daemon as its administrator sees it: by obmd's own API, and `/v2` where that has no words. */

import { ObmdError } from './errors.ts';
import { askObmd } from './request.ts';
import type { ObmdAnswer, ObmdRequest, Reach } from './request.ts';

/** What a daemon tells of an OBM without asking it, as far as the station goes by it. */
export interface ObmSeen {
  readonly driver: string;
  /** What it is registered with, but for what is secret. */
  readonly info: Readonly<Record<string, unknown>>;
  /** null: no token of it is good. */
  readonly token: object | null;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface ObmdProblem {
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
}

/** What a daemon says that does not do what it was asked for (RFC 9457). */
export const problemIn = ({ body }: ObmdAnswer): ObmdProblem | null =>
  isObject(body) && typeof body['code'] === 'string' && typeof body['detail'] === 'string'
    ? (body as unknown as ObmdProblem)
    : null;

export class Obmd {
  readonly #reach: Reach;
  readonly #base: string;
  readonly #authorization: string;

  /**
   * @param base of `obmdUrl`
   * @param admin token of its administrator
   */
  constructor(reach: Reach, base: string, admin: string) {
    this.#reach = reach;
    this.#base = base;
    this.#authorization = `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}`;
  }

  /**
   * Registers an OBM, which is not asked anything.
   *
   * @returns false: it has one of that label, which stays as it is
   * @throws {ObmdError}
   */
  async register(label: string, type: string, info: object): Promise<boolean> {
    const answer = await this.#ask('PUT', nodePath(label), { body: { type, info } });
    if (answer.status === 200) return true;
    const problem = problemIn(answer);
    if (answer.status === 409 && problem?.code === 'exists') return false;
    if (answer.status === 400 && problem)
      throw new ObmdError('settings', problem.detail, problem.field);
    throw answer.status === 404 ? this.#notLetIn() : this.#failed(answer);
  }

  /**
   * Tells which station leads, as every request does. A daemon of an older release has no such path,
   * and no word for it.
   *
   * @throws {ObmdError}
   */
  async announce(): Promise<void> {
    const answer = await this.#ask('PUT', '/v2/term');
    if (answer.status !== 204 && answer.status !== 404) throw this.#failed(answer);
  }

  /** One that it does not have is gone already. @throws {ObmdError} */
  async unregister(label: string): Promise<void> {
    const answer = await this.#ask('DELETE', nodePath(label));
    if (answer.status === 200) return;
    throw answer.status === 404 ? this.#notLetIn() : this.#failed(answer);
  }

  /** @returns undefined: it has none of that label. @throws {ObmdError} or the reason of the signal */
  async look(label: string, signal?: AbortSignal): Promise<ObmSeen | undefined> {
    const answer = await this.#ask('GET', obmPath(label), { signal });
    const { status, body } = answer;
    if (status === 200 && isObject(body) && isObject(body['info'])) return body as never;
    // Only a daemon of ours says it like this: what another server does not have proves nothing.
    if (status === 404 && problemIn(answer)?.code === 'not-found') return undefined;
    throw status === 401 ? this.#notLetIn() : this.#failed(answer);
  }

  /**
   * A new token of an OBM; the one before is good no more, and who came in by it is out.
   *
   * @throws {ObmdError} `lost`: it does not have the OBM
   */
  async issueToken(label: string): Promise<string> {
    const answer = await this.#ask('POST', tokenPath(label));
    const { status, body } = answer;
    if (status === 200 && isObject(body) && isToken(body['token'])) return body['token'];
    if (status !== 404) throw this.#failed(answer);
    if (await this.look(label)) throw this.#failed(answer);
    throw new ObmdError('lost', `${this.#base} has no OBM ${label} any more; register it again`);
  }

  /** No token of the OBM is good any more. It is so where there is no such OBM. @throws {ObmdError} */
  async revokeToken(label: string): Promise<void> {
    const answer = await this.#ask('DELETE', tokenPath(label));
    if (answer.status === 200) return;
    // With a wrong token of the administrator it says the same as where there is no such OBM.
    if (answer.status !== 404 || (await this.look(label))) throw this.#failed(answer);
  }

  /** Whether a token is good. It touches no OBM. @throws {ObmdError} */
  async accepts(label: string, token: string): Promise<boolean> {
    const authorization = `Bearer ${token}`;
    const answer = await this.#ask('GET', obmPath(label), { authorization });
    if (answer.status === 200) return true;
    if (answer.status === 401 && problemIn(answer)) return false;
    throw this.#failed(answer);
  }

  #ask(
    method: ObmdRequest['method'],
    path: string,
    more: Pick<Partial<ObmdRequest>, 'body' | 'authorization' | 'signal'> = {},
  ): Promise<ObmdAnswer> {
    const request = { method, path, authorization: this.#authorization, ...more };
    return askObmd(this.#reach, this.#base, request);
  }

  #notLetIn(): ObmdError {
    return new ObmdError(
      'not-let-in',
      `${this.#base} does not take the token of its administrator, or is no OBM daemon`,
    );
  }

  #failed(answer: ObmdAnswer): ObmdError {
    const problem = problemIn(answer);
    const said = problem ? `: ${problem.detail} (${problem.code})` : '';
    return new ObmdError('failed', `${this.#base} answered ${answer.status}${said}`);
  }
}

const isToken = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-fA-F]{32}$/.test(value);

export const nodePath = (label: string): string => `/node/${encodeURIComponent(label)}`;
const tokenPath = (label: string): string => `${nodePath(label)}/token`;
export const obmPath = (label: string): string => `/v2/obms/${encodeURIComponent(label)}`;
