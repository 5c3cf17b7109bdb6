/** How a machine is reached: what the settings say of it, put together. */

export interface Login {
  readonly user: string;
  /** `agent`: the keys of the ssh agent; otherwise files with private keys, tried in this order. */
  readonly keys: 'agent' | readonly string[];
}

export interface Hop extends Login {
  /** Name or address to connect to. */
  readonly address: string;
  readonly port: number;
  /** Under which name it is looked up in known_hosts. */
  readonly name: string;
}

export interface Target extends Hop {
  readonly jump?: Hop;
  /** Whether others are reached through it: its connection is watched more closely. */
  readonly isGateway?: true;
}
