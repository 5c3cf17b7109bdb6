/** A stretch of a console's log as a recording (asciicast v2), and where in it one is while it is played. */

export interface Frame {
  /** Ms since the first. */
  readonly at: number;
  readonly text: string;
}

export interface Mark {
  readonly at: number;
  readonly text: string;
}

export interface Recording {
  /** Of the first frame, ms since the epoch, to a second. */
  readonly began: number;
  /** Ms. */
  readonly lasts: number;
  readonly frames: readonly Frame[];
  readonly marks: readonly Mark[];
  /** There was more than is kept. */
  readonly isCut: boolean;
}

/** Characters that are kept of one. */
export const charactersMax = 8 * 1024 * 1024;
const marksMax = 1_000;

/** Takes a recording line by line. */
export class Recorder {
  readonly #frames: Frame[] = [];
  readonly #marks: Mark[] = [];
  #began = 0;
  #lasts = 0;
  #characters = 0;
  #isCut = false;

  /** @returns whether it takes more. @throws {SyntaxError} it is no line of a recording */
  take(line: string): boolean {
    const said = JSON.parse(line) as
      { readonly timestamp?: number } | readonly [number, string, string];
    if (!Array.isArray(said)) {
      this.#began = ((said as { timestamp?: number }).timestamp ?? 0) * 1000;
      return true;
    }
    const [seconds, kind, text] = said as readonly [number, string, string];
    const at = seconds * 1000;
    if (kind === 'm') {
      if (this.#marks.length < marksMax) this.#marks.push({ at, text });
    } else if (kind === 'o') {
      if (this.#characters + text.length > charactersMax) this.#isCut = true;
      else this.#frames.push({ at, text });
      this.#characters += text.length;
    }
    if (!this.#isCut) this.#lasts = Math.max(this.#lasts, at);
    return !this.#isCut;
  }

  end(): Recording {
    return {
      ...{ began: this.#began, lasts: this.#lasts, isCut: this.#isCut },
      ...{ frames: this.#frames, marks: this.#marks },
    };
  }
}

/** Pauses are shortened to so much where one wishes, ms. */
export const pauseMax = 2_000;

/** The same with no pause longer than `pauseMax`. What it says of real time is lost with that. */
export const withoutPauses = (recording: Recording): Recording => {
  let shortened = 0;
  let last = 0;
  const moved: { readonly from: number; readonly by: number }[] = [];
  const frames = recording.frames.map(({ at, text }) => {
    const pause = at - last;
    if (pause > pauseMax) {
      shortened += pause - pauseMax;
      moved.push({ from: at, by: shortened });
    }
    last = at;
    return { at: at - shortened, text };
  });
  const end = frames.at(-1)?.at ?? 0;
  // A mark in a pause that was shortened stands at its end at the latest.
  const marks = recording.marks.map(({ at, text }) => {
    const by = moved.findLast(({ from }) => from <= at)?.by ?? 0;
    const next = frames[frameAfter(recording.frames, at)]?.at ?? end;
    return { at: Math.min(at - by, next), text };
  });
  return { ...recording, frames, marks, lasts: end };
};

/** Index of the first frame that is later than a moment. */
export const frameAfter = (frames: readonly Frame[], at: number): number => {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (frames[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
};
