/**
 * What runs on a machine, read once for all checks that want to know: one awk reads the first lines of each
 * `/proc/…/status`. `ps` costs a machine three times as much, and each program that is started a millisecond.
 */

/** Names of accounts may come from a directory that does not answer; then there are numbers, after so many seconds. */
const namesSeconds = 3;

/** For any awk: that of BusyBox, mawk, gawk. `getline` and not arguments, as processes end while they are read. */
const program = [
  'BEGIN {',
  'least = 1000',
  'while ((getline l < "/etc/login.defs") > 0)',
  'if (l ~ /^[ \\t]*UID_MIN[ \\t]+[0-9]/) { split(l, a); least = a[2]; print "UID_MIN", least; break }',
  // Threads of the kernel are most of what runs on many a machine, and nobody's. In a container, 2 is like others.
  'if ((getline l < "/proc/2/status") > 0 && l == "Name:\\tkthreadd") {',
  'kernel[2] = 1',
  'while ((getline l < "/proc/2/task/2/children") > 0) {',
  'n = split(l, a); for (i = 1; i <= n; i++) kernel[a[i]] = 1',
  '}',
  '}',
  'for (i = 1; i < ARGC; i++) {',
  'p = substr(ARGV[i], 7); if (p in kernel) continue',
  'f = ARGV[i] "/status"; u = ""',
  'while ((getline l < f) > 0) {',
  'if (l ~ /^Name:/) n = substr(l, 7)',
  'else if (l ~ /^State:/) s = substr(l, 8, 1)',
  'else if (l ~ /^PPid:/) q = substr(l, 7)',
  'else if (l ~ /^Uid:/) { split(l, a, "\\t"); u = a[3]; break }',
  '}',
  'close(f)',
  'if (u == "" || (q == 2 && 2 in kernel)) continue',
  'print "p", p, q, u',
  'if (s == "D") print "d", n',
  'if (n == "slurmd" && s != "Z") slurmd = "yes"',
  'if (u >= least && u != 65534 && !(u in wanted)) { wanted[u] = 1; names++ }',
  '}',
  'print "slurmd", slurmd',
  'while (names && (getline l < "/etc/passwd") > 0) {',
  'split(l, a, ":"); if (a[3] in wanted) { print "u", a[3], a[1]; delete wanted[a[3]]; names-- }',
  '}',
  'for (u in wanted) getent = getent " " u',
  'if (getent) { getent = limit " getent passwd" getent " 2>/dev/null"',
  'while ((getent | getline l) > 0) { split(l, a, ":"); print "u", a[3], a[1] } }',
  'print "end" }',
];

/** The lines of all checks that read {@link processesOf}: as they are the same array, they are run once. */
export const processesProbe: readonly string[] = [
  'read -r self _ </proc/self/stat; echo "self $self"',
  'd=absent l=; command -v slurmd >/dev/null 2>&1 && d=no',
  `command -v timeout >/dev/null 2>&1 && l='timeout ${namesSeconds}'`,
  `exec awk -v slurmd=$d -v limit="$l" '${program.join('\n')}' /proc/[0-9]*`,
];

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
}

/** Null: the list is not whole, or the account is shown its own processes only: nobody knows of the others. */
export const processesOf = (output: string): readonly Process[] | null => {
  if (!/^end$/m.test(output) || !/^p 1 /m.test(output)) return null;
  return [...output.matchAll(/^p (\d+) (\d+) (\d+)$/gm)].map(([, pid, parent, uid]) => ({
    pid: Number(pid),
    parent: Number(parent),
    uid: Number(uid),
  }));
};

export const unseen = 'the list of processes could not be read, or not those of others';
