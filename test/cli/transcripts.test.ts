/**
 * What operators see, from start to end: command lines, their output and their exit codes, kept in test/golden.
 *
 * `UPDATE=1 npm test -- test/cli/transcripts.test.ts` takes what the program says now for right; look at the difference then.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment } from './station.ts';
import { typed } from './typed.ts';

const golden = join(import.meta.dirname, '..', 'golden');
const isUpdate = (process.env.UPDATE ?? '') !== '';

const facts = `cluster: galileo
hosts:
  - fqdn: n1.example
    roles: [ha]
    variables:
      lnid: 10.0.0.1@tcp
      host_cores: [1, 1]
  - fqdn: n2.example
    roles: []
    variables:
      lnid: 10.0.0.2@tcp
      host_cores: [1]
  - fqdn: n3.example
    roles: [{ name: app, overrides: { multiplicity: 2 } }]
`;

const roles = `- role: ha
  processes:
    - name: halon
      unit: m0d
      type: ha
      endpoint: "{{ lnid }}:12345:34:101"
      services: [HA, RMS]
- role: app
  requires: [ha]
  processes:
    - name: app
      type: client
      ownership: independent
      multiplicity: "{{ multiplicity }}"
      endpoint: "{{ lnid }}:12345:41:302"
      services: [RMS]
- role: server
  requires: [ha]
  processes:
    - name: server
      type: client
      multiplicity: 2
      environment:
        PORT: { range: [8081, 8083] }
        GREETING: it's "me" for $5
      endpoint: "{{ lnid }}:12345:41:310"
      services: [RMS]
`;

/** Less than before, and other than before. */
const laterFacts = `cluster: galileo
vars: { keepalive_timeout: 60 }
hosts:
  - fqdn: n1.example
    roles: [ha, app]
    variables:
      lnid: 10.0.0.9@tcp
      host_cores: [1, 1]
  - fqdn: n4.example
    roles: []
`;

const brokenFacts = `cluster: galileo
hosts:
  - fqdn: n1.example
    roles: [sever]
  - fqdn: N_2
    rolez: []
`;

/** What differs from run to run. */
const normalised = (text: string): string =>
  text
    .replace(/\bhal_[0-9a-zA-Z]+_[0-9a-zA-Z_-]+/g, '<token>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/\b[0-9a-f]{12}\b/g, '<token-id>')
    .replace(/\b1[0-9]{12}\b/g, '<ms>')
    .replace(/\bdigest( +)[0-9a-f]{16}/g, 'digest$1<digest>')
    .replace(/\bsize( +)\d+/g, 'size$1<size>')
    .replace(/\b\d+\.\d+\.\d+(-\S+)?$/gm, '<version>');

/** Runs command lines on a station of their own and compares the whole with what is kept. */
const transcript = (name: string, about: string, lines: readonly string[]): void => {
  t.test(about, async (t) => {
    const folder = folderOf(t, {
      'facts.yaml': facts,
      'later.yaml': laterFacts,
      'roles.yaml': roles,
      'later-roles.yaml': roles.replace(/- role: server[^]*/, '').replace('[HA, RMS]', '[HA]'),
      'broken.yaml': brokenFacts,
      home: {},
    });
    const { url, token } = await stationHere(t);
    writeFileSync(join(folder, 'admin.token'), token, { mode: 0o600 });
    const env = environment(join(folder, 'home'), {
      HALCYON_STATION: url,
      HALCYON_TOKEN_FILE: join(folder, 'admin.token'),
    });
    let text = '';
    for (const line of lines) {
      const { code, out, err } = await typed(line, folder, env);
      const said = err.replace(/^(?=.)/gm, '! ');
      const place = (one: string): string => one.replaceAll(folder, '<folder>');
      text += `$ ${line}\n${place(normalised(out))}${place(normalised(said))}[${code}]\n\n`;
      t.notMatch(out + err, token, 'the token is in no output');
    }
    compare(t, join(golden, `${name}.txt`), text);
  });
};

const compare = (t: Test, file: string, text: string): void => {
  if (isUpdate) writeFileSync(file, text);
  t.equal(text, readFileSync(file, 'utf8'), `${file} (UPDATE=1 takes the new one for right)`);
};

transcript('loading', 'an operator checks and loads a cluster, and looks at it', [
  'halctl --version',
  'halctl cluster status',
  'halctl cluster load -f facts.yaml -r roles.yaml --verify',
  'halctl cluster load -f facts.yaml -r roles.yaml --dry-run',
  'halctl cluster status',
  'halctl cluster load -f facts.yaml -r roles.yaml',
  'halctl cluster load -f facts.yaml -r roles.yaml',
  'halctl cluster status',
  'halctl cluster status --only-problems',
  'halctl cluster status --summary --at 1',
  'halctl mero dump',
  "halctl cluster dump -f dumped && stat -c '%a %n' dumped/facts.yaml dumped/roles/*",
  'halctl cluster load -f dumped/facts.yaml -r dumped/roles',
]);

transcript('planning', 'an operator changes a loaded cluster as planned', [
  'halctl cluster load -f facts.yaml -r roles.yaml >/dev/null',
  'halctl cluster process add --host n2.example --role app >/dev/null',
  'halctl cluster load -f later.yaml -r later-roles.yaml --dry-run',
  'halctl cluster load -f later.yaml -r later-roles.yaml --verify',
  'halctl cluster load -f later.yaml -r later-roles.yaml',
  'halctl cluster load -f later.yaml -r later-roles.yaml --yes --if-match 1',
  'halctl cluster load -f later.yaml -r later-roles.yaml --yes',
  'halctl cluster load -f later.yaml -r later-roles.yaml --prune --dry-run',
  'halctl cluster load -f later.yaml -r later-roles.yaml --prune',
  'halctl cluster load -f later.yaml -r later-roles.yaml --prune --yes',
  'halctl cluster load -f later.yaml -r later-roles.yaml --prune',
  'halctl cluster load -f facts.yaml -r roles.yaml --dry-run --json | head -20',
  'halctl cluster status',
]);

transcript('adding', 'an operator adds clients and gets their configuration', [
  'halctl cluster load -f facts.yaml -r roles.yaml >/dev/null',
  'halctl cluster process add --host n2.example --role app --dry-run',
  'halctl cluster process add --host n2.example --role app --set multiplicity=2',
  'halctl cluster process add --host n2.example --role server --format env',
  'halctl cluster process add --host n2.example --role app --format yaml --tokens',
  'halctl cluster process add --host n2.example --role app --json --idempotency-key once',
  'halctl cluster process add --host n2.example --role app --json --idempotency-key once | head -3',
  'halctl cluster node add n1.example --role app --role server --set app:multiplicity=1 --tokens',
  'halctl cluster process configuration 0x7200000000000001:0xa -o conf && stat -c %a conf && cat conf',
  'halctl cluster process configuration 0x7200000000000001:0xa --format json',
  'halctl cluster process state 0x7200000000000001:0xa online',
  'halctl cluster process state 0x7200000000000001:0xa online',
  'halctl cluster process remove 0x7200000000000001:0xa',
  "halctl cluster process state 0x7200000000000001:0xa failed --reason 'lost its mount'",
  'halctl cluster process show 0x7200000000000001:0xa',
  'halctl cluster process list --host n2.example --role app',
  'halctl cluster process state 0x7200000000000001:0x7 online',
  'halctl cluster process remove 0x7200000000000001:0xa',
  'halctl cluster process list --host n2.example --role app --at 6',
  'halctl cluster status --host n2.example',
]);

transcript('maintenance', 'an operator says that somebody works on machines', [
  'halctl cluster load -f facts.yaml -r roles.yaml >/dev/null',
  "halctl maintenance begin n1.example --reason 'a fan' --for 4h",
  "halctl maintenance begin 'n[2-3].example' --reason 'new switch'",
  'halctl maintenance begin n2.example',
  "halctl maintenance begin n2.example --reason ''",
  "halctl maintenance begin n9.example --reason 'a fan'",
  "halctl maintenance begin n2.example --reason 'a disk' --for 0s",
  "halctl maintenance begin n2.example --reason 'a disk' --for soon",
  'halctl maintenance list',
  'halctl maintenance list --json | head -20',
  'halctl cluster status --host n1.example',
  "halctl maintenance end 'n[1-3].example' --dry-run",
  "halctl maintenance end 'n[1-2].example'",
  'halctl maintenance end n1.example',
  'halctl maintenance list',
  'halctl maintenance list --at 4',
  'halctl why n1.example',
]);

transcript('refusals', 'every refusal has its exit code, its reason and what to do next', [
  'halctl cluster process add --host n1.example --role app',
  'halctl cluster load -f broken.yaml -r roles.yaml',
  'halctl cluster load -f missing.yaml',
  'halctl cluster load -f facts.yaml -r roles.yaml >/dev/null',
  'halctl cluster process add --host n9.example --role app',
  'halctl cluster process add --host n2.example --role ap',
  'halctl cluster process add --host n2.example --role app --set multiplicity=0',
  'halctl cluster process add --host n2.example --role server --set multiplicity=3',
  'halctl cluster process add --host n2.example --role app --set colour=red',
  'halctl cluster process add --host n3.example --role app',
  'halctl cluster process add --host n2.example --role server',
  'halctl cluster process add --host n2.example --role server',
  'halctl cluster process add --host n2.example --role app --if-match 1',
  'halctl cluster process add --host n2.example --role app --idempotency-key k >/dev/null',
  'halctl cluster process add --host n2.example --role ha --idempotency-key k',
  'halctl cluster process show 0x7200000000000001:0x999',
  'halctl cluster process show 42',
  'halctl cluster process state 0x7200000000000001:0x4 sleeping',
  'halctl why nothing',
  'halctl cluster staus',
  'halctl cluster',
  'halctl cluster node add n1.example',
  "halctl cluster node add 'n[1-999999999]' --role app",
  'halctl cluster status --at yesterday',
  '(umask 077; echo nonsense >wrong.token); halctl --token-file wrong.token auth whoami',
  'env -u HALCYON_TOKEN_FILE halctl auth whoami',
  'halctl auth token create looker --role viewer -o viewer.token >/dev/null && halctl --token-file viewer.token system node add n8.example',
  'env -u HALCYON_STATION halctl cluster status',
  'halctl --station http://user:password@127.0.0.1 cluster status',
  'halctl --station http://station.invalid:7400 cluster status',
  'halctl --context none cluster status',
]);

transcript('looking', 'an operator looks at what happened and why', [
  'halctl cluster load -f facts.yaml -r roles.yaml >/dev/null',
  'halctl cluster process add --host n2.example --role app >/dev/null',
  'halctl events --from 2',
  'halctl events --type HostDeclared --type NodeAdded',
  'halctl events --from 2 --json | head -12',
  'halctl why n1.example',
  'halctl why 0x7200000000000001:0x7',
  'halctl system node list',
  'halctl halon node show n1.example',
  'halctl cluster node list',
  'halctl cluster node show n1.example',
  'halctl cluster node show n3.example',
  'halctl cluster vars get keepalive_timeout',
  'halctl system info eq',
  'halctl system info graph --format kv | cut -f1',
  'halctl system info graph --format dot | head -4',
]);

transcript('operations', 'an operator sees what was ordered, by whom, and how far it is', [
  'halctl cluster load -f facts.yaml -r roles.yaml >/dev/null',
  'halctl operation list',
  'halctl cluster process start 0x7200000000000001:0x3 --no-wait',
  'halctl cluster start --no-wait',
  'halctl system node remove n2.example',
  'halctl cluster process stop 0x7200000000000001:0x3 --no-wait',
  'halctl operation list',
  'halctl operation list --host n1.example --state cancelled',
  'halctl operation list --process 0x7200000000000001:0x3 --limit 1',
  'halctl operation list --kind remove --json',
  'halctl operation list --kind explode',
  'halctl operation list --host N1',
  'halctl operation list --limit 0',
  'halctl operation 4 --no-wait',
  'halctl operation show 4 --no-wait --json | head -5',
  'halctl operation show 99 --no-wait',
  'halctl operation lst',
  'halctl operation',
]);

transcript('renaming', 'a machine got another name', [
  'halctl cluster load -f facts.yaml -r roles.yaml >/dev/null',
  'halctl cluster process add --host n1.example --role app >/dev/null',
  'halctl system node rename n9.example n5.example',
  'halctl system node rename n1.example n2.example',
  'halctl system node rename n1.example n5.example --dry-run',
  'halctl system node rename n1.example N5.example',
  'halctl system node rename n1.example n5.example',
  'halctl system node list',
  'halctl cluster process list --host n5.example',
  'halctl system node show n1.example',
]);

transcript('projects', 'an administrator lends machines to projects', [
  "halctl system node add 'n[01-04].example' >/dev/null",
  'halctl project list',
  'halctl project create climate',
  'halctl project create climate',
  "halctl project create 'cli mate'",
  'halctl project create ocean',
  "halctl project attach climate 'n[01-03].example' --dry-run",
  "halctl project attach climate 'n[01-03].example'",
  'halctl project attach ocean n04.example n03.example',
  'halctl project attach forest n04.example',
  'halctl project attach ocean n09.example',
  'halctl project list',
  'halctl project show climate',
  'halctl project show climate --json',
  'halctl project show ocean --at 3',
  'halctl system node remove n01.example',
  'halctl project delete climate',
  "halctl auth token create 'climate group' --project climate --project ocean:viewer --role operator -o group.token",
  'halctl auth token create x --project climate --role admin',
  'halctl auth token list',
  'halctl --token-file group.token auth whoami',
  'halctl --token-file group.token system node list',
  'halctl --token-file group.token system node show n04.example',
  'halctl --token-file group.token system node show n05.example',
  'halctl --token-file group.token project list',
  'halctl --token-file group.token project attach climate n04.example',
  'halctl --token-file group.token cluster status',
  'halctl project expel climate "$(halctl auth token list | awk \'$2 == "member" {print $1}\')"',
  'halctl --token-file group.token system node list',
  'halctl project admit climate "$(halctl auth token list | awk \'$2 == "member" {print $1}\')" --role viewer',
  'halctl project admit climate "$(halctl auth token list | awk \'$2 == "admin" {print $1}\')" --role viewer',
  "halctl project detach climate 'n[01-03].example'",
  'halctl project detach climate n01.example',
  'halctl project delete climate',
  'halctl project show climate',
]);

transcript('many-hosts', 'one command for many hosts does what it can and says what failed', [
  'halctl cluster load -f facts.yaml -r roles.yaml >/dev/null',
  "halctl system node add 'n[01-03].example' n2.example",
  "halctl cluster node add 'n[1-2].example' --role app | sed 's/revision [0-9]*/revision N/; s/:0x[0-9a-f]*/:0xN/g'",
  "halctl cluster node add 'n[2,04-06].example,n01.example' --role app --set lnid=10.0.0.7@tcp | sed 's/revision [0-9]*/revision N/; s/:0x[0-9a-f]*/:0xN/g'; exit ${PIPESTATUS[0]}",
  "halctl cluster node add 'n[04-05].example' --role app --json",
  "halctl cluster node add 'n[1-2].example' --role app --if-match 3",
]);

transcript('contexts', 'an operator keeps stations and tokens in contexts', [
  'halctl config list-contexts',
  'halctl config set-context test --station "$HALCYON_STATION" --token-file - <admin.token',
  'stat -c %a home/config/halcyon/config.yaml',
  'halctl config set-context other --station http://127.0.0.1:9 --token-file admin.token',
  'halctl config list-contexts',
  'env -u HALCYON_STATION -u HALCYON_TOKEN_FILE halctl config current',
  'env -u HALCYON_STATION -u HALCYON_TOKEN_FILE halctl auth whoami',
  'halctl config use-context other',
  'env -u HALCYON_STATION halctl config current --json',
  'halctl --context test auth whoami --json',
  'halctl config use-context nothing',
  'halctl config delete-context other',
  "halctl config set-context 'a b' --station http://127.0.0.1:9",
  'halctl config set-context new',
  'chmod 644 home/config/halcyon/config.yaml; halctl --context test auth whoami',
]);

transcript('tokens', 'an administrator issues and revokes tokens', [
  "halctl auth token create 'to look' --role viewer --expires 30d --dry-run | cut -c1-40",
  "halctl auth token create 'to look' --role viewer --expires 30d",
  'halctl auth token create agent --role agent --host n1.example -o agent.token && stat -c %a agent.token',
  'halctl auth token list',
  'halctl auth token create x --role god',
  'halctl auth token create x --role viewer --expires soon',
  'halctl auth token create x --role process',
  'halctl auth token revoke "$(halctl auth token list | awk \'$2 == "agent" {print $1}\')"',
  'halctl --token-file agent.token auth whoami',
  'halctl auth token revoke 0123456789ab',
]);

transcript('stations', 'a station that is alone has no others', [
  'halctl system station list',
  'halctl system station add head2.example --url https://head2.example:7400',
  'halctl system station retire head2.example',
]);

transcript('fleet', 'an operator looks at all machines and at one', [
  'halctl status',
  "halctl system node add 'n[1-3].example' ssh >/dev/null",
  "halctl maintenance begin n2.example --reason 'a fan' >/dev/null",
  'halctl status --columns machine,state,maintenance,reason',
  'halctl status --columns machine,state --fold',
  'halctl status --columns machine,state --sort=-machine',
  "halctl status -f 'maintenance:fan' --columns machine,state",
  "halctl status -f 'state:up'",
  "halctl status -f 'shs:down'",
  'halctl status --columns machne',
  'halctl status --checks pnig',
  'halctl status -g savoi3',
  'halctl status n9.example',
  "halctl status 'n[1-2'",
  'halctl status --csv --columns machine,state',
  "halctl status n2.example --tsv --columns machine,state,maintenance | tr '\t' '|'",
  'halctl status --csv --json',
  'halctl status --check --columns machine,state',
  "halctl note n2.example 'the disk in bay 3 is slow'",
  'halctl note n9.example x',
  "halctl note n2.example ''",
  'halctl note list n2.example',
  'halctl status history n2.example --kind note',
  'halctl status history n2.example --kind nite',
  'halctl status history n9.example',
  'halctl status show ssh | head -6',
  "halctl status show 'n[1-2].example'",
  'halctl status show n9.example',
]);
