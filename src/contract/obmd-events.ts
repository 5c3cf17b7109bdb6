/**
 * What an OBM daemon tells of its machines at `GET /v2/events`: server-sent events, each once and in order, whatever
 * crashes. Names of events and of what is in them are for good; programs ignore what they do not know.
 */

/** What an event says of its machine, by its name. Times in ms since the epoch. */
export interface ObmdEventData {
  registered: { readonly driver: string };
  unregistered: object;
  'token-issued': { readonly epoch: number; readonly expires: number | null };
  'token-revoked': { readonly epoch: number };
  'connection-made': {
    readonly connection: string;
    readonly port: number;
    readonly mode: 'read-only' | 'read-write';
    readonly expires: number;
    readonly uses: number;
    readonly for: string;
  };
  'connection-ended': { readonly connection: string; readonly why: 'revoked' | 'expired' };
  /** `connection`: by which he was let in; null: by the token of the OBM. */
  'console-attached': {
    readonly viewing: string;
    readonly connection: string | null;
    readonly principal: string;
    readonly source: string;
  };
  'console-detached': { readonly viewing: string; readonly why: string };
  'writer-taken': ObmdWho & { readonly from: ObmdWho };
  /** `reference`: what whoever gave it calls it; null: he did not say. */
  'order-begun': {
    readonly order: string;
    readonly action: string;
    readonly reference: string | null;
  };
  'order-ended': {
    readonly order: string;
    readonly outcome: 'done' | 'not-done' | 'unknown';
    readonly by: 'answer' | 'state' | 'nothing';
    readonly instead: string | null;
    readonly why: string | null;
  };
  /** `cause`: whether an order of ours explains it, and which; `drift`: nobody has ordered it here. */
  'power-changed': {
    readonly state: 'on' | 'off' | 'powering-on' | 'powering-off' | 'paused';
    readonly cause: 'order' | 'drift' | 'first' | 'unknown';
    readonly order: string | null;
  };
  /** Another OBM than before answers, or the first that is known; `same_as`: other labels that it has. */
  identified: { readonly guid: string; readonly same_as: readonly string[] };
  /**
   * Entries of the event log of the OBM that are new, oldest first; `at` by the clock of the OBM. `gap`: there may
   * have been more.
   */
  'system-events': {
    readonly gap: boolean;
    readonly entries: readonly {
      readonly id: string;
      readonly at: number | null;
      readonly severity: 'ok' | 'warning' | 'critical' | 'unknown';
      readonly text: string;
    }[];
  };
  unreachable: { readonly reason: string };
  reachable: object;
}

/** What is known of a machine already: a stream that begins with it tells it first, without an id. */
export interface ObmdKnown {
  readonly type: 'known';
  /** The machine. */
  readonly label: string;
  readonly data: {
    readonly power: { readonly state: string; readonly since: number } | null;
    readonly unreachable: { readonly reason: string; readonly since: number } | null;
  };
}

export type ObmdEventType = keyof ObmdEventData;

/** Who somebody is, and his network address. */
export interface ObmdWho {
  readonly principal: string;
  readonly source: string;
}

export type ObmdEvent = {
  readonly [T in ObmdEventType]: {
    /** Where to go on behind it: `<revision>.<number in it>`. */
    readonly id: string;
    readonly type: T;
    readonly at: number;
    /** The machine. */
    readonly label: string;
    /** Who asked: `admin`, `holder:…`, `connection:…`, or `obmd` itself. */
    readonly actor: string;
    readonly data: ObmdEventData[T];
  };
}[ObmdEventType];
