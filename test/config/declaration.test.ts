import { readFileSync } from 'node:fs';
import t from 'tap';
import { declarationFrom, passwordFiles } from '../../src/config/declaration.ts';
import type { DeclarationFiles } from '../../src/config/declaration.ts';
import { createRenderers } from '../../src/config/render.ts';
import type { SourceFile } from '../../src/config/source-file.ts';
import { sshDefaults } from '../../src/core/values/recovery-policy.ts';

const root = new URL('../../', import.meta.url);
const file = (name: string): SourceFile => ({
  name,
  text: readFileSync(new URL(name, root), 'utf8'),
});

const roleFiles = [file('roles/servers.yaml'), file('roles/clients.yaml')];

/** Problems as `line:column path: message`, those of other files with their name before. */
const problems = (files: DeclarationFiles): readonly string[] => {
  const result = declarationFrom(files);
  return (result.ok ? [] : result.problems).map(
    ({ file: name, line, column, path, message }) =>
      `${name === files.facts.name ? '' : `${name}:`}${line}:${column} ${path}: ${message}`,
  );
};

const native = (text: string, more: Partial<DeclarationFiles> = {}): readonly string[] =>
  problems({ facts: { name: 'facts.yaml', text }, roles: roleFiles, ...more });

const good = 'cluster: c\nhosts: []\n';

const inRoles = (text: string): readonly string[] =>
  native(good, { roles: [...roleFiles, { name: 'r.yaml', text }] });

const declared = (text: string, more: Partial<DeclarationFiles> = {}) => {
  const result = declarationFrom({
    facts: { name: 'facts.yaml', text },
    roles: roleFiles,
    ...more,
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
};

t.test('the example loads with the roles at hand', async (t) => {
  const result = declarationFrom({ facts: file('facts.example.yaml'), roles: roleFiles });
  t.match(result, { ok: true, warnings: [] });
  if (!result.ok) return;
  const { declaration } = result;
  t.same(
    declaration.hosts.map(({ fqdn, roles }) => [fqdn, ...roles.map(({ name }) => name)]),
    [
      ['node1.halcyon.example', 'ha', 'confd', 'storage'],
      ['node2.halcyon.example', 'm0t1fs'],
      ['node3.halcyon.example'],
    ],
  );
  t.same(declaration.profiles, [{ name: 'default', pools: [] }]);
  t.same(
    declaration.roles.map(({ name, requires }) => [name, ...requires]),
    [
      ['ha'],
      ['confd', 'ha'],
      ['storage', 'ha'],
      ['m0t1fs', 'ha'],
      ['clovis-app', 'ha'],
      ['s3server', 'ha'],
    ],
  );
});

t.test('a host needs only its name and its roles', async (t) => {
  const { declaration } = declared(
    'cluster: c\nhosts:\n  - fqdn: Node1.Example\n    roles: [ha]\n',
  );
  t.same(declaration.hosts, [
    {
      fqdn: 'node1.example',
      roles: [{ name: 'ha', overrides: {} }],
      enclosure: null,
      project: null,
      variables: {},
      obm: null,
      devices: [],
      recovery: null,
    },
  ]);
});

t.test('everything that can be said of a cluster arrives in the declaration', async (t) => {
  const { declaration } = declared(`
cluster: c
places:
  - site: berlin
    racks: [{ rack: r1, enclosures: [e1] }]
hosts:
  - fqdn: n1
    roles:
      - ha
      - { name: clovis-app, overrides: { multiplicity: 3 } }
    enclosure: e1
    project: galileo
    variables: { host_cores: [1, 0] }
    obm: { type: dummy, address: n1-bmc }
    devices:
      - { wwn: w1, serial: s1, path: /dev/sda, slot: 3, size: 8TB }
    recovery: []
pools:
  - { name: tier1, data_units: 2, parity_units: 1, unit_size: 1MiB, devices: [/dev/sda] }
profiles:
  - { name: fast, pools: [tier1] }
vars: { keepalive_timeout: 60 }
recovery: [{ wait: 60 }, { ssh: { user: root }, times: 2 }]
`);
  const { roles: _roles, ...rest } = declaration;
  t.same(rest, {
    cluster: 'c',
    enclosures: [{ name: 'e1', site: 'berlin', rack: 'r1' }],
    hosts: [
      {
        fqdn: 'n1',
        roles: [
          { name: 'ha', overrides: {} },
          { name: 'clovis-app', overrides: { multiplicity: 3 } },
        ],
        enclosure: 'e1',
        project: 'galileo',
        variables: { host_cores: [1, 0] },
        obm: { type: 'dummy', address: 'n1-bmc', secret: null },
        devices: [
          { wwn: 'w1', serial: 's1', path: '/dev/sda', slot: 3, block_size: 4096, size: 8e12 },
        ],
        recovery: [],
      },
    ],
    pools: [{ name: 'tier1', data_units: 2, parity_units: 1, unit_size: 2 ** 20, devices: ['w1'] }],
    profiles: [{ name: 'fast', pools: ['tier1'] }],
    vars: { keepalive_timeout: 60 },
    recovery: [
      { kind: 'wait', seconds: 60 },
      { ...sshDefaults, user: 'root', times: 2 },
    ],
  });
});

t.test('every error is reported at once, sorted, with line, column and path', async (t) => {
  const text = `cluster: c
hots: []
hosts:
  - fqdn: a.example
    roles: [stroage, { name: m0t1fs, overrides: { multiplicity: 3, foo: 1 } }]
    obm: { type: ipmy, adress: x, user: u, password: 5 }
  - fqdn: A.example
    roles: ha
    enclosure: e9
  - fqdn: "b c"
  - fqdn: d.example
    roles: [{ name: clovis-app, overrides: { multiplicity: 0 } }]
vars: { keepalive_timeot: 3, recovery_max_retries: 1.5 }
profiles: [{ name: p, pools: [nope] }]
`;
  t.same(native(text), [
    '2:1 hots: Unknown key "hots". Did you mean "hosts"?',
    '5:13 hosts[0].roles[0]: There is no role "stroage". Did you mean "storage"?',
    '5:51 hosts[0].roles[1].overrides.multiplicity: Override "multiplicity" is fixed: the role does not take it from "{{ multiplicity }}".',
    '5:68 hosts[0].roles[1].overrides.foo: Override "foo" is not a variable of the role; it has host_cores, host_mem_as, host_mem_memlock, host_mem_rss, host_mem_stack, lnid.',
    '6:10 hosts[0].obm: "address" is missing.',
    '6:18 hosts[0].obm.type: Expected "ipmi" or "redfish" or "dummy", found "ipmy". Did you mean "ipmi"?',
    '6:24 hosts[0].obm.adress: Unknown key "adress". Did you mean "address"?',
    '6:54 hosts[0].obm.password: Expected text, found a number. Quote it.',
    '7:11 hosts[1].fqdn: Host "a.example" is already on line 4.',
    '8:12 hosts[1].roles: Expected a list, found text.',
    '9:16 hosts[1].enclosure: No enclosure "e9" is in "places".',
    '10:5 hosts[2]: "roles" is missing.',
    '10:11 hosts[2].fqdn: Expected a host name, found "b c".',
    '12:60 hosts[3].roles[0].overrides.multiplicity: Override "multiplicity" must be a whole number of 1 to 10000, not 0.',
    '13:9 vars.keepalive_timeot: Unknown key "keepalive_timeot". Did you mean "keepalive_timeout"?',
    '13:52 vars.recovery_max_retries: Expected a whole number of -1000 to 1000, found 1.5.',
    '14:31 profiles[0].pools[0]: There is no pool "nope".',
  ]);
});

t.test('a problem says what was expected', async (t) => {
  const result = declarationFrom({
    facts: { name: 'f', text: 'cluster: c\nhosts: [{ fqdn: a, roles: [nope] }]\nprofiles: []\n' },
    roles: roleFiles,
  });
  t.match(result, {
    ok: false,
    problems: [
      { line: 2, expected: 'one of ha, confd, storage, m0t1fs, clovis-app, s3server' },
      { line: 3, expected: 'at least 1 entry' },
    ],
  });
});

t.test('duplicates name the line of the first', async (t) => {
  const text = `cluster: c
places:
  - { site: s, racks: [{ rack: r, enclosures: [e1, e1] }, { rack: r, enclosures: [] }] }
  - { site: s, racks: [] }
hosts:
  - { fqdn: a, roles: [], devices: [{ wwn: w, serial: s, path: /a, size: 1 }] }
  - { fqdn: b, roles: [], devices: [{ wwn: w, serial: t, path: /b, size: 1 }] }
pools:
  - { name: p, data_units: 1, parity_units: 0, unit_size: 1, devices: [s, s] }
  - { name: p, data_units: 1, parity_units: 0, unit_size: 1, devices: [/a, nope] }
profiles:
  - { name: x, pools: [p] }
  - { name: x, pools: [p] }
`;
  t.same(native(text), [
    '3:52 places[0].racks[0].enclosures[1]: Enclosure "e1" is already on line 3.',
    '3:67 places[0].racks[1].rack: Rack "r" is already on line 3.',
    '4:13 places[1].site: Site "s" is already on line 3.',
    '7:44 hosts[1].devices[0].wwn: WWN "w" is already on line 6.',
    '9:75 pools[0].devices[1]: Device "w" is already on line 9.',
    '10:13 pools[1].name: Pool "p" is already on line 9.',
    '10:76 pools[1].devices[1]: No host has a device with WWN, serial or path "nope".',
    '13:13 profiles[1].name: Profile "x" is already on line 12.',
  ]);
});

t.test('settings out of their bounds, or against each other, are refused', async (t) => {
  t.same(native(`${good}vars: { recovery_max_retries: 0 }\n`), [
    '3:31 vars.recovery_max_retries: "recovery_max_retries" must be a whole number of -1000 to 1000 other than 0, not 0.',
  ]);
  t.same(native(`${good}vars: { keepalive_frequency: 200 }\n`), [
    '3:30 vars.keepalive_frequency: "keepalive_timeout" (115 s) must be above "keepalive_frequency" (200 s).',
  ]);
  t.match(native(`${good}vars: { process_stop_timeout: -1 }\n`), [/1 to 86400, found -1/]);
});

t.test('files that are not YAML, or something else altogether', async (t) => {
  t.same(native(''), ['1:1 : Expected a map, found nothing.']);
  t.same(native('just text'), ['1:1 : Expected a map, found text.']);
  t.same(native('cluster: c\nhosts:\n\t- fqdn: a\n'), [
    '3:1 : Tabs are not allowed as indentation; use spaces.',
  ]);
  t.same(native('cluster: c\ncluster: d\nhosts: [\n'), [
    '2:1 cluster: This key is given twice.',
    '4:1 : Flow sequence in block collection must be sufficiently indented and end with a ].',
  ]);
});

t.test('errors of facts and of several roles files come together', async (t) => {
  const found = native('cluster: c\nhosts: nobody\n', {
    roles: [
      { name: 'b.yaml', text: '- role: x\n  processes: []\n' },
      { name: 'a.yaml', text: 'roles: []\n' },
    ],
  });
  t.same(found, [
    'a.yaml:1:1 : Expected a list of roles, found something else.',
    'b.yaml:2:14 [0].processes: Expected at least 1 entry, found 0.',
    '2:8 hosts: Expected a list, found text.',
  ]);
});

t.test('bad native roles: every error, each with its place', async (t) => {
  t.same(
    inRoles(`# comment
- role: bad
  requires: [haa]
  processes:
    - name: x
      endpont: "{{ lnid }:1"
      type: cliet
      multiplicity: 0
      environment:
        A-B: 1
        C: { range: [9, 1] }
      memory: { as: 16Gb }
- role: ha
  processes: [{ name: y, endpoint: "{% for x in y %}" }]
- role: bad3
\tprocesses: 1
- processes: [{ name: z, endpoint: "h:1" }]
- role: bad4
  processes:
    - name: y
      endpoint: "{{ lnid }}:12345:41:5000"
      environment: { C: { range: [9, 1] }, MERO_HA_EP: x }
`),
    [
      'r.yaml:3:14 [0].requires[0]: There is no role "haa". Did you mean "ha"?',
      'r.yaml:5:7 [0].processes[0]: "endpoint" is missing.',
      'r.yaml:6:7 [0].processes[0].endpont: Unknown key "endpont". Did you mean "endpoint"?',
      'r.yaml:6:16 [0].processes[0].endpont: Output "{{ lnid }:1" not closed.',
      'r.yaml:7:13 [0].processes[0].type: Expected "ha" or "server" or "filesystem" or "client", found "cliet". Did you mean "client"?',
      'r.yaml:8:21 [0].processes[0].multiplicity: Expected a whole number of 1 to 10000, found 0.',
      'r.yaml:10:9 [0].processes[0].environment.A-B: "A-B" is not a legal name of an environment variable.',
      'r.yaml:12:21 [0].processes[0].memory.as: Expected a whole number or a size such as 16GiB or a template such as {{ name }}, found "16Gb".',
      'r.yaml:13:9 [1].role: Role "ha" is already in roles/servers.yaml, line 12.',
      'r.yaml:14:36 [1].processes[0].endpoint: Tag {% for x in y %} not closed.',
      'r.yaml:16:2 [2]: Tabs are not allowed as indentation; use spaces.',
      'r.yaml:17:3 [3]: "role" is missing.',
      'r.yaml:21:17 [4].processes[0].endpoint: Expected an endpoint, <nid>:<pid>:<portal>:<tmid> with a tmid of 0 to 4095 or <host>:<port>, found "127.0.0.1@tcp:12345:41:5000".',
      'r.yaml:22:34 [4].processes[0].environment.C.range: The range ends (1) before it begins (9).',
      'r.yaml:22:56 [4].processes[0].environment.MERO_HA_EP: "MERO_HA_EP" is set by the cluster; a role cannot set it.',
    ],
  );
});

t.test('roles must not require themselves, not even by a detour', async (t) => {
  const text = `- { role: a, requires: [b], processes: [{ name: a, endpoint: "h:1" }] }
- { role: b, requires: [a], processes: [{ name: b, endpoint: "h:2" }] }
- { role: c, requires: [b], processes: [{ name: c, endpoint: "h:3" }] }
`;
  t.same(inRoles(text), [
    'r.yaml:1:25 [0].requires[0]: Role "a" would require itself.',
    'r.yaml:2:25 [1].requires[0]: Role "b" would require itself.',
  ]);
});

t.test('files that hold no roles', async (t) => {
  t.same(inRoles(''), ['r.yaml:1:1 : Expected a list of roles, found nothing.']);
  t.same(inRoles('# nothing\n'), ['r.yaml:1:1 : Expected a list of roles, found nothing.']);
  t.same(inRoles('a: "\n'), ['r.yaml:2:1 : Missing closing "quote.']);
  t.same(inRoles('a: 1\n- role: x\n  processes: [{ name: x, endpoint: "h:1" }]\n'), [
    'r.yaml:1:1 : Expected a list of roles, found something else.',
  ]);
});

t.test('an unknown variable is not known to be unknown before a host is', async (t) => {
  const text = '- role: x\n  processes: [{ name: x, endpoint: "{{ my_address }}:1" }]\n';
  t.same(inRoles(text), []);
});

t.test('an override may give a variable that the host lacks', async (t) => {
  const { declaration } = declared(
    'cluster: c\nhosts: [{ fqdn: a, roles: [{ name: x, overrides: { my_address: h } }] }]\n',
    {
      roles: [
        {
          name: 'r',
          text: '- role: x\n  processes: [{ name: x, endpoint: "{{ my_address }}:1" }]\n',
        },
      ],
    },
  );
  const [role] = declaration.roles;
  const overrides = declaration.hosts[0]!.roles[0]!.overrides;
  t.match(createRenderers()()(role!, {}, overrides), {
    ok: true,
    templates: [{ endpoint: 'h:1' }],
  });
});

t.test('passwords go to the secrets and nowhere else', async (t) => {
  const text = `cluster: c
hosts:
  - { fqdn: A, roles: [], obm: { type: ipmi, address: 10.0.0.1, user: admin, password: hunter2 } }
  - { fqdn: b, roles: [], obm: { type: redfish, address: b-bmc, user: root, password_file: b.pw } }
  - { fqdn: d, roles: [], obm: { type: ipmi, address: d-bmc } }
`;
  t.same(passwordFiles({ name: 'f', text }), ['b.pw']);
  const { declaration, secrets } = declared(text, { passwords: { 'b.pw': 'hunter3\r\nrest\n' } });
  t.same(
    [...secrets],
    [
      ['obm/a', { user: 'admin', password: 'hunter2' }],
      ['obm/b', { user: 'root', password: 'hunter3' }],
    ],
  );
  t.same(
    declaration.hosts.map(({ obm }) => obm?.secret),
    ['obm/a', 'obm/b', null],
  );
  t.notMatch(JSON.stringify(declaration), /hunter/);
});

t.test('passwords that are given wrongly are reported without them', async (t) => {
  const text = `cluster: c
hosts:
  - { fqdn: a, roles: [], obm: { type: ipmi, address: x, user: u, password: hunter2, password_file: f } }
  - { fqdn: b, roles: [], obm: { type: ipmi, address: x, user: u, password_file: missing } }
  - { fqdn: c, roles: [], obm: { type: ipmi, address: x, user: u } }
  - { fqdn: d, roles: [], obm: { type: ipmi, address: x, user: u, pasword: hunter2 } }
  - { fqdn: e, roles: [], obm: { type: ipmi, address: x, user: u, password: [hunter2] } }
`;
  const found = native(text);
  t.same(found, [
    '3:101 hosts[0].obm.password_file: Give "password" or "password_file", not both.',
    '4:82 hosts[1].obm.password_file: The password file was not read.',
    '5:64 hosts[2].obm.user: A user needs "password" or "password_file".',
    '6:64 hosts[3].obm.user: A user needs "password" or "password_file".',
    '6:67 hosts[3].obm.pasword: Unknown key "pasword". Did you mean "password"?',
    '7:77 hosts[4].obm.password: Expected text, found a list.',
  ]);
  t.notMatch(JSON.stringify(found), /hunter/);
});

t.test('a byte order mark and CRLF line ends are nothing to complain of', async (t) => {
  const text = `\uFEFF${'cluster: c\nhosts:\n  - fqdn: a\n    roles: [ha]\n'.replaceAll('\n', '\r\n')}`;
  const roles = roleFiles.map(({ name, text: role }) => ({
    name,
    text: `\uFEFF${role.replaceAll('\n', '\r\n')}`,
  }));
  const { declaration } = declared(text, { roles });
  t.equal(declaration.roles.length, 6);
  const [ha] = declaration.roles;
  t.match(
    createRenderers()()(
      ha!,
      {
        lnid: '1@tcp',
        host_cores: [],
        host_mem_as: 1,
        host_mem_rss: 1,
        host_mem_stack: 1,
        host_mem_memlock: 1,
      },
      {},
    ),
    { ok: true },
  );
});

t.test('ten thousand hosts are read in seconds', async (t) => {
  const hosts = Array.from(
    { length: 10_000 },
    (_, i) => `  - { fqdn: n${i}.example, roles: [m0t1fs, clovis-app] }`,
  );
  const before = process.cpuUsage();
  t.equal(declared(`cluster: c\nhosts:\n${hosts.join('\n')}\n`).declaration.hosts.length, 10_000);
  t.ok(process.cpuUsage(before).user / 1000 < 20_000);
});
