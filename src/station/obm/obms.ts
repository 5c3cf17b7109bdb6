/**
 * Out-of-band managers: registered with their daemons, enabled for whoever has the machine, and disabled. The daemon
 * and the log are told one after the other, so that whatever ends in between, to do it again puts it right:
 *
 * - registering and disabling, the daemon first: the log says nothing that is not so;
 * - enabling, the log first: from then on the machine changes hands for nobody until it is known how it ended.
 */

import { hash } from 'node:crypto';
import type { Command } from '../../core/commands/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { RegistrationRow } from '../../core/graph/rows/obms.ts';
import { varOf } from '../../core/graph/vars.ts';
import { obmStateOf } from '../../core/lifecycle/obm.ts';
import type { Refreshed } from '../../core/values/obm.ts';
import type { Refused } from '../../core/values/rejection.ts';
import type { Secrets } from '../access/secrets.ts';
import { later } from '../access/sender.ts';
import type { Sender } from '../access/sender.ts';
import { Lines } from '../fair-use/lines.ts';
import { obmLimits, Share } from '../fair-use/shares.ts';
import type { Result } from '../result.ts';
import { Consoles } from './consoles.ts';
import { declaredAs } from './declared.ts';
import type { As } from './declared.ts';
import { ObmdError } from './errors.ts';
import { Holder } from './holder.ts';
import type { HolderParts, OrderEnd } from './holder.ts';
import { Looks } from './looks.ts';
import { Obmd } from './obmd.ts';
import type { ObmSeen } from './obmd.ts';
import { Observed } from './observed.ts';
import { whyNot } from './readings.ts';
import { adminSecret, isOfFacts, isOurs, tokenSecret } from './secret-names.ts';
import { SecretWriter } from './secret-writer.ts';
import { Sights } from './sights.ts';
import { knownIn } from './told-news.ts';
import type { Reach } from './request.ts';

export interface Registering {
  readonly fqdn: string;
  /** Of `obmdUrl`. */
  readonly obmd: string;
  readonly label: string;
  /** Token of the administrator of the daemon. */
  readonly admin: string;
  /** What is registered there; null: what is registered there already. */
  readonly as: As | null;
}

export interface ObmsParts {
  readonly graph: () => Graph;
  readonly secrets: Secrets;
  readonly reach: Reach;
  /** Resolves when the command is durable. */
  readonly submit: (command: Command, sender: Sender) => Promise<Result<null>>;
  /** Why a command would be refused now. */
  readonly refusal: (command: Command, sender: Sender) => Refused | undefined;
}

/** By the token of an epoch. */
interface Right {
  readonly host: string;
  readonly epoch: number;
}

/** Two who do opposite things at once: so often the one looks again. */
const triesMax = 5;

export class Obms {
  readonly share = new Share('requests about OBMs', obmLimits);
  readonly consoles: Consoles;
  /** What daemons have seen, as far as they have told this station. */
  readonly observed = new Observed();
  readonly looks: Looks;
  readonly sights: Sights;
  readonly #parts: ObmsParts;
  /** One thing at a time with each OBM, and one registration at a time with each daemon. */
  readonly #lines = new Lines();
  readonly #writer: SecretWriter;

  constructor(parts: ObmsParts) {
    this.#parts = parts;
    this.#writer = new SecretWriter(parts.secrets, parts.reach.time);
    const { time, ca } = parts.reach;
    this.looks = new Looks({
      time,
      perSecond: () => varOf(parts.graph(), 'obm_actor_rate'),
      freshMs: () => varOf(parts.graph(), 'obm_refresh_interval') * 1000,
    });
    const { looks, observed } = this;
    this.sights = new Sights({
      ...{ graph: parts.graph, time, observed, looks },
      holder: (fqdn) => this.#holderNow(fqdn),
    });
    this.consoles = new Consoles({
      ...{ ...parts, time, ca },
      alone: (sender, fqdn, work) => this.#alone(sender, [fqdn], work),
      holding: (host, epoch) => this.#holding({ host, epoch }),
    });
  }

  /**
   * Registers the OBM of a host with a daemon. Where an earlier try got half-way, this one gets there.
   *
   * @throws {ObmdError} nothing is in the log
   */
  register(asked: Registering, sender: Sender): Promise<Result<null>> {
    return this.#alone(sender, [asked.fqdn, asked.obmd], async () => {
      const { fqdn, obmd, label, admin, as } = asked;
      const { graph, secrets, refusal, submit } = this.#parts;
      const command = { type: 'RegisterObm', fqdn, obmd, label } as const;
      const refused = refusal(command, sender);
      if (refused) return refused;
      const daemon = this.#daemon(obmd, admin);
      const isKnown = graph().get('registration', fqdn) !== undefined;
      const isNew = as !== null && (await daemon.register(label, as.type, as.info));
      const there = isNew ? undefined : await this.#takeOver(daemon, asked, isKnown);
      const present = secrets.get(adminSecret(obmd));
      if (present?.password !== admin)
        await this.#writer.put(adminSecret(obmd), { user: 'admin', password: admin });
      const result = await submit(command, sender);
      if (!result.ok && isNew) await daemon.unregister(label);
      if (result.ok && there) await this.#learn(obmd, label, there, sender);
      return result;
    });
  }

  /** What a daemon that is followed knew of an OBM before that was ours: it does not tell it again. */
  async #learn(obmd: string, label: string, seen: ObmSeen, sender: Sender): Promise<void> {
    const { graph, submit } = this.#parts;
    const news = knownIn(label, { ...seen });
    const after = graph().get('feed', obmd)?.position;
    if (news.length === 0 || after === undefined) return;
    const told = { obmd, after, position: after, anew: false, news };
    await submit({ type: 'ReportObmd', ...told }, later(sender));
  }

  /** The daemon has one of that label already, and knows so much of it. @throws {ObmdError} it is not to be had */
  async #takeOver(
    daemon: Obmd,
    { obmd, label, as }: Registering,
    isKnown: boolean,
  ): Promise<ObmSeen | undefined> {
    const seen = await daemon.look(label);
    const what = `${label} at ${obmd}`;
    if (!seen) {
      const why = as === null ? 'say of what kind it is' : 'it was unregistered meanwhile';
      throw new ObmdError('lost', `there is no OBM ${what}: ${why}`, 'type');
    }
    if (isKnown) {
      if (as === null || isAs(seen, as)) return seen;
      throw new ObmdError(
        'taken',
        `${what} is registered with other settings; unregister it before you register it anew`,
      );
    }
    if (seen.token !== null)
      throw new ObmdError(
        'taken',
        `${what} is in use: somebody has a token of it; have that revoked there first`,
      );
    if (as === null) return seen;
    // Left by a try that ended half-way, perhaps with a password that was wrong.
    await daemon.unregister(label);
    if (!(await daemon.register(label, as.type, as.info)))
      throw new ObmdError('taken', `${what} was registered by somebody else just now`);
    return undefined;
  }

  /** @throws {ObmdError} it is registered still, or the daemon cannot be asked */
  unregister(fqdn: string, sender: Sender): Promise<Result<null>> {
    const { graph, submit, refusal } = this.#parts;
    const obmd = graph().get('registration', fqdn)?.obmd ?? '';
    return this.#alone(sender, [fqdn, obmd], async () => {
      const command = { type: 'UnregisterObm', fqdn } as const;
      const refused = refusal(command, sender);
      if (refused) return refused;
      const row = graph().get('registration', fqdn);
      if (row) await this.#daemonOf(row).unregister(row.label);
      const result = await submit(command, sender);
      const isLast = ![...graph().all('registration')].some((other) => other.obmd === obmd);
      if (result.ok && isLast) await this.#writer.forget(adminSecret(obmd));
      return result;
    });
  }

  /**
   * Enables the OBM of a host: the station has a token of it then. What is enabled and works stays as it is, and cuts
   * nobody off.
   *
   * @param anew a new token in any case: whoever came in by the one before is out
   * @throws {ObmdError} it is not known whether one is out; until it is enabled or disabled, the machine is not lent
   */
  enable(fqdn: string, anew: boolean, sender: Sender): Promise<Result<null>> {
    return this.#alone(sender, [fqdn], async () => {
      const { graph, submit } = this.#parts;
      const begun = await submit({ type: 'EnableObm', fqdn, anew }, sender);
      if (!begun.ok) return begun;
      const row = graph().get('registration', fqdn);
      if (begun.changed && row?.epoch === begun.revision)
        return row.isBegun ? this.#fetchToken(row, sender) : begun;
      // It is enabled; or the request was made before, and what became of it has been told.
      if (begun.changed || !row || (await this.#works(row))) return begun;
      const again = await submit({ type: 'EnableObm', fqdn, anew: true }, later(sender));
      if (!again.ok) return again;
      return this.#fetchToken(graph().must('registration', fqdn), sender);
    });
  }

  /** Whether the daemon takes the token that the station has. @throws {ObmdError} that is not known */
  async #works({ token, ...row }: RegistrationRow): Promise<boolean> {
    const kept = token === null ? undefined : this.#parts.secrets.get(tokenSecret(token));
    return kept !== undefined && this.#daemonOf(row).accepts(row.label, kept.password);
  }

  async #fetchToken(row: RegistrationRow, sender: Sender): Promise<Result<null>> {
    const { host: fqdn, label, epoch, token: before } = row;
    const { submit } = this.#parts;
    const daemon = this.#daemonOf(row);
    const token = await daemon.issueToken(label);
    await this.#writer.put(tokenSecret(epoch), { user: '', password: token });
    const known = hash('sha256', token.toLowerCase());
    const told = await submit(
      { type: 'ReportObmEnabled', fqdn, epoch, hash: known },
      later(sender),
    );
    if (!told.ok) {
      await daemon.revokeToken(label);
      await this.#writer.forget(tokenSecret(epoch));
    } else if (before !== null) await this.#writer.forget(tokenSecret(before));
    return told;
  }

  /**
   * Disables the OBM of a host: no token of it is good any more once this has resolved. Where none is, nothing is
   * done.
   *
   * @throws {ObmdError} it is as it was, as far as is known
   */
  disable(fqdn: string, sender: Sender): Promise<Result<null>> {
    return this.#alone(sender, [fqdn], async () => {
      const { graph, submit, refusal } = this.#parts;
      for (let tries = 1; ; tries += 1) {
        const row = graph().get('registration', fqdn);
        const { epoch = 0, token = null } = row ?? {};
        const command = { type: 'DisableObm', fqdn, epoch } as const;
        const refused = refusal(command, sender);
        if (refused) return refused;
        if (row && obmStateOf(row) !== 'disabled') await this.#daemonOf(row).revokeToken(row.label);
        const result = await submit(command, sender);
        const isOvertaken = !result.ok && result.rejection.code === 'obm-changed';
        if (isOvertaken && tries < triesMax) continue;
        if (result.ok && row)
          await this.#writer.forget(...[epoch, token ?? epoch].map(tokenSecret));
        return result;
      }
    });
  }

  /**
   * Gives an order to an OBM, once, by the right that it was ordered by.
   *
   * @param id of the order
   * @throws the reason of the signal: nobody knows what becomes of it
   */
  async carryOut(id: string, signal: AbortSignal): Promise<OrderEnd> {
    const row = this.#parts.graph().must('order', id);
    if (row.order.kind === 'refresh') return this.#lookAgain(row.host, row.order.what, signal);
    const holder = this.#holderOf(row);
    return holder ? holder.give(row, signal) : { outcome: 'failed', detail: rightIsOver };
  }

  /** @throws the reason of the signal: it is not waited for any more */
  async #lookAgain(
    host: string,
    whats: readonly Refreshed[],
    signal: AbortSignal,
  ): Promise<OrderEnd> {
    const looks = whats.map(async (what) => {
      const trouble = await this.sights.refresh(host, what);
      return trouble ? [`${what}: ${whyNot(trouble.reason)} (${trouble.reason})`] : [];
    });
    const { promise: given, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp);
    const failed = await Promise.race([Promise.all(looks), given]).finally(() =>
      signal.removeEventListener('abort', giveUp),
    );
    const outcome = failed.flat().length === 0 ? 'done' : 'failed';
    return { outcome, detail: failed.flat().join('; ') };
  }

  /**
   * What became of an order that was begun and of which nobody knows more: as far as the machine shows it.
   *
   * @throws {ObmdError} that cannot be said
   * @throws the reason of the signal
   */
  async settle(id: string, signal: AbortSignal): Promise<OrderEnd> {
    const row = this.#parts.graph().must('order', id);
    const { order } = row;
    const holder = this.#holderOf(row);
    // A procedure has the machine: to say it again says nothing else.
    if (holder && order.kind === 'boot-device' && row.procedure !== undefined)
      return holder.give(row, signal);
    if (!holder || order.kind !== 'power') return { outcome: 'unknown', detail: endedBefore };
    const state = await holder.lookAtPower(signal);
    const isSeen = state === order.action;
    const detail = `${endedBefore}; the power is ${state}`;
    return { outcome: isSeen ? 'done' : 'unknown', detail };
  }

  #holderNow(fqdn: string): Holder | null {
    const row = this.#parts.graph().get('registration', fqdn);
    return row && row.token !== null ? this.#holderOf({ ...row, epoch: row.token }) : null;
  }

  /** By the token of an epoch; null where that is not the one that is good. */
  #holderOf(right: Right): Holder | null {
    const parts = this.#holding(right);
    return parts && new Holder(parts);
  }

  #holding({ host, epoch }: Right): HolderParts | null {
    const { graph, secrets, reach } = this.#parts;
    const row = graph().get('registration', host);
    const kept = row?.token === epoch ? secrets.get(tokenSecret(epoch)) : undefined;
    if (!row || !kept) return null;
    const announce = (): Promise<void> => this.#announce(row.obmd);
    return { reach, base: row.obmd, label: row.label, token: kept.password, announce };
  }

  /** Where there is no token of the administrator a daemon cannot be told; the log is as safe as ever. */
  async #announce(obmd: string): Promise<void> {
    const admin = this.adminOf(obmd);
    if (admin === undefined) return;
    await this.#parts.reach.announced?.announce(obmd, () => this.#daemon(obmd, admin).announce());
  }

  /** How facts declare the OBM of a host, password included. @throws {ObmdError} `settings` */
  declared(fqdn: string): As {
    return declaredAs(this.#parts.graph(), this.#parts.secrets, fqdn);
  }

  /** Token of the administrator of a daemon; undefined: the station has none. */
  adminOf(obmd: string): string | undefined {
    return this.#parts.secrets.get(adminSecret(obmd))?.password;
  }

  /** Secrets of requests and loads that ended half-way, and of what is registered or declared no more. */
  async forgetUnused(): Promise<void> {
    const { graph, secrets } = this.#parts;
    const declared = [...graph().all('obm')].flatMap(({ secret }) => secret ?? []);
    const used = new Set<string>(declared);
    for (const { obmd, token } of graph().all('registration')) {
      used.add(adminSecret(obmd));
      if (token !== null) used.add(tokenSecret(token));
    }
    // A log that knows of none may be another than they are of.
    const isToGo = declared.length > 0 ? (name: string) => isOurs(name) || isOfFacts(name) : isOurs;
    const unused = secrets.names.filter((name) => isToGo(name) && !used.has(name));
    await secrets.change(new Map(), unused);
  }

  /** Runs when nobody else has anything under way with what is named. */
  #alone<T>({ actor }: Sender, names: readonly string[], work: () => Promise<T>): Promise<T> {
    return this.share.during(actor, () => this.#inLine(names, work));
  }

  #inLine<T>([name, ...rest]: readonly string[], work: () => Promise<T>): Promise<T> {
    return name === undefined ? work() : this.#lines.run(name, () => this.#inLine(rest, work));
  }

  #daemon(obmd: string, admin: string): Obmd {
    return new Obmd(this.#parts.reach, obmd, admin);
  }

  #daemonOf({ obmd }: Pick<RegistrationRow, 'obmd'>): Obmd {
    const admin = this.adminOf(obmd);
    if (admin !== undefined) return this.#daemon(obmd, admin);
    throw new ObmdError(
      'not-let-in',
      `the station has no token of the administrator of ${obmd}; register the OBM again with it`,
    );
  }
}

const rightIsOver = 'the right by which it was ordered has ended';
const endedBefore = 'the station ended before it was told what became of it';

/** Whether an OBM is registered as it is asked for, as far as its daemon tells. */
const isAs = (
  seen: { readonly driver: string; readonly info: Readonly<Record<string, unknown>> },
  as: NonNullable<Registering['as']>,
): boolean =>
  seen.driver === as.type &&
  Object.entries(seen.info).every(
    ([name, value]) => JSON.stringify(as.info[name]) === JSON.stringify(value),
  );
