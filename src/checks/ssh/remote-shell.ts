/**
 * Scripts for /bin/sh on machines whose accounts have any login shell, and rc files that say anything.
 *
 * The command is one that sh, csh and fish read alike. The script follows on standard input as one line: so it may be of
 * any length, hold anything, and stands in no list of processes.
 */

/** What the login shell runs: no character in it means anything else in one of them. */
export const shellCommand = `exec /bin/sh -c 'IFS= read -r s; eval "$(printf %b "$s")"'`;

/** A script as the line that {@link shellCommand} reads first. */
export const scriptLine = (script: string): string =>
  `${script.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;

/** A text as one word for /bin/sh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What begins what is ours, after whatever rc files say; followed by the number of the process. */
export const beginning = (mark: string): string =>
  `printf '\\n%s %s\\n' ${mark} $$; printf '\\n%s\\n' ${mark} >&2`;

/**
 * Ends a group of processes, by force where it takes longer than a second, and says whether something is left: `left`
 * or `gone`. What hangs in the kernel is; zombies are not.
 */
export const endGroup = (group: number): string =>
  [
    'lives() { for f in /proc/[0-9]*/stat; do',
    'l=; { read -r l <$f; } 2>/dev/null; set -- ${l##*) }',
    `[ "$3" = ${group} ] && [ "$1" != Z ] && return 0`,
    'done; return 1; }',
    'wait_for() { n=0; while [ $n -lt 10 ] && lives; do sleep 0.1 2>/dev/null || sleep 1; n=$((n+1)); done; }',
    `kill -s TERM -- -${group} 2>/dev/null; wait_for`,
    `kill -s KILL -- -${group} 2>/dev/null && wait_for`,
    'lives && echo left || echo gone',
  ].join('\n');

/**
 * A process that ends a group ($1) when the server's process ($2) is gone, that is when the connection is, or after so
 * many seconds ($3). It is in a group of its own where `setsid` is there.
 */
const watch = [
  'trap "" HUP TERM INT',
  'n=0',
  'while kill -s 0 -- "$1" 2>/dev/null; do',
  'if [ $n -ge "$3" ] || { [ -n "$2" ] && ! [ -d "/proc/$2" ]; }; then',
  'kill -s TERM -- "$1"; sleep 2; kill -s KILL -- "$1"; exit',
  'fi',
  'sleep 1; n=$((n+1))',
  'done',
].join('\n');

/**
 * Runs a command in the place of this shell, so that the server says how it ended and no shell in between; and sees to
 * it that its group ends with the connection, and after so many seconds at the latest.
 */
export const watched = (command: string, mark: string, seconds: number): string =>
  [
    beginning(mark),
    `w=${quoted(watch)}`,
    '[ -d "/proc/$PPID" ] && p=$PPID || p=',
    'if command -v setsid >/dev/null 2>&1',
    `then (setsid /bin/sh -c "$w" halcyon-watch -$$ "$p" ${seconds} </dev/null >/dev/null 2>&1 &)`,
    `else (/bin/sh -c "$w" halcyon-watch $$ "$p" ${seconds} </dev/null >/dev/null 2>&1 &)`,
    'fi',
    `exec /bin/sh -c ${quoted(command)}`,
  ].join('\n');
