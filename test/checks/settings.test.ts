/** The file that says what is checked: what is wrong is said with line and field. */

import t from 'tap';
import { CheckFileError, readCheckFile } from '../../src/checks/settings/read.ts';
import { catalogueOf, usualSettings } from '../../src/checks/settings/settings.ts';
import type { CheckSettings } from '../../src/checks/settings/settings.ts';

const read = (text: string): CheckSettings => readCheckFile({ name: 'checks.yaml', text });

const complaint = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof CheckFileError) return error.message;
    throw error;
  }
  return 'nothing is wrong';
};

t.test('without a file nothing is checked that sends a packet', async (t) => {
  t.same(usualSettings.enabled, ['agent', 'ipmi', 'power']);
  t.same(read('').enabled, usualSettings.enabled);
});

t.test('checks, periods and verdicts are as the file has them', async (t) => {
  const settings = read(
    'checks: [ping, tcp]\nperiods: {ping: 5}\ntimeouts: {tcp: 0.5}\nverdicts: {needed: 3, of: 5}\ntcp: {port: 2222}\n',
  );
  t.same(settings.enabled, ['agent', 'ipmi', 'power', 'ping', 'tcp']);
  t.match(settings, { damping: { needed: 3, of: 5 }, tcpPort: 2222 });
  const catalogue = catalogueOf(settings.file);
  t.match(catalogue.find('ping'), { periodSeconds: 5 });
  t.match(catalogue.find('tcp'), { timeoutSeconds: 0.5 });
});

t.test('10: a mistyped check or key is refused, with the one that was meant', async (t) => {
  t.match(
    complaint('checks:\n  - ping\n  - pnig\n'),
    /^checks\.yaml:3:5: checks\[1\]: .*"ping"\?$/,
  );
  t.match(complaint('check: [ping]\n'), /^checks\.yaml:1:1: check: Unknown key .*"checks"\?$/);
  t.match(complaint('periods: {pign: 5}\n'), /There is no check "pign"\. Did you mean "ping"\?/);
  t.match(complaint('periods: {ping: 0}\n'), /checks\.yaml:1:17: periods\.ping: /);
  t.match(complaint('verdicts: {needed: 4, of: 2}\n'), /4 of the last 2 looks cannot agree/);
  t.match(complaint('checks: [ping\n'), /^checks\.yaml:/);
  t.match(complaint('- ping\n'), /Expected a map/);
  for (const id of ['constructor', '__proto__', '0'])
    t.match(complaint(`checks: ["${id}"]\n`), /There is no check/, id);
});

t.test('checks of the site have ids of their own and patterns that can be read', async (t) => {
  const { file } = read(
    [
      'checks: [raid, disk, nhc, df/scratch]',
      'ssh: ssh.yaml',
      'df: {warn_at: 0.8, mounts: {scratch: {path: /scratch, not_separate: fail}}}',
      "commands: [{id: raid, command: cat /proc/mdstat, pattern: '\\[U+\\]'}]",
      'nagios: [{id: disk, command: /usr/lib/nagios/plugins/check_disk -w 10%}]',
      'nhc: /usr/sbin/nhc',
      '',
    ].join('\n'),
  );
  const catalogue = catalogueOf(file);
  for (const id of ['raid', 'disk', 'nhc', 'df/scratch']) t.ok(catalogue.find(id), id);
  t.equal(catalogue.find('df_scratch')?.id, 'df/scratch');
  t.match(
    complaint('checks: [ping, load]\n'),
    /checks\.yaml:1:16: checks\[1\]: "load" needs "ssh"/,
  );
  t.match(complaint('commands: [{id: ping, command: x}]\n'), /There is another check "ping"/);
  t.match(complaint('commands: [{id: Raid, command: x}]\n'), /Expected a name of small letters/);
  t.match(complaint("commands: [{id: a, command: x, pattern: '('}]\n"), /commands\[0\]\.pattern: /);
  t.match(complaint('df: {mounts: {tmp: {path: tmp}}}\n'), /Expected a path from the root/);
  t.match(complaint('df: {mounts: {a/b: {path: /tmp}}}\n'), /A name has small letters/);
});
