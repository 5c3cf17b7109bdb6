/** What is done with a machine in several stages, one after the other. */

/** `reinstall`: it starts anew from the network, and runs what it ran; `release`: it is given back, and is off. */
export const procedureKinds = ['reinstall', 'release'] as const;
export type ProcedureKind = (typeof procedureKinds)[number];

export type Plan =
  | {
      readonly kind: 'reinstall';
      /** For how long the host may take to be up again, s. */
      readonly wait_up: number;
      /** Although quorum is lost, somebody works on it, or something does not stop. */
      readonly force: boolean;
    }
  | { readonly kind: 'release'; readonly force: boolean };

/** A machine takes so long to be installed, s, where nothing else was said. */
export const reinstallUsual = 3600;

export const procedureEnds = ['done', 'failed', 'cancelled'] as const;
export type ProcedureEnd = (typeof procedureEnds)[number];

/** Of what is done outside. `interrupted`: the station ended before it did. */
export const actEnds = ['done', 'failed', 'interrupted'] as const;
export type ActEnd = (typeof actEnds)[number];

/** Procedures of one machine that have ended and are remembered; the oldest gives way. */
export const proceduresKeptMax = 8;
