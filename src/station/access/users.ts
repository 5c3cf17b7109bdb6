/**
 * People who log in. What they log in with is in the store of secrets; that they did, and what they tried, is in the
 * log.
 */

import type { Command } from '../../core/commands/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import type { UserRow } from '../../core/graph/rows/users.ts';
import { opensNone, shutOut } from '../../core/commands/users.ts';
import { reject } from '../../core/values/rejection.ts';
import type { Rejection } from '../../core/values/rejection.ts';
import { sessionSecondsUsual } from '../../core/values/users.ts';
import type { SecondFactor, UserRole } from '../../core/values/users.ts';
import type { Clock } from '../clocks.ts';
import type { MakeReply, Result } from '../result.ts';
import { Links } from './links.ts';
import { Passwords } from './passwords.ts';
import type { Room } from './passwords.ts';
import type { Secret, Secrets } from './secrets.ts';
import type { Sender } from './sender.ts';
import { newToken } from './tokens.ts';
import { newRecoveryCode, newSecret, recoveryCodes, recoveryHash, stepOf } from './totp.ts';
import { Uses } from './uses.ts';

export interface UsersParts {
  readonly graph: () => Graph;
  readonly now: Clock;
  readonly secrets: Secrets;
  readonly room: Room;
  readonly submit: (
    command: Command,
    sender: Sender,
    makeReply: MakeReply<null>,
  ) => Promise<Result<unknown>>;
}

/** What is kept of a user, sealed. */
interface Kept {
  readonly hash?: string;
  /** The secret of the codes, base32, once one of them was shown. */
  readonly totp?: string;
  /** One that no code was shown of yet. */
  readonly pending?: string;
  /** Hashes of recovery codes that were not used. */
  readonly recovery?: readonly string[];
}

/** What somebody shows to be let in. */
export interface Shown {
  readonly password?: string | undefined;
  /** Of the authenticator, or a recovery code. */
  readonly code?: string | undefined;
}

/** Somebody is not let in, or not told of. */
export class UserRefusedError extends Error {
  readonly rejection: Rejection;

  constructor(rejection: Rejection) {
    super(rejection.message);
    this.name = 'UserRefusedError';
    this.rejection = rejection;
  }
}

const refuse = (...of: Parameters<typeof reject>): never => {
  throw new UserRefusedError(reject(...of).rejection);
};

const ofUser = 'user/';
const secretOf = (name: string): string => `${ofUser}${name}`;

const keptIn = (secret: Secret | undefined): Kept =>
  secret ? (JSON.parse(secret.password) as Kept) : {};

export class Users {
  readonly #parts: UsersParts;
  readonly #passwords: Passwords;
  readonly #links: Links;
  /** When and from where sessions were used. */
  readonly uses = new Uses();

  constructor(parts: UsersParts) {
    this.#parts = parts;
    this.#passwords = new Passwords(parts.room);
    this.#links = new Links(parts.now);
  }

  /** Makes a user, who cannot log in before there is a password. Nothing of a user of that name before is kept. */
  async add(name: string, role: UserRole, sender: Sender): Promise<void> {
    if (!this.#known(name)) await this.#parts.secrets.change(new Map(), [secretOf(name)]);
    await this.#run({ type: 'AddUser', name, role }, sender);
  }

  /**
   * Lets somebody in.
   *
   * @param seconds that the session lasts
   * @returns its token, which is shown nowhere else and never again
   * @throws {UserRefusedError} nothing of what was shown is right, or there were too many tries
   */
  async begin(
    name: string,
    shown: Shown,
    seconds: number,
    sender: Sender,
  ): Promise<{ token: string; id: string }> {
    const user = this.#known(name);
    if (user) this.#mustNotBeShutOut(user);
    if (!(await this.#passwords.isRight(shown.password ?? '', this.#kept(name).hash)))
      await this.#refused(user, 'password', sender);
    const factor = await this.#factorOf(this.#must(name), shown.code, sender);
    const { id, token, hash } = newToken();
    const expires = this.#parts.now() + seconds * 1000;
    await this.#run({ type: 'BeginSession', name, id, hash, expires, factor }, sender);
    return { token, id };
  }

  /**
   * Makes a link by which somebody is let in once, with what a token may.
   *
   * @returns its ticket, which is shown nowhere else and never again, and until when it is good, ms since the epoch
   * @throws {UserRefusedError} the token is no person's, or was opened by another
   */
  link(by: CredentialRow): { readonly ticket: string; readonly expires: number } {
    const refused = opensNone(by);
    if (refused) throw new UserRefusedError(refused.rejection);
    return this.#links.make(by);
  }

  /** The token that the ticket of a link was made by, once; undefined: it is good no more. */
  takeLink(ticket: string): CredentialRow | undefined {
    return this.#links.take(ticket);
  }

  /**
   * Opens a session by a token: it may what the token may, and ends with it.
   *
   * @returns its token, which is shown nowhere else and never again
   * @throws {UserRefusedError} as `link`, or the token is gone
   */
  async open(by: CredentialRow, sender: Sender): Promise<string> {
    const { id, token, hash } = newToken();
    const expires = this.#parts.now() + sessionSecondsUsual * 1000;
    await this.#run({ type: 'OpenSession', opener: by.id, id, hash, expires }, sender);
    return token;
  }

  /**
   * Has the user of a token show the password again.
   *
   * @throws {UserRefusedError} as `begin`
   */
  async showPassword(who: CredentialRow, shown: Shown, sender: Sender): Promise<void> {
    const { name } = this.#must(who.user ?? '');
    this.#mustNotBeShutOut(this.#must(name));
    if (!(await this.#passwords.isRight(shown.password ?? '', this.#kept(name).hash)))
      await this.#refused(this.#known(name), 'password', sender);
  }

  /**
   * Has the user of a token show again that it is them: by a code where there is one, else by the password.
   *
   * @returns what was shown, for the command that it is shown for; null: a password, or nobody's token
   * @throws {UserRefusedError} as `begin`
   */
  async showAgain(
    { user: name }: CredentialRow,
    shown: Shown,
    sender: Sender,
  ): Promise<SecondFactor | null> {
    if (name === undefined) return null;
    const user = this.#must(name);
    this.#mustNotBeShutOut(user);
    if (user.second_factor) return this.#factorOf(user, shown.code, sender);
    if (shown.password === undefined)
      return refuse('password-needed', 'show your password again for that');
    if (!(await this.#passwords.isRight(shown.password, this.#kept(name).hash)))
      await this.#refused(user, 'password', sender);
    return null;
  }

  /**
   * Gives a user another password, and ends the sessions that were begun by the one before.
   *
   * @param except the session that goes on
   */
  async setPassword(
    name: string,
    password: string,
    sender: Sender,
    except: string | null,
  ): Promise<void> {
    this.#must(name);
    const hash = await this.#passwords.hash(password);
    await this.#keep(name, (kept) => ({ ...kept, hash }));
    await this.#run({ type: 'ChangeFactor', name, factor: 'password', except }, sender);
  }

  /** A new secret for an authenticator. It is asked for once a code of it was shown. */
  async offerCodes(name: string): Promise<string> {
    this.#must(name);
    const pending = newSecret();
    await this.#keep(name, (kept) => ({ ...kept, pending }));
    return pending;
  }

  /**
   * Asks for codes from now on.
   *
   * @returns codes for when the device is lost, which are shown nowhere else and never again
   */
  async takeCodes(name: string, code: string, sender: Sender): Promise<string[]> {
    const user = this.#must(name);
    this.#mustNotBeShutOut(user);
    const { pending } = this.#kept(name);
    if (pending === undefined)
      return refuse('no-codes', 'no codes were offered; ask for them first');
    if (stepOf(pending, code, this.#parts.now()) === undefined)
      await this.#refused(user, 'code', sender);
    const codes = Array.from({ length: recoveryCodes }, newRecoveryCode);
    const recovery = codes.map(recoveryHash);
    await this.#keep(name, ({ pending: _taken, ...kept }) => ({
      ...kept,
      totp: pending,
      recovery,
    }));
    await this.#run({ type: 'ChangeFactor', name, factor: 'code', except: null }, sender);
    return codes;
  }

  /** Asks for no codes any more. */
  async dropCodes(name: string, sender: Sender): Promise<void> {
    this.#must(name);
    await this.#run({ type: 'ChangeFactor', name, factor: 'none', except: null }, sender);
    await this.#keep(name, ({ hash }) => (hash === undefined ? {} : { hash }));
  }

  /** Sends a user away, with all that is kept. */
  async remove(name: string, sender: Sender): Promise<void> {
    await this.#run({ type: 'RemoveUser', name }, sender);
    await this.#parts.secrets.change(new Map(), [secretOf(name)]);
  }

  /** What is kept of users who are gone, where a station was killed before it had let go of it. */
  async forgetUnused(): Promise<void> {
    const { secrets, graph } = this.#parts;
    // A log that knows of nobody may be another than they are of.
    if (graph().count('user') === 0) return;
    const unused = secrets.names.filter(
      (name) => name.startsWith(ofUser) && !this.#known(name.slice(ofUser.length)),
    );
    await secrets.change(new Map(), unused);
  }

  /** The second factor that a code is, where one is asked for. A recovery code is good no more from here on. */
  async #factorOf(
    user: UserRow,
    code: string | undefined,
    sender: Sender,
  ): Promise<SecondFactor | null> {
    const { name } = user;
    if (!user.second_factor) return null;
    if (code === undefined) return refuse('code-needed', 'show a code of your authenticator, too');
    const kept = this.#kept(name);
    const step = kept.totp === undefined ? undefined : stepOf(kept.totp, code, this.#parts.now());
    if (step !== undefined) return { step };
    const hash = recoveryHash(code);
    // It lets in whoever uses it up, and nobody else who shows it at the same time.
    let isUsedUp = false;
    await this.#keep(name, ({ recovery = [], ...others }) => {
      isUsedUp = recovery.includes(hash);
      return isUsedUp ? { ...others, recovery: recovery.filter((one) => one !== hash) } : null;
    });
    if (!isUsedUp) return this.#refused(user, 'code', sender);
    return { recovery: true };
  }

  async #refused(
    user: UserRow | undefined,
    factor: 'password' | 'code',
    sender: Sender,
  ): Promise<never> {
    if (user) {
      await this.#run({ type: 'RefuseLogin', name: user.name, factor }, sender);
      const after = this.#known(user.name);
      if (after) this.#mustNotBeShutOut(after);
    }
    if (factor === 'password')
      return refuse('login-refused', 'name, password or code is not right');
    const time = new Date(this.#parts.now()).toISOString();
    return refuse(
      'code-refused',
      `the code is not right. Codes go by the clock: here it is ${time}; ` +
        'where that is not the time, no code of yours can be right',
    );
  }

  #known(name: string): UserRow | undefined {
    return this.#parts.graph().get('user', name);
  }

  #must(name: string): UserRow {
    return (
      this.#known(name) ?? refuse('unknown-user', `there is no user ${name}`, { subject: 'name' })
    );
  }

  #mustNotBeShutOut(user: UserRow): void {
    const refused = shutOut(user, this.#parts.now());
    if (refused) throw new UserRefusedError(refused.rejection);
  }

  #kept(name: string): Kept {
    return keptIn(this.#parts.secrets.get(secretOf(name)));
  }

  /** Changes what is kept of a user from what it is then; null: it stays as it is. */
  async #keep(name: string, change: (kept: Kept) => Kept | null): Promise<void> {
    await this.#parts.secrets.update(secretOf(name), (present) => {
      const next = change(keptIn(present));
      return next && { user: name, password: JSON.stringify(next) };
    });
  }

  async #run(command: Command, sender: Sender): Promise<void> {
    const result = await this.#parts.submit(command, sender, () => null);
    if (!result.ok) throw new UserRefusedError(result.rejection);
  }
}
