/** The script of a sweep, and the marks in what it says. Pure. */

import type { ProbeSection } from './section.ts';
import { quoted } from './remote-shell.ts';

/** What a script of probes may hold, characters. */
export const probeScriptMax = 256 * 1024;

/**
 * Reads the mark and the sections to pass over from standard input, as arguments stand in lists of processes. Each
 * section says before it the number of its process, and after it how it ended.
 */
export const probeScript = (sections: readonly ProbeSection[]): string =>
  [
    'IFS= read -r m; IFS= read -r k; exec </dev/null 2>/dev/null',
    'LC_ALL=C; PATH=$PATH:/usr/sbin:/sbin; export LC_ALL PATH',
    ...sections.flatMap(({ lines }, index) => [
      `case $k in *" ${index} "*) ;; *)`,
      `(read -r p _ </proc/self/stat; printf '\\n%s ${index} %s\\n' "$m" "$p"; m= k=`,
      `eval ${quoted(lines.join('\n'))})`,
      `printf '\\n%s ${index} =%s\\n' "$m" $?;; esac`,
    ]),
  ].join('\n');

/** Whoever waits for a round no more: the machine ends it by itself, s. */
const graceSeconds = 30;

export const roundSeconds = (sections: readonly ProbeSection[]): number =>
  sections.reduce((all, { timeoutSeconds }) => all + timeoutSeconds, graceSeconds);

/** What a shell does first; afterwards it reads rounds. */
export const shellStart = 'command -v timeout >/dev/null 2>&1 || timeout() { shift 3; "$@"; }\n';

/** Keeps a script in the shell for the rounds to come. */
export const keptScript = (script: string): string => `s=${quoted(script)}\n`;

/** One round by the script that is kept. */
export const roundText = (mark: string, passedOver: readonly number[], seconds: number): string =>
  [
    `timeout -k 5 ${seconds} /bin/sh -c "$s" 2>/dev/null <<'end-${mark}'`,
    mark,
    ` ${passedOver.join(' ')} `,
    `end-${mark}`,
    `printf '\\n%s end =%s\\n' ${mark} $?`,
    '',
  ].join('\n');

export interface SectionSink {
  /** A section begins, as the process of that number. */
  begins(index: number, pid: number): void;
  says(piece: Buffer): void;
  ends(index: number, exitCode: number): void;
  /** The round is over. */
  over(): void;
}

/** Takes the marks out of what a shell says, however it is cut into pieces. */
export class MarkReader {
  readonly #mark: Buffer;
  readonly #sink: SectionSink;
  #held: Buffer = Buffer.alloc(0);

  constructor(mark: string, sink: SectionSink) {
    this.#mark = Buffer.from(`\n${mark} `);
    this.#sink = sink;
  }

  take(piece: Buffer): void {
    let held = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    for (;;) {
      const at = held.indexOf(this.#mark);
      const end = at < 0 ? -1 : held.indexOf('\n', at + this.#mark.length);
      if (end < 0) {
        const keep = at < 0 ? held.length - this.#begun(held) : at;
        if (keep > 0) this.#sink.says(held.subarray(0, keep));
        this.#held = held.subarray(keep);
        return;
      }
      if (at > 0) this.#sink.says(held.subarray(0, at));
      this.#told(held.toString('latin1', at + this.#mark.length, end));
      held = held.subarray(end + 1);
    }
  }

  /** How many bytes at the end may be the beginning of a mark. */
  #begun(held: Buffer): number {
    const from = held.lastIndexOf('\n');
    const length = from < 0 ? 0 : held.length - from;
    return length < this.#mark.length && this.#mark.subarray(0, length).equals(held.subarray(from))
      ? length
      : 0;
  }

  #told(line: string): void {
    const [, index = '', equals, number = ''] = /^(\d+|end) (=?)(\d+)$/.exec(line) ?? [];
    if (index === 'end') this.#sink.over();
    else if (index !== '' && equals === '=') this.#sink.ends(Number(index), Number(number));
    else if (index !== '') this.#sink.begins(Number(index), Number(number));
  }
}
