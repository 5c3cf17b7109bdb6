/** The one viewer of a console that types. */

import { ObmError } from '../errors.ts';
import type { Cancel, Time } from '../time.ts';
import type { Audit } from './audit.ts';
import type { MarkerKind } from './marker.ts';
import type { Typing } from './typing.ts';
import type { RoleChange, Viewer, Who } from './viewer.ts';

/** May type, or who does and for how long he has typed nothing, ms. */
export type Grant =
  | { readonly isGranted: true }
  | { readonly isGranted: false; readonly holder: Who; readonly idleMs: number };

interface WriterOptions {
  readonly time: Time;
  readonly idleMs: number;
  readonly typing: Typing;
  readonly audit: Audit;
  readonly mark: (kind: MarkerKind, text: string) => void;
}

const named = ({ principal, source }: Who): string => `${principal} from ${source}`;

export class Writer {
  readonly #options: WriterOptions;
  #viewer: Viewer | null = null;
  #typedAt = 0;
  #cancel: Cancel = () => undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  get viewer(): Viewer | null {
    return this.#viewer;
  }

  /** How long nothing has been typed, ms. */
  get idleMs(): number {
    return this.#options.time.monotonic() - this.#typedAt;
  }

  /**
   * Lets a viewer type if nobody else does.
   *
   * @throws ObmError `privilege` where he may only read, `closed` where he has been ended
   */
  request(viewer: Viewer): Grant {
    mustBeAbleToWrite(viewer);
    const holder = this.#viewer;
    if (holder === viewer) return { isGranted: true };
    const { audit, mark } = this.#options;
    if (holder !== null) {
      audit.tell(viewer.request, 'refused', holder.request);
      const { principal, source } = holder.request;
      return { isGranted: false, holder: { principal, source }, idleMs: this.idleMs };
    }
    this.#give(viewer);
    audit.tell(viewer.request, 'writer');
    mark('writer', `${named(viewer.request)} may type`);
    viewer.role({ isWriter: true, why: 'asked', by: null });
    return { isGranted: true };
  }

  /** Lets a viewer type, whoever does; who did is told by whom. Throws as `request` does. */
  take(viewer: Viewer): void {
    mustBeAbleToWrite(viewer);
    const loser = this.#viewer;
    if (loser === null || loser === viewer) return void this.request(viewer);
    const { principal, source } = viewer.request;
    this.#give(viewer);
    this.#forget(loser, `${principal} types now`);
    this.#options.audit.tell(viewer.request, 'took', loser.request);
    this.#options.mark(
      'writer',
      `${named(viewer.request)} types instead of ${named(loser.request)}`,
    );
    loser.role({ isWriter: false, why: 'taken', by: { principal, source } });
    viewer.role({ isWriter: true, why: 'asked', by: null });
  }

  /** Nothing where he does not type. */
  giveBack(viewer: Viewer, why: RoleChange['why'] = 'asked'): void {
    if (this.#viewer !== viewer) return;
    this.#viewer = null;
    this.#cancel();
    this.#forget(viewer, 'the right to type was given back');
    this.#options.audit.tell(viewer.request, 'gave-back');
    const idle = why === 'idle' ? ', having typed nothing for long' : '';
    this.#options.mark('writer', `${named(viewer.request)} does not type any more${idle}`);
    viewer.role({ isWriter: false, why, by: null });
  }

  /**
   * Resolves when the OBM has taken all of it.
   *
   * @throws ObmError `refused` unless he is the one who types, and as `Typing.type` does
   */
  async write(viewer: Viewer, bytes: Uint8Array): Promise<void> {
    this.#mustBeWriter(viewer);
    if (bytes.length > 0) await this.#options.typing.type(viewer, bytes);
  }

  /** Throws as `write` does. */
  async sendBreak(viewer: Viewer): Promise<void> {
    this.#mustBeWriter(viewer);
    this.#options.audit.tell(viewer.request, 'break');
    this.#options.mark('break', `${named(viewer.request)} sent a break`);
    await this.#options.typing.type(viewer, null);
  }

  #mustBeWriter(viewer: Viewer): void {
    if (this.#viewer !== viewer)
      throw new ObmError('refused', 'you do not have the right to type; ask for it, or take it');
    this.#typedAt = this.#options.time.monotonic();
  }

  #give(viewer: Viewer): void {
    this.#viewer = viewer;
    this.#typedAt = this.#options.time.monotonic();
    this.#watch(this.#options.idleMs);
  }

  #watch(ms: number): void {
    this.#cancel();
    this.#cancel = this.#options.time.after(ms, () => {
      const left = this.#options.idleMs - this.idleMs;
      if (this.#viewer === null) return;
      if (left > 0) this.#watch(left);
      else this.giveBack(this.#viewer, 'idle');
    });
  }

  #forget(viewer: Viewer, why: string): void {
    this.#options.typing.drop(new ObmError('closed', `${why}; the rest was not typed`), viewer);
  }
}

const mustBeAbleToWrite = ({ isEnded, request }: Viewer): void => {
  if (!request.mayWrite) throw new ObmError('privilege', 'this console may only be read');
  if (isEnded) throw new ObmError('closed', 'the viewer has been ended');
};
