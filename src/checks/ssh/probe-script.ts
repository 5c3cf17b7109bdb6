/** The script of a sweep, and the marks in what it says. Pure. */

import type { ProbeSection } from './section.ts';
import { quoted, scriptLine } from './remote-shell.ts';

const whoAmI = 'read -r p _ </proc/self/stat';
const evaluated = ({ lines }: ProbeSection): string => `eval ${quoted(lines.join('\n'))}`;

const apart = (section: ProbeSection, index: number): readonly string[] => [
  `case $k in *" ${index} "*) ;; *)`,
  `(${whoAmI}; printf '\\n%s ${index} %s\\n' "$m" "$p"; m= k= s=`,
  `${evaluated(section)})`,
  `printf '\\n%s ${index} =%s\\n' "$m" $?;; esac`,
];

/** Its end ($e) is told with the beginning of the next: whatever is written is a packet, for both sides. */
const together = (section: ProbeSection, index: number): readonly string[] => [
  `case $k in *" ${index} "*) ;; *)`,
  `printf '%s\\n%s ${index} %s\\n' "$e" "$m" "$p"`,
  evaluated(section),
  `e="\n$m ${index} =$?\n";; esac`,
];

/**
 * Each section says before it the number of its process, and after it how it ended. Those that are quick share one: to
 * begin a process costs a machine more than what most of them do.
 */
export const probeScript = (sections: readonly ProbeSection[]): string => {
  const [quick, others]: [string[], string[]] = [[], []];
  for (const [index, section] of sections.entries())
    if (section.isQuick) quick.push(...together(section, index));
    else others.push(...apart(section, index));
  if (quick.length === 0) return others.join('\n');
  return [`(${whoAmI}; e=`, ...quick, 'printf %s "$e")', ...others].join('\n');
};

/** What a section started is ended by the machine itself, should nobody be there who does, s. */
const roundSecondsMax = 600;
/** How often that is looked for, s. */
const watchSeconds = 60;

/**
 * A process that ends what is below the shell ($1) and older than a round may be, and itself with the shell. It wakes
 * once a minute, and reads a few lines of /proc then. It stays a child of the shell, so that the check of users knows it
 * for ours, and passes itself over.
 */
const watch = [
  'trap "" HUP TERM INT',
  'kids() { read -r c </proc/$1/task/$1/children; } 2>/dev/null',
  'end() { kids $1; set -- $1 $c; kill -s KILL $1; shift; for p; do end $p; done; } 2>/dev/null',
  `while sleep ${watchSeconds}; [ -d /proc/$1 ]; do`,
  'c=; kids $1; read -r now _ </proc/uptime',
  'for p in $c; do',
  '[ $p = $$ ] && continue',
  'l=; { read -r l </proc/$p/stat; } 2>/dev/null; set -- $1 ${l##*) }',
  `[ $# -ge 21 ] && [ $((\${now%.*} - \${21} / 100)) -gt ${roundSecondsMax} ] && end $p`,
  'set -- $1',
  'done; done',
].join('\n');

/**
 * A shell that runs a round for each two lines: a mark, and the sections to pass over; or `new`, whereupon a script for
 * this round and the next ones follows, and then the sections. Marks stand in no list of processes. With the second
 * round, as it stays then, it gets somebody who watches it, and takes him along when it ends by itself.
 */
export const probeShell = [
  'LC_ALL=C; PATH=$PATH:/usr/sbin:/sbin; export LC_ALL PATH',
  `w=${quoted(watch)}; n=0`,
  'while IFS= read -r m && IFS= read -r k; do',
  '[ "$k" != new ] || { IFS= read -r s; s=$(printf %b "$s"); IFS= read -r k; }',
  'n=$((n+1)); [ $n -ne 2 ] || { i=; command -v setsid >/dev/null 2>&1 && i=setsid',
  '$i /bin/sh -c "$w" halcyon-watch $$ </dev/null >/dev/null 2>&1 & w=$!; }',
  '(eval "$s") </dev/null 2>/dev/null',
  `printf '\\n%s end =%s\\n' "$m" $?`,
  'done',
  '[ $n -lt 2 ] || kill -s KILL -- -$w || kill -s KILL $w',
].join('\n');

/**
 * One round.
 *
 * @param script where it is another one than before
 */
export const roundText = (
  mark: string,
  passedOver: readonly number[],
  script: string | undefined,
): string => {
  const renewed = script === undefined ? '' : `new\n${scriptLine(script)}`;
  return `${mark}\n${renewed} ${passedOver.join(' ')} \n`;
};

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
