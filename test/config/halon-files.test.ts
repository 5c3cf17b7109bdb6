import { readFileSync } from 'node:fs';
import t from 'tap';
import { declarationFrom } from '../../src/config/declaration.ts';
import type { DeclarationFiles } from '../../src/config/declaration.ts';
import type { SourceFile } from '../../src/config/source-file.ts';
import { createRenderers } from '../../src/config/render.ts';

const fixture = (name: string): SourceFile => ({
  name,
  text: readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'),
});

const facts = fixture('halon/halon_facts.yaml');
const mapping = fixture('halon/mero_role_mappings.yaml');
const nodeRoles = fixture('halon/halon_roles.yaml');
const nativeFacts = fixture('native/facts.yaml');
const nativeRoles = fixture('native/roles.yaml');

const load = (files: Partial<DeclarationFiles>) => {
  const result = declarationFrom({ facts, roles: [mapping], ...files });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
};

/** The facts with some texts replaced; each must be there. */
const edited = (
  source: SourceFile,
  ...edits: readonly [from: string | RegExp, to: string][]
): SourceFile => ({
  name: source.name,
  text: edits.reduce((text, [from, to]) => {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`nothing to replace: ${from}`);
    return changed;
  }, source.text),
});

const problems = (files: Partial<DeclarationFiles>): readonly string[] => {
  const result = declarationFrom({ facts, roles: [mapping], ...files });
  return (result.ok ? [] : result.problems).map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  );
};

const lineOf = (source: SourceFile, text: string): number =>
  source.text.split('\n').findIndex((line) => line.includes(text)) + 1;

t.test("Halon's own files load as they are", async (t) => {
  const { declaration, secrets, warnings } = load({ halonRoles: nodeRoles });
  t.same(warnings, []);
  t.equal(declaration.cluster, 'mero');
  t.same(declaration.enclosures[0], { name: 'enc-1', site: '0', rack: '1' });
  t.match(declaration.hosts[0], {
    fqdn: 'ssu1.example',
    enclosure: 'enc-1',
    roles: [{ name: 'ha' }, { name: 'confd' }, { name: 'storage' }],
    variables: { lnid: '10.0.0.1@tcp', host_cores: [1, 1, 1, 0], host_mem_rss: 65_772_544 },
    obm: { type: 'ipmi', address: '172.16.0.1', secret: 'obm/ssu1.example' },
  });
  t.same(secrets.get('obm/ssu1.example'), { user: 'admin', password: 'pass-of-ssu1' });
  t.notMatch(JSON.stringify(declaration), /pass-of/);
  t.same(declaration.pools[0]?.devices, ['0x5000c50001', '0x5000c50002', '0x5000c50011']);
});

t.test('the same cluster in both formats is the same declaration', async (t) => {
  const halon = load({}).declaration;
  const native = load({ facts: nativeFacts, roles: [nativeRoles] }).declaration;
  const comparable = (declaration: typeof halon) => ({
    ...declaration,
    hosts: declaration.hosts.map(({ variables: { m0h_fqdn: _name, ...variables }, ...host }) => ({
      ...host,
      variables,
    })),
    roles: declaration.roles.map(({ name, requires }) => [name, ...requires]),
  });
  t.same(comparable(halon), comparable(native));
  const render = createRenderers()();
  const rendered = ({ hosts, roles }: typeof halon) =>
    hosts.map(({ variables, roles: declared }) =>
      declared.map(({ name, overrides }) =>
        render(
          roles.find((role) => role.name === name)!,
          variables,
          overrides,
        ),
      ),
    );
  t.same(rendered(halon), rendered(native));
  t.match(rendered(halon)[2]?.[1], {
    ok: true,
    templates: [{ endpoint: '10.0.0.9@tcp:12345:41:302', multiplicity: 4 }],
  });
});

t.test('formats may be mixed', async (t) => {
  t.equal(load({ roles: [nativeRoles] }).declaration.roles[0]?.format, 'native');
  t.equal(load({ facts: nativeFacts }).declaration.roles[0]?.format, 'halon');
  t.match(problems({ roles: [nativeRoles, mapping] })[0], /Role "ha" is already in/);
});

t.test('node roles are recognised among the roles files', async (t) => {
  t.ok(load({ roles: [nodeRoles, mapping] }));
  const wrong = edited(facts, ['- name: station', '- name: staton']);
  t.same(problems({ facts: wrong, roles: [mapping, nodeRoles] }), [
    `${lineOf(wrong, 'staton')}:29 id_sites[0].site_racks[0].rack_enclosures[0].enc_hosts[0].h_halon.roles[0].name: There is no node role "staton". Did you mean "station"?`,
  ]);
  t.ok(load({ facts: wrong }), 'not checked where they are not given');
});

t.test('every role requires the one with the PLHalon process', async (t) => {
  t.same(
    load({}).declaration.roles.map(({ name, requires }) => [name, ...requires]),
    [
      ['ha'],
      ['confd', 'ha'],
      ['mds', 'ha'],
      ['storage', 'ha'],
      ['m0t1fs', 'ha'],
      ['clovis-app', 'ha'],
      ['s3server', 'ha'],
      ['batch-app', 'ha'],
    ],
  );
  const without = edited(mapping, ['PLHalon', 'PLM0t1fs'], ['# Role', '# PLHalon\n# Role']);
  t.ok(load({ roles: [without] }).declaration.roles.every(({ requires }) => requires.length === 0));
});

t.test('all checks of Halon, and those that it leaves out, at once', async (t) => {
  const bad = edited(
    facts,
    ['enc_idx: 2', 'enc_idx: 1'],
    ['enc_id: "enc-2"', 'enc_id: ""'],
    ['enc_id: "enc-3"', 'enc_id: "enc-1"'],
    ['h_fqdn: "cl1.example"', 'h_fqdn: "ssu1.example"'],
    [/ *bmc_user: "admin"\n/, ''],
    ['- m0h_fqdn: "ssu2.example"', '- m0h_fqdn: "ssu3.example"'],
    ['- m0h_fqdn: "cl1.example"', '- m0h_fqdn: "ssu1.example"'],
    ['m0d_wwn: "0x5000c50012"', 'm0d_wwn: "0x5000c50011"'],
    ['m0d_bsize: 4096', 'm0d_bsize: big'],
    ['- name: clovis-app', '- name: clovis'],
    ['  m0_md_redundancy: 1\n', ''],
    ['- dr_wwn: "0x5000c50001"', '- rd_wwn: "0x5000c50001"'],
    ['dr_serial: "Z840-02"', 'dr_serial: "Z840-99"'],
    ['prof_pools: [tier1]', 'prof_pools: [tier1, tier2]'],
  );
  const at = (text: string) => lineOf(bad, text);
  const enclosure = (i: number) => `id_sites[0].site_racks[0].rack_enclosures[${i}]`;
  t.same(problems({ facts: bad }), [
    `10:17 ${enclosure(0)}.enc_bmc[0]: "bmc_user" is missing.`,
    `20:22 ${enclosure(1)}.enc_idx: enc_idx 1 is already on line 7.`,
    `21:21 ${enclosure(1)}.enc_id: Must not be empty.`,
    `35:21 ${enclosure(2)}.enc_id: enc_id "enc-1" is already on line 8.`,
    `41:25 ${enclosure(2)}.enc_hosts[0].h_fqdn: h_fqdn "ssu1.example" is already on line 13.`,
    `${at('bsize: big')}:20 id_m0_servers[0].m0h_devices[0].m0d_bsize: Expected a number, found text.`,
    `${at('"ssu3.example"')}:15 id_m0_servers[1].m0h_fqdn: "ssu3.example" has devices but is not in any enclosure. Did you mean "ssu1.example"?`,
    `90:18 id_m0_servers[1].m0h_devices[1].m0d_wwn: m0d_wwn "0x5000c50011" is already on line 84.`,
    `96:15 id_m0_servers[2].m0h_fqdn: m0h_fqdn "ssu1.example" is already on line 49.`,
    `105:15 id_m0_servers[2].m0h_roles[1].name: There is no role "clovis". Did you mean "clovis-app"?`,
    `108:3 id_m0_globals: "m0_md_redundancy" is missing.`,
    `115:9 id_pools[0].pool_device_refs[0]: The reference names no device.`,
    `116:9 id_pools[0].pool_device_refs[1]: No host has a device with serial "Z840-99".`,
    `121:25 id_profiles[0].prof_pools[1]: There is no pool "tier2". Did you mean "tier1"?`,
  ]);
});

t.test('keys that are missing altogether', async (t) => {
  t.same(problems({ facts: { name: 'f', text: 'id_sites: []\nid_m0_server: []\n' } }), [
    '1:1 : "id_m0_servers" is missing.',
    '1:1 : "id_m0_globals" is missing.',
    '1:1 : "id_pools" is missing.',
    '1:1 : "id_profiles" is missing.',
  ]);
});

t.test('a pool needs devices, each once; pools may share them', async (t) => {
  const none = edited(facts, [/pool_device_refs:\n(      .*\n)+/, 'pool_device_refs: []\n']);
  t.same(problems({ facts: none }), [
    `${lineOf(none, 'pool_device_refs')}:23 id_pools[0].pool_device_refs: Expected at least 1 entry, found 0.`,
  ]);
  const twice = edited(facts, ['dr_serial: "Z840-02"', 'dr_serial: "Z840-01"']);
  t.match(problems({ facts: twice })[0], /Device "0x5000c50001" is already on line/);
  const alike = edited(facts, ['m0d_serial: "Z840-01"', 'm0d_serial: "Z840-02"']);
  t.match(problems({ facts: alike }), [/2 devices have serial "Z840-02"; give the WWN/]);
  const shared = edited(facts, [
    'id_profiles:',
    '  - pool_id: tier2\n    pool_device_refs: [{ dr_serial: Z840-01 }]\nid_profiles:',
  ]);
  t.match(load({ facts: shared }).declaration.pools[1], {
    data_units: 1,
    parity_units: 0,
    unit_size: 4096,
    devices: ['0x5000c50001'],
  });
});

t.test('what Halon ignores loads, with a warning where it was probably meant', async (t) => {
  const odd = edited(
    facts,
    ['enc_idx: 1', 'enc_idx: 1\n            enc_idd: x'],
    ['m0h_roles:', 'm0h_role: []\n    m0h_roles:'],
    ['m0d_serial: "Z840-02"', 'm0d_serial: "Z840-01"'],
    ['dr_serial: "Z840-02"', 'dr_wwn: "0x5000c50002"'],
    [
      'm0_md_redundancy: 1',
      'm0_md_redundancy: 1\n  m0_block_size: 4096\n  m0_failure_set_gen: { tag: Formulaic, contents: [] }',
    ],
  );
  const { warnings } = load({ facts: odd });
  t.same(
    warnings.map(({ line, message }) => [line, message]),
    [
      [8, 'Unknown key "enc_idd". Did you mean "enc_idx"?'],
      [lineOf(odd, 'm0h_role:'), 'Unknown key "m0h_role". Did you mean "m0h_roles"?'],
      [71, 'Serial number "Z840-01" is already on line 65.'],
    ],
  );
  const role = edited(mapping, ['m0p_multiplicity: 4', 'm0p_multiplictiy: 4']);
  const result = load({ roles: [role] });
  t.match(result.warnings, [
    {
      file: role.name,
      line: lineOf(role, 'm0p_multiplictiy'),
      path: '[5].content[0].m0p_multiplictiy',
      message: 'Unknown key "m0p_multiplictiy". Did you mean "m0p_multiplicity"?',
    },
  ]);
});

t.test(
  'overrides that a role does not use are left out with a warning, as Halon takes them',
  async (t) => {
    const odd = edited(facts, [
      '- name: clovis-app',
      '- name: clovis-app\n        overrides: { multiplicity: 3, color: red, host_mem_as: 1 }',
    ]);
    const { declaration, warnings } = load({ facts: odd });
    t.same(declaration.hosts[2]?.roles[1], { name: 'clovis-app', overrides: { host_mem_as: 1 } });
    t.same(
      warnings.map(({ path }) => path),
      [
        'id_m0_servers[2].m0h_roles[1].overrides.multiplicity',
        'id_m0_servers[2].m0h_roles[1].overrides.color',
      ],
    );
    const { variables, roles } = declaration.hosts[2]!;
    const source = declaration.roles.find(({ name }) => name === 'clovis-app')!;
    t.ok(createRenderers()()(source, variables, roles[1]!.overrides).ok);
    const bad = edited(facts, [
      '- name: clovis-app',
      '- name: batch-app\n        overrides: { multiplicity: 0 }',
    ]);
    t.match(problems({ facts: bad }), [/whole number of 1 to 10000, not 0/]);
  },
);

t.test(
  'BMCs without an address are none, and hosts that share one share its credentials',
  async (t) => {
    const none = edited(facts, ['172.16.0.1', '0.0.0.0']);
    t.equal(load({ facts: none }).declaration.hosts[0]?.obm, null);
    const shared = edited(facts, [
      '- h_fqdn: "ssu1.example"',
      '- h_fqdn: "twin.example"\n              - h_fqdn: "ssu1.example"',
    ]);
    const { declaration, secrets } = load({ facts: shared });
    const refs = declaration.hosts.map(({ fqdn, obm }) => [fqdn, obm?.secret]);
    t.same(refs[0], ['ssu1.example', 'obm/enc-1']);
    t.same(refs.at(-1), ['twin.example', 'obm/enc-1']);
    t.same(secrets.get('obm/enc-1'), { user: 'admin', password: 'pass-of-ssu1' });
  },
);

t.test('servers without devices need no enclosure', async (t) => {
  const lonely = edited(facts, ['h_fqdn: "cl1.example"', 'h_fqdn: "other.example"']);
  t.match(load({ facts: lonely }).declaration.hosts, [
    {},
    {},
    { fqdn: 'cl1.example', enclosure: null, obm: null },
    { fqdn: 'other.example', roles: [] },
  ]);
});

t.test('a broken role is an error where a host uses it, and else harms nobody', async (t) => {
  const broken = edited(mapping, ['m0p_multiplicity: 4', 'm0p_multiplicity: 0']);
  const line = lineOf(broken, 'm0p_multiplicity: 0');
  t.same(problems({ roles: [broken] }), [
    `${line}:1 [5].content[0].m0p_multiplicity: Expected a whole number of 1 to 10000, found 0.`,
  ]);
  const unused = edited(facts, ['      - name: clovis-app\n', '']);
  const { warnings, declaration } = load({ facts: unused, roles: [broken] });
  t.match(warnings, [{ line, message: /found 0/ }]);
  const render = createRenderers()();
  const host = declaration.hosts[0]!;
  const works = declaration.roles.filter((role) => render(role, host.variables, {}).ok);
  t.equal(works.length, declaration.roles.length - 1);
});

t.test('templates that are not even templates are errors, used or not', async (t) => {
  const broken = edited(mapping, [/\{% endfor %\}\n(?![\s\S]*\{% endfor %\})/, '']);
  const [found, ...more] = problems({ roles: [broken] });
  t.same(more, []);
  t.match(found, /^\d+:1 \[7\]: Tag \{% for core in host_cores %\} not closed\.$/);
  const line = Number(found?.split(':')[0]);
  t.match(broken.text.split('\n')[line - 1], /for core in host_cores/);
});

t.test('roles that cannot be named, and tags outside of roles', async (t) => {
  const text = `{% assign x = 1 %}
- content: []
- name: "{{ lnid }}"
  content: []
- name: "a b"
  content: []
`;
  t.same(problems({ facts: nativeFacts, roles: [nativeRoles, { name: 'r', text }] }), [
    '1:1 : A template tag may not stand outside of the roles: each is rendered on its own.',
    '2:1 [0].name: "name" is missing.',
    '3:3 [1].name: "{{ lnid }}" is not a legal name.',
    '5:3 [2].name: "a b" is not a legal name.',
  ]);
});

t.test('files as they are met: odd spacing, comments, CRLF, unusual order', async (t) => {
  const text = [
    '%YAML 1.2',
    '---',
    '# first',
    '-   content:   # before the name',
    '    - m0p_services: ~',
    '      m0p_boot_level: {tag: PLHalon, contents: []}',
    '      m0p_endpoint:   "{{lnid}}:12345:34:101"',
    '      m0p_mem_as:     {{host_mem_as}}',
    '      m0p_mem_rss:    {{ host_mem_rss}}',
    '      m0p_mem_stack:  {{host_mem_stack }}',
    '      m0p_mem_memlock: {{   host_mem_memlock   }}',
    '      m0p_cores:',
    '        {%for core in host_cores%}',
    '        - {{core.value}}',
    '        {%endfor%}',
    '',
    "    name: 'ha'",
    '',
    '  # a comment between',
    '# and another one',
    '',
    '-',
    '  name: app # named so',
    '  content:',
    '  - {m0p_endpoint: "{{ lnid }}:12345:41:302", m0p_mem_as: 1, m0p_mem_rss: 1, m0p_mem_stack: 1, m0p_mem_memlock: 1,',
    '     m0p_cores: [{% for core in host_cores %}{{ core.value }}, {% endfor %}], m0p_services: [],',
    '     m0p_boot_level: {tag: PLClovis, contents: [app, Independent]}, m0p_multiplicity: {{ multiplicity }} }',
    '',
  ];
  for (const end of ['\n', '\r\n']) {
    const roles = [{ name: 'r', text: text.join(end) }];
    const { declaration, warnings } = load({
      facts: {
        name: 'f',
        text: 'cluster: c\nhosts: [{ fqdn: a, roles: [ha, { name: app, overrides: { multiplicity: 2 } }] }]',
      },
      roles,
    });
    t.same(warnings, []);
    t.same(
      declaration.roles.map(({ name, line, requires }) => [name, line, ...requires]),
      [
        ['ha', 4],
        ['app', 22, 'ha'],
      ],
    );
    const render = createRenderers()();
    const variables = {
      lnid: '1@tcp',
      host_mem_as: 1,
      host_mem_rss: 1,
      host_mem_stack: 1,
      host_mem_memlock: 1,
      host_cores: [1, 0],
    };
    t.match(render(declaration.roles[0]!, variables, {}), {
      templates: [{ spec: { cores: [1, 0], services: [] } }],
    });
    t.match(render(declaration.roles[1]!, variables, { multiplicity: 2 }), {
      templates: [{ spec: { cores: [1, 0] }, multiplicity: 2 }],
    });
  }
});

t.test('no password is in any problem or warning', async (t) => {
  const broken = [
    edited(facts, ['bmc_pass: "pass-of-ssu1"', 'bmc_pass: [pass-of-ssu1]']),
    edited(facts, ['bmc_pass: "pass-of-ssu1"', 'bmc_pas: "pass-of-ssu1"']),
    edited(facts, ['bmc_pass: "pass-of-ssu1"', 'bmc_pass: "pass-of-ssu1']),
    edited(facts, ['bmc_pass: "pass-of-ssu1"', 'bmc_pass: pass-of-ssu1: x']),
    edited(facts, ['bmc_pass: "pass-of-ssu1"', 'bmc_pass: *pass-of-ssu1']),
    edited(facts, ['bmc_pass: "pass-of-ssu1"', 'bmc_pass: "pass-of-ssu1" pass-of-ssu1']),
  ];
  for (const source of broken) {
    const result = declarationFrom({ facts: source, roles: [mapping] });
    t.notOk(result.ok);
    t.notMatch(JSON.stringify(result), /pass-of/);
  }
});

t.test('files made to exhaust the reader are refused in time', async (t) => {
  const n = 100_000;
  const roles: readonly [text: string, message: RegExp][] = [
    [`- role: a\n  processes: ${'['.repeat(n)}`, /nested too deeply/],
    [`- name: a\n  content: ${'{{'.repeat(n)}`, /not closed/],
    [`- name: a\n  content: ${'x'.repeat(300_000)}\n`, /262144 characters/],
  ];
  for (const [text, message] of roles) {
    t.match(problems({ facts: nativeFacts, roles: [nativeRoles, { name: 'r', text }] }), [message]);
  }
  t.match(
    problems({ facts: { name: 'f', text: `a: ${'{a: '.repeat(n)}` } })[0],
    /nested too deeply/,
  );
  const harmless = ['{#'.repeat(n), `{% raw %}${'{{'.repeat(n)}{% endraw %}`];
  const before = process.cpuUsage();
  for (const text of harmless) {
    load({ roles: [mapping, { name: 'r', text: `- name: x\n  content: ${text}\n` }] });
  }
  t.ok(process.cpuUsage(before).user / 1000 < 60_000);
});

t.test('facts from before Halon had sites are told how to become those of today', async (t) => {
  const facts = { name: 'facts.yaml', text: 'id_m0_servers: []\nid_racks: []\n' };
  const read = declarationFrom({ facts, roles: [] });
  const told = read.ok ? undefined : read.problems.find(({ path }) => path === 'id_racks');
  t.match(told, { line: 2, column: 1, message: /id_sites: \[/ });
});
