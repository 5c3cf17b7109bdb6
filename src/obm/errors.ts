/** What goes wrong with an OBM, told apart by reasons that people and programs can act on. */

/**
 * - `no-answer`: nothing came back in time; the OBM may be away, hang, or be cut off
 * - `credentials-refused`: user, password or key are not accepted. To try again may lock them
 * - `no-session-left`: the OBM has all the sessions that it can have
 * - `unsupported-suite`: no way to protect the connection that both sides accept
 * - `privilege`: the user may not do this
 * - `busy`: the OBM says that it cannot do it now; it was not done
 * - `refused`: the OBM says no for another reason, which the message tells; it was not done
 * - `outcome-unknown`: sent once, and nobody knows whether it was carried out
 * - `malformed`: what it answers cannot be what it claims to be
 * - `network`: this machine cannot send there
 * - `console-taken`: somebody else has the console
 * - `unsupported`: neither this kind of OBM nor this one can do that
 * - `settings`: what was asked for makes no sense; nothing was sent
 * - `wrong-machine`: who answers is not the machine that is meant
 * - `limit`: a limit of ours was reached
 * - `stale-term`: the station that ordered it was deposed before its turn came; nothing was sent
 * - `closed`: it was ended by us
 */
export type ObmReason =
  | 'no-answer'
  | 'credentials-refused'
  | 'no-session-left'
  | 'unsupported-suite'
  | 'privilege'
  | 'busy'
  | 'refused'
  | 'outcome-unknown'
  | 'malformed'
  | 'network'
  | 'console-taken'
  | 'unsupported'
  | 'settings'
  | 'wrong-machine'
  | 'limit'
  | 'stale-term'
  | 'closed';

/** Never holds a password, a token, or what an OBM sent. */
export class ObmError extends Error {
  override readonly name = 'ObmError';
  readonly reason: ObmReason;

  constructor(reason: ObmReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The label is another OBM's already, or nobody's. */
export class LabelError extends Error {
  override readonly name = 'LabelError';
  readonly code: 'exists' | 'not-found' | 'too-many';
  constructor(code: LabelError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
