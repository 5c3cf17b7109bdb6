/**
 * Machines behind a console server: the console is a command there, and power is switched by commands, by the ssh
 * client of this machine.
 */

import { ObmError } from '../../errors.ts';
import { pause } from '../../time.ts';
import type {
  ConsoleLink,
  ConsoleSink,
  Driver,
  DriverKind,
  Identity,
  PowerAction,
  PowerObservation,
  PowerOutcome,
  PowerState,
  Surroundings,
} from '../driver.ts';
import { linesOf, run } from '../program.ts';
import type { Ended } from '../program.ts';
import { notLetIn, sshArgs, sshEnvironment, wasLetIn } from './client.ts';
import { SshConsole } from './console.ts';
import { sshProblem, sshSchema } from './settings.ts';
import type { SshInfo } from './settings.ts';

/** How long a command may take unless said, and a connection before it, seconds. */
const usualLimit = 15;
const connectLimit = 12;
/** Between looks after a command of which nobody knows what became of it, ms, and how many there are. */
const lookMs = 3_000;
const looks = 4;
/** What ssh exits with when something was wrong with the connection, and some commands do as well. */
const ambiguous = 255;

class Ssh implements Driver {
  readonly #info: SshInfo;
  readonly #surroundings: Surroundings;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #consoles = new Set<SshConsole>();
  readonly openConsole?: (sink: ConsoleSink, signal: AbortSignal) => Promise<ConsoleLink>;

  constructor(info: SshInfo, surroundings: Surroundings) {
    this.#info = info;
    this.#surroundings = surroundings;
    const { console } = info;
    if (console) this.openConsole = (sink, signal) => this.#openConsole(console, sink, signal);
  }

  async observePower(signal: AbortSignal): Promise<PowerObservation> {
    const state = await this.#state(signal);
    const none = this.#info.status === undefined;
    const why = none ? 'no command tells it' : 'the command says neither';
    return { state, detail: state === 'unknown' ? why : null };
  }

  async power(action: PowerAction, signal: AbortSignal): Promise<PowerOutcome> {
    const state = await this.#state(signal);
    if (isThere(action, state)) return done('state', null);
    const { on } = this.#info;
    const instead = state === 'off' && on && (action === 'cycle' || action === 'reset');
    const real = instead ? 'on' : action;
    const command = real === 'diagnostic-interrupt' ? undefined : this.#info[real];
    if (!command) throw new ObmError('unsupported', `no command is given for ${real}`);
    const { code, wasEnded } = await this.#say(command, signal);
    if (code === 0) return done('answer', instead ? 'on' : null);
    const isOpen = wasEnded || code === null || code === ambiguous;
    for (let look = 0; look < (isOpen ? looks : 1) && !signal.aborted; look++) {
      if (look > 0) await pause(this.#surroundings.time, lookMs, signal);
      const now = await this.#state(signal).catch((): PowerState => 'unknown');
      if (isThere(real, now)) return done('state', instead ? 'on' : null);
      if (now === 'unknown' && this.#info.status === undefined) break;
    }
    const why = wasEnded ? 'the command had not ended by its limit' : `exit code ${code ?? 'none'}`;
    return {
      outcome: isOpen ? 'unknown' : 'not-done',
      by: isOpen ? 'nothing' : 'answer',
      instead: instead ? 'on' : null,
      reason: new ObmError(isOpen ? 'no-answer' : 'refused', why),
    };
  }

  /** To be let in is all that can be proven. */
  async identify(signal: AbortSignal): Promise<Identity> {
    await this.#say(this.#info.status ?? ['true'], signal);
    return { guid: null, serial: null, manufacturer: null, product: null, firmware: null };
  }

  async close(): Promise<void> {
    this.#closing.abort(new ObmError('closed', 'the OBM is not used any more'));
    await Promise.allSettled([
      ...this.#running,
      ...[...this.#consoles].map((console) => console.close()),
    ]);
  }

  async #openConsole(
    command: readonly string[],
    sink: ConsoleSink,
    signal: AbortSignal,
  ): Promise<ConsoleLink> {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const console = new SshConsole(this.#info, command, sink);
    this.#consoles.add(console);
    void console.ended.then(() => this.#consoles.delete(console));
    await console.opened(stop);
    return console;
  }

  async #state(signal: AbortSignal): Promise<PowerState> {
    const { status, status_on: on = 'on', status_off: off = 'off' } = this.#info;
    if (!status) return 'unknown';
    const { code, wasEnded, stdout } = await this.#say(status, signal);
    if (wasEnded) throw new ObmError('no-answer', 'the command had not ended by its limit');
    if (code !== 0) throw new ObmError('refused', `the command ended with ${code ?? 'nothing'}`);
    const lines = linesOf(stdout);
    const [isOn, isOff] = [lines.includes(on.trim()), lines.includes(off.trim())];
    return isOn === isOff ? 'unknown' : isOn ? 'on' : 'off';
  }

  /** Runs a command there, once. @throws {ObmError} it was certainly not run, or we were told to stop */
  async #say(command: readonly string[], signal: AbortSignal): Promise<Ended> {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const limitSeconds = connectLimit + (this.#info.limit_seconds ?? usualLimit);
    const args = sshArgs(this.#info, command, false);
    const ssh = { program: 'ssh', args, env: sshEnvironment(), limitSeconds };
    const running = run(ssh, this.#surroundings.time, stop);
    this.#running.add(running);
    try {
      const ended = await running;
      if (!wasLetIn(ended.stderr))
        throw stop.aborted ? (stop.reason as Error) : notLetIn(this.#info, ended.stderr);
      return ended;
    } finally {
      this.#running.delete(running);
    }
  }
}

const isThere = (action: PowerAction, state: PowerState): boolean =>
  action === 'on' ? state === 'on' : (action === 'off' || action === 'soft') && state === 'off';

const done = (by: 'answer' | 'state', instead: PowerAction | null): PowerOutcome => ({
  ...{ outcome: 'done', by, instead, reason: null },
});

export const ssh: DriverKind<SshInfo> = {
  name: 'ssh',
  schema: sshSchema,
  secrets: [],
  problem: sshProblem,
  address: ({ addr }) => addr,
  open: (info, surroundings) => new Ssh(info, surroundings),
};
