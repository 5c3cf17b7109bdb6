/** Long work in slices, so that typing and scrolling go on meanwhile. */

/** What one task of the page may take, ms; well below the 50 from which on people notice. */
const sliceMs = 10;

interface Yielding {
  readonly scheduler?: { readonly yield?: () => Promise<void> };
}

/** Gives the browser a turn. */
export const turn = (): Promise<void> =>
  (globalThis as Yielding).scheduler?.yield?.() ??
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/** Says when the browser should have its turn. */
export class Slice {
  #began = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#began >= sliceMs;
  }

  async next(): Promise<void> {
    await turn();
    this.#began = performance.now();
  }
}

/** Steps to their end. @throws the reason of the signal, once it is given */
export const inSlices = async <T>(
  steps: Generator<unknown, T>,
  signal?: AbortSignal,
): Promise<T> => {
  const slice = new Slice();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (!slice.isOver) continue;
    await slice.next();
    signal?.throwIfAborted();
  }
};
