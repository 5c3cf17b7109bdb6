/** What goes wrong between the station and an OBM daemon. */

/**
 * - `settings`: what was asked for makes no sense, at `field`; nothing was done
 * - `away`: nobody is there, or not the one who was expected; nothing was sent
 * - `broken`: the connection broke before the answer was there; it is not known whether it was done
 * - `silent`: no answer in time; it is not known whether it was done
 * - `not-let-in`: the daemon does not take the token of its administrator
 * - `taken`: it has another OBM of that label, or somebody else uses it
 * - `lost`: it does not have the OBM any more
 * - `no-console`: the OBM has none, or no log of it is kept
 * - `no-room`, `too-often`: as many console connections as may be, or as fast
 * - `deposed`: another station leads; nothing was done
 * - `failed`: it says that it cannot, or what it says makes no sense
 */
export type ObmdReason =
  | 'settings'
  | 'away'
  | 'broken'
  | 'silent'
  | 'not-let-in'
  | 'taken'
  | 'lost'
  | 'no-console'
  | 'no-room'
  | 'too-often'
  | 'deposed'
  | 'failed';

/** Never holds a token or a password. */
export class ObmdError extends Error {
  override readonly name = 'ObmdError';
  readonly reason: ObmdReason;
  /** Of the request, where it is to blame. */
  readonly field: string | undefined;

  constructor(reason: ObmdReason, message: string, field?: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.field = field;
  }
}
