/** What viewers did: who, from where, and how much, but never what was typed; passwords are. */

import type { Cancel, Time } from '../time.ts';
import type { Who } from './viewer.ts';

export interface AuditEntry extends Who {
  /** ms since the epoch. */
  readonly at: number;
  /**
   * - `attached`, `left`: began and ceased to look
   * - `writer`: may type from now on; `took`: has taken that from another; `gave-back`: may no more
   * - `refused`: wanted to write while another did
   * - `wrote`: so many bytes since the last entry
   * - `break`: sent a serial break
   * - `reconnect`: wanted the console back at once; `take`: from whoever has it
   */
  readonly what:
    | 'attached'
    | 'left'
    | 'writer'
    | 'took'
    | 'gave-back'
    | 'refused'
    | 'wrote'
    | 'break'
    | 'reconnect'
    | 'take';
  /** What was typed, bytes; 0 for all but `wrote`. */
  readonly bytes: number;
  /** Whom it concerned beside; null where nobody. */
  readonly other: Who | null;
}

interface AuditSettings {
  readonly time: Time;
  readonly audit: (entry: AuditEntry) => void;
  /** Between two entries about what one types. */
  readonly everyMs: number;
}

export class Audit {
  readonly #settings: AuditSettings;
  #typing: { readonly who: Who; bytes: number } | null = null;
  #cancel: Cancel = () => undefined;

  constructor(settings: AuditSettings) {
    this.#settings = settings;
  }

  /** What was typed before comes first. */
  tell(who: Who, what: AuditEntry['what'], other: Who | null = null): void {
    this.flush();
    this.#entry(who, what, 0, other);
  }

  /** Many keys are one entry. */
  wrote(who: Who, bytes: number): void {
    if (this.#typing?.who !== who) this.flush();
    if (this.#typing === null) {
      this.#typing = { who, bytes: 0 };
      const { time, everyMs } = this.#settings;
      this.#cancel = time.after(everyMs, () => this.flush());
    }
    this.#typing.bytes += bytes;
  }

  flush(): void {
    const typing = this.#typing;
    if (typing === null) return;
    this.#typing = null;
    this.#cancel();
    this.#entry(typing.who, 'wrote', typing.bytes, null);
  }

  #entry(
    { principal, source }: Who,
    what: AuditEntry['what'],
    bytes: number,
    other: Who | null,
  ): void {
    const of = other && { principal: other.principal, source: other.source };
    const at = this.#settings.time.now();
    this.#settings.audit({ principal, source, at, what, bytes, other: of });
  }
}
