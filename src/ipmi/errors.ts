/** What goes wrong with a BMC, told apart by reasons that a program can act on. */

/**
 * - `no-answer`: nothing came back in time; the BMC may be away, hang, or have forgotten the session
 * - `wrong-password`, `unknown-user`: who we are, or the Kg key, was not accepted
 * - `no-session-left`: all sessions of the BMC are taken
 * - `unsupported-suite`: none of the cipher suites that we offered
 * - `privilege`: more was asked than the user may do
 * - `busy`: the BMC says that it cannot do it now; it was not done
 * - `refused`: the BMC says no for another reason, see `completion` or `status`
 * - `outcome-unknown`: sent once, and nobody knows whether it was carried out
 * - `malformed`: the answer cannot be what it claims to be
 * - `lost`, `closed`: the session ended by itself, or was ended by us
 * - `limit`: a limit of this library was reached
 * - `settings`: what was asked for makes no sense; nothing was sent
 * - `network`: this machine cannot send there
 * - `taken`, `deactivated`: the console is another session's, or was shut by the BMC
 */
export type Reason =
  | 'no-answer'
  | 'wrong-password'
  | 'unknown-user'
  | 'no-session-left'
  | 'unsupported-suite'
  | 'privilege'
  | 'busy'
  | 'refused'
  | 'outcome-unknown'
  | 'malformed'
  | 'lost'
  | 'closed'
  | 'limit'
  | 'settings'
  | 'network'
  | 'taken'
  | 'deactivated';

export interface IpmiErrorDetails {
  /** Completion code of a command, IPMI 2.0 table 5-2. */
  readonly completion?: number;
  /** Status of a message that sets a session up, IPMI 2.0 table 13-15. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** Never holds a password, a key, or the bytes of a packet. */
export class IpmiError extends Error {
  override readonly name = 'IpmiError';
  readonly reason: Reason;
  readonly completion: number | undefined;
  readonly status: number | undefined;

  constructor(reason: Reason, message: string, details: IpmiErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.completion = details.completion;
    this.status = details.status;
  }
}

export const malformed = (what: string): IpmiError =>
  new IpmiError('malformed', `not a well-formed ${what}`);

/** A number as the specification writes it. */
export const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;
