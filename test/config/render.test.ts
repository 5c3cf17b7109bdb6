import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { createRenderers, parseRole, renderParsed } from '../../src/config/render.ts';
import {
  RenderingBudget,
  stepsOfCommand,
  stepsOfRendering,
} from '../../src/config/rendering-budget.ts';
import { splitRoles } from '../../src/config/role-chunks.ts';
import type { Json, RoleSource, Variables } from '../../src/core/values/roles.ts';

const variables: Variables = {
  lnid: '10.0.0.1@tcp',
  host_mem_as: 549_755_813_888,
  host_mem_rss: 65_772_544,
  host_mem_stack: 65_772_544,
  host_mem_memlock: 65_772_544,
  host_cores: [1, 1, 0],
  fqdn: 'ssu1.example',
};

const role = (format: RoleSource['format'], text: string, line = 1): RoleSource => ({
  name: 'r',
  format,
  text,
  file: 'roles.yaml',
  line,
  requires: [],
});

const render = (source: RoleSource, overrides: Variables = {}, more: Variables = {}) =>
  createRenderers()()(source, { ...variables, ...more }, overrides);

const problem = (source: RoleSource, overrides: Variables = {}, more: Variables = {}) => {
  const result = render(source, overrides, more);
  return result.ok ? null : result.problem;
};

/** A native role with the given lines in its only process. */
const native = (...lines: readonly string[]) =>
  role(
    'native',
    [
      '- role: r',
      '  processes:',
      '    - name: app',
      ...lines.map((line) => `      ${line}`),
      '',
    ].join('\n'),
    11,
  );

const endpoint = 'endpoint: "{{ lnid }}:12345:41:301"';

const template = (...lines: readonly string[]) => {
  const result = render(native(endpoint, ...lines));
  return result.ok ? result.templates[0] : result.problem;
};

const rolesIn = (file: string, format: RoleSource['format']): readonly RoleSource[] => {
  const text = readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8');
  return splitRoles(text).chunks.map((chunk) => ({
    name: chunk.keys[0]!.value,
    format,
    text: chunk.text,
    file,
    line: chunk.line,
    requires: [],
  }));
};

const halonRoles = rolesIn('halon/mero_role_mappings.yaml', 'halon');
const nativeRoles = rolesIn('native/roles.yaml', 'native');

t.test('a process needs only a name and an endpoint', async (t) => {
  t.same(render(native(endpoint)), {
    ok: true,
    templates: [
      {
        spec: {
          name: 'app',
          unit: 'app',
          type: 'client',
          ownership: 'managed',
          boot_level: 3,
          memory: { as: 0, rss: 0, stack: 0, memlock: 0 },
          cores: [],
          services: [],
          environment: {},
          ranges: {},
          command: [],
          ready: { kind: 'alive', seconds: 1 },
        },
        endpoint: '10.0.0.1@tcp:12345:41:301',
        multiplicity: 1,
      },
    ],
  });
});

t.test('the boot level follows from the type unless it is given', async (t) => {
  const level = (...lines: string[]) => {
    const found = template(...lines);
    return found && 'spec' in found ? found.spec.boot_level : found;
  };
  t.equal(level('type: ha'), 0);
  t.equal(level('type: server'), 1);
  t.equal(level('type: filesystem'), 2);
  t.equal(level('type: client'), 3);
  t.equal(level('type: server', 'boot_level: 0'), 0);
});

t.test('fields take fixed values and templates alike', async (t) => {
  const text = [
    'unit: "{{ fqdn | split: \\".\\" | first }}"',
    'memory: { as: "{{ host_mem_as }}", rss: 16GiB, stack: 4096, memlock: "{{ 2 | times: 8 }}MiB" }',
    'cores: "{{ host_cores }}"',
    'services: [RMS, "{{ service }}"]',
    'multiplicity: {{ multiplicity }}',
    'environment:',
    '  PLAIN: it is here',
    '  NUMBER: 8080',
    '  FLAG: true',
    '  HOST: "http://{{ fqdn }}:80/"',
    '  PORT: { range: [8081, "{{ last }}"] }',
    'command: [/usr/bin/app, --port, 80, "{{ lnid }}"]',
  ];
  const result = render(
    native(endpoint, ...text),
    { multiplicity: 3, last: 8099 },
    { service: 'IOS' },
  );
  t.match(result, { ok: true });
  if (!result.ok) return;
  t.equal(result.templates[0]?.multiplicity, 3);
  t.same(result.templates[0]?.spec, {
    name: 'app',
    unit: 'ssu1',
    type: 'client',
    ownership: 'managed',
    boot_level: 3,
    memory: { as: 549_755_813_888, rss: 16 * 2 ** 30, stack: 4096, memlock: 16 * 2 ** 20 },
    cores: [1, 1, 0],
    services: ['RMS', 'IOS'],
    environment: {
      PLAIN: 'it is here',
      NUMBER: '8080',
      FLAG: 'true',
      HOST: 'http://ssu1.example:80/',
    },
    ranges: { PORT: [8081, 8099] },
    command: ['/usr/bin/app', '--port', '80', '10.0.0.1@tcp'],
    ready: { kind: 'alive', seconds: 1 },
  });
});

t.test('what is unlimited for Mero is unlimited', async (t) => {
  const source = native(endpoint, 'memory: { as: "{{ host_mem_as }}" }');
  const result = render(source, {}, { host_mem_as: Number('18446744073709551615') });
  t.match(result, { templates: [{ spec: { memory: { as: 0 } } }] });
});

t.test('overrides win over variables', async (t) => {
  const result = render(native('endpoint: "{{ lnid }}:1:2:3"'), { lnid: '10.0.0.9@o2ib' });
  t.match(result, { templates: [{ endpoint: '10.0.0.9@o2ib:1:2:3' }] });
});

t.test('multiplicity is 1 unless somebody says otherwise', async (t) => {
  const open = native(endpoint, 'multiplicity: "{{ multiplicity }}"');
  t.match(render(open), { templates: [{ multiplicity: 1 }] });
  t.match(render(open, { multiplicity: 10_000 }), { templates: [{ multiplicity: 10_000 }] });
  t.match(render(open, { multiplicity: '4' }), { templates: [{ multiplicity: 4 }] });
  t.match(render(open, {}, { multiplicity: 7 }), { templates: [{ multiplicity: 7 }] });
  t.match(render(native(endpoint, 'multiplicity: 5')), { templates: [{ multiplicity: 5 }] });
});

t.test('a multiplicity that is not a whole number of 1 to 10,000 is refused', async (t) => {
  const batch = halonRoles.find(({ name }) => name === 'batch-app')!;
  for (const source of [native(endpoint, 'multiplicity: {{ multiplicity }}'), batch]) {
    const bad: Json[] = [
      0,
      -1,
      1.5,
      'x',
      '1.5',
      '',
      10_001,
      '10001',
      null,
      true,
      [2],
      { a: 1 },
      '2\nname: y',
    ];
    for (const multiplicity of bad) {
      t.match(
        problem(source, { multiplicity }),
        { code: 'invalid-multiplicity', name: 'multiplicity', line: source.line },
        `${source.format} ${JSON.stringify(multiplicity)}`,
      );
    }
  }
});

t.test('a fixed multiplicity cannot be overridden', async (t) => {
  const fixed = { code: 'multiplicity-fixed', name: 'multiplicity', line: 11 };
  t.match(problem(native(endpoint, 'multiplicity: 4'), { multiplicity: 2 }), fixed);
  t.match(problem(native(endpoint), { multiplicity: 2 }), fixed, 'nor one that is absent');
  const app = halonRoles.find(({ name }) => name === 'clovis-app')!;
  t.match(problem(app, { multiplicity: 2 }), { code: 'multiplicity-fixed', line: app.line });
});

t.test('an override that the role does not use is refused, with those that it has', async (t) => {
  t.match(problem(native(endpoint), { lnidd: 'x' }), {
    code: 'unknown-override',
    name: 'lnidd',
    message: 'Role "r": "lnidd" is not a variable of the role; it has lnid.',
  });
  t.match(problem(halonRoles[0]!, { port: 1 }), { code: 'unknown-override', name: 'port' });
  t.match(problem(native(endpoint), { __proto__x: 1, constructor: 1 }), {
    code: 'unknown-override',
  });
});

t.test('an unknown variable is an error with file, line and name', async (t) => {
  const source = native(endpoint, 'environment:', '  A: a', '  B: "{{ nobody }}"');
  t.match(problem(source), {
    code: 'unknown-variable',
    file: 'roles.yaml',
    line: 17,
    name: 'nobody',
    message: 'Role "r": processes[0].environment.B: there is no variable "nobody".',
  });
  const block = native(endpoint, 'command:', '  - |-', '    {{ lnid }}', '    {{ nobody }}');
  t.match(problem(block), { code: 'unknown-variable', line: 18, name: 'nobody' });
  t.match(problem(native(endpoint, 'unit: "{{ fqdn.short }}"')), {
    code: 'unknown-variable',
    name: 'fqdn.short',
  });
  t.match(problem(native('endpoint: "{{ constructor }}"')), {
    code: 'unknown-variable',
    name: 'constructor',
  });
});

t.test('a variable may be guarded', async (t) => {
  t.match(template('unit: "{{ prefix | default: \\"m0d\\" }}"'), { spec: { unit: 'm0d' } });
  t.match(template('unit: "{% if prefix %}{{ prefix }}{% else %}x{% endif %}"'), {
    spec: { unit: 'x' },
  });
});

const halon = (...lines: readonly string[]) =>
  role(
    'halon',
    [
      '- name: r',
      '  content:',
      '    - m0p_endpoint: "{{ lnid }}:12345:41:301"',
      '      m0p_mem_as: {{ host_mem_as }}',
      '      m0p_mem_rss: 1',
      '      m0p_mem_stack: 1',
      '      m0p_mem_memlock: 1',
      '      m0p_cores:',
      '{% for core in host_cores %}',
      '       - {{ core.value }}',
      '{% endfor %}',
      ...(lines.some((line) => line.includes('m0p_boot_level'))
        ? []
        : ['      m0p_boot_level: { tag: PLClovis, contents: ["r", Managed] }']),
      ...(lines.some((line) => line.includes('m0p_services')) ? [] : ['      m0p_services: []']),
      ...lines.map((line) => `      ${line}`),
      '',
    ].join('\n'),
    101,
  );

t.test('errors of Halon roles are led back to the line as it was written', async (t) => {
  const last = 101 + 13;
  const cases: readonly [expected: object, ...lines: string[]][] = [
    [{ code: 'unknown-variable', name: 'nobody', line: last }, 'm0p_multiplicity: {{ nobody }}'],
    [{ code: 'template-error', line: last, message: /not closed/ }, '{% if fqdn %}'],
    [{ code: 'template-error', line: last, message: /YAML/ }, 'x: ] ]'],
    [{ code: 'template-error', line: last, message: /Tabs/ }, '\tm0p_multiplicity: 1'],
    [
      { code: 'invalid-multiplicity', line: last, message: /10000, found 0/ },
      'm0p_multiplicity: 0',
    ],
    [
      { code: 'template-error', line: last + 1, message: /m0p_environment\[0\]/ },
      'm0p_environment:',
      '  - [A]',
    ],
    [
      { code: 'template-error', line: last + 2, message: /ends \(1\) before it begins \(9\)/ },
      'm0p_environment:',
      '  - - A',
      '    - { tag: M0PEnvRange, contents: [9, 1] }',
    ],
    [
      { code: 'template-error', line: last - 1, message: /PLNone/ },
      'm0p_boot_level: { tag: PLNone, contents: [] }',
    ],
    [
      { code: 'template-error', line: last - 1, message: /m0s_type/ },
      'm0p_services: [{ m0s_endpoints: [] }]',
    ],
  ];
  for (const [expected, ...lines] of cases)
    t.match(problem(halon(...lines)), expected, lines.join());
  const loop = halon('m0p_multiplicity: 1').text.replace('core.value', 'core.valu');
  t.match(problem(role('halon', loop, 101)), {
    code: 'unknown-variable',
    name: 'core.valu',
    line: 110,
  });
  const text = halon('m0p_multiplicity: 1').text.replace(
    '{{ core.value }}',
    '{{ core.value }}{{ core.value }}x',
  );
  t.match(
    problem(role('halon', text, 101)),
    { code: 'template-error', line: 110 },
    'within a loop',
  );
});

t.test('the line breaks of other systems change nothing', async (t) => {
  const text = halon('m0p_multiplicity: 3').text.replaceAll('\n', '\r\n');
  t.match(render(role('halon', text)), {
    templates: [{ multiplicity: 3, spec: { cores: [1, 1, 0] } }],
  });
  const bad = halon('m0p_multiplicity: 0').text.replaceAll('\n', '\r\n');
  t.match(problem(role('halon', bad)), { line: 14 });
});

t.test("Halon's process types become kinds of processes", async (t) => {
  const spec = (...lines: string[]) => {
    const result = render(halon(...lines));
    return result.ok ? result.templates[0]?.spec : result.problem;
  };
  const services = (...names: string[]) =>
    `m0p_services: [${names.map((name) => `{ m0s_type: { tag: CST_${name}, contents: [] }, m0s_endpoints: [] }`).join()}]`;
  t.match(spec('m0p_boot_level: { tag: PLHalon, contents: [] }'), {
    name: 'halon',
    unit: 'm0d',
    type: 'ha',
    boot_level: 0,
    ownership: 'managed',
  });
  t.match(spec('m0p_boot_level: { tag: PLM0d, contents: 0 }', services('CONFD', 'RMS')), {
    name: 'confd',
    unit: 'm0d',
    type: 'server',
    boot_level: 0,
    services: ['CONFD', 'RMS'],
  });
  t.match(spec('m0p_boot_level: { tag: PLM0d, contents: 1 }', services('RMS', 'MDS')), {
    name: 'mdservice',
    boot_level: 1,
  });
  t.match(spec('m0p_boot_level: { tag: PLM0d, contents: 1 }', services('CONFD', 'MDS', 'IOS')), {
    name: 'ioservice',
  });
  t.match(spec('m0p_boot_level: { tag: PLM0d, contents: 2 }'), { name: 'm0d', boot_level: 2 });
  t.match(spec('m0p_boot_level: { tag: PLM0t1fs, contents: [] }'), {
    name: 'm0t1fs',
    unit: 'm0t1fs',
    type: 'filesystem',
    boot_level: 2,
  });
  t.match(spec('m0p_boot_level: { tag: PLClovis, contents: ["a-b", Independent] }'), {
    name: 'a-b',
    unit: 'a-b',
    type: 'client',
    ownership: 'independent',
    boot_level: 3,
  });
  t.match(spec('m0p_boot_level: { tag: PLClovis, contents: ["c0cat", True] }'), {
    ownership: 'independent',
  });
});

t.test('what EDE writes differently from Liquid is understood', async (t) => {
  const source = halon(
    '{# a comment: {{ nobody }}',
    '   of two lines #}',
    '{% if fqdn == "x" %}',
    'm0p_multiplicity: 1',
    '{% elif lnid %}',
    'm0p_multiplicity: {% for core in host_cores %}{% if core.loop.last %}{{ core.loop.index }}{% endif %}{% endfor %}',
    '{% endif %}',
  );
  t.match(render(source), { templates: [{ multiplicity: 3 }] });
  t.match(
    render(halon('m0p_environment: [[A, { tag: M0PEnvValue, contents: "{{ host_cores }}" }]]')),
    {
      templates: [{ spec: { environment: { A: '[1,1,0]' } } }],
    },
  );
});

t.test('what a role gives must be legal', async (t) => {
  const refused: readonly [RegExp, ...string[]][] = [
    [/endpoint/, 'endpoint: "{{ lnid }}:12345:41:5000"'],
    [/endpoint/, 'endpoint: "host:0"'],
    [/"A-B" is not a legal name/, endpoint, 'environment: { A-B: 1 }'],
    [/set by the cluster/, endpoint, 'environment: { MERO_HA_EP: x }'],
    [/set by the cluster/, endpoint, 'unit: a-b', 'environment: { MERO_A_B_EP: x }'],
    [/one line/, endpoint, 'environment: { A: "x\\ny" }'],
    [/one line/, endpoint, 'environment: { A: "x\\0y" }'],
    [/given twice/, endpoint, 'environment: { A: 1, A: 2 }'],
    [/ends \(1\) before it begins \(2\)/, endpoint, 'environment: { A: { range: [2, 1] } }'],
    [/exactly 2/, endpoint, 'environment: { A: { range: [2] } }'],
    [/boot_level: .*0 to 99/, endpoint, 'boot_level: 100'],
    [/boot_level: .*0 to 99/, endpoint, 'boot_level: "{{ host_mem_as }}"'],
    [/type: .*Did you mean "client"/, endpoint, 'type: cliet'],
    [/type: .*expected one of/, endpoint, 'type: "{{ fqdn }}"'],
    [/memory\.as: /, endpoint, 'memory: { as: -1 }'],
    [/memory\.as: expected bytes/, endpoint, 'memory: { as: "{{ fqdn }}" }'],
    [/no CPU/, endpoint, 'cores: [0, 0]'],
    [/cores/, endpoint, 'cores: "{{ fqdn }}"'],
    [/services\[0\]/, endpoint, 'services: ["rms!"]'],
    [/name/, endpoint, 'unit: "a/b"'],
  ];
  for (const [message, ...lines] of refused) {
    t.match(problem(native(...lines)), { code: 'template-error', message }, lines.join());
  }
});

t.test('a template can neither read files, nor use the clock, nor go on for ever', async (t) => {
  const abuse = [
    '{% include "/etc/passwd" %}',
    '{% render "/etc/passwd" %}',
    '{% layout "/etc/passwd" %}',
    '{{ "now" | date: "%s" }}',
    '{{ host_cores | sample }}',
    '{% for i in (1..100000000) %}x{% endfor %}',
    '{% for i in (1..999) %}{% for j in (1..999) %}{% for k in (1..999) %}x{% endfor %}{% endfor %}{% endfor %}',
    '{% assign a = "xxxxxxxxxxxxxxxx" %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
    '{{ lnid.constructor.constructor }}',
    `{% for i in (1..700) %}{% for j in (1..700) %}${'x'.repeat(10_000)}{% endfor %}{% endfor %}`,
    `${'{% if lnid %}'.repeat(20_000)}`,
  ];
  for (const text of abuse) {
    const before = process.cpuUsage();
    t.match(
      problem(native(`endpoint: '${text}'`)),
      { code: /template-error|unknown-variable/ },
      text,
    );
    t.ok(process.cpuUsage(before).user / 1000 < 60_000, 'in time');
  }
});

t.test('an error in one role harms no other', async (t) => {
  const broken = [
    role('halon', '- name: bad\n  content: {{ nobody }}\n'),
    role('halon', '- name: bad\n  content: {% for x in host_cores %}\n'),
    role('native', '- role: bad\n  processes: [\n'),
  ];
  const renderer = createRenderers()();
  for (const source of broken) t.notOk(renderer(source, variables, {}).ok);
  for (const source of halonRoles) t.ok(renderer(source, variables, {}).ok, source.name);
});

t.test('both formats render to the same processes', async (t) => {
  t.same(
    halonRoles.map(({ name }) => name),
    nativeRoles.map(({ name }) => name),
  );
  halonRoles.forEach((source, i) => {
    const ours = nativeRoles[i]!;
    t.same(render(source), render(ours), source.name);
    t.ok(render(source).ok);
  });
  const last = [halonRoles.at(-1)!, nativeRoles.at(-1)!] as const;
  t.same(render(last[0], { multiplicity: 6 }), render(last[1], { multiplicity: 6 }));
});

t.test('a role with several processes gives all of them', async (t) => {
  const text = `- role: r
  processes:
    - { name: a, endpoint: "{{ lnid }}:1:2:3" }
    - { name: b, endpoint: "{{ lnid }}:1:2:4", multiplicity: "{{ multiplicity }}" }
`;
  t.match(render(role('native', text), { multiplicity: 2 }), {
    templates: [
      { spec: { name: 'a' }, multiplicity: 1 },
      { spec: { name: 'b' }, multiplicity: 2 },
    ],
  });
});

t.test('a value of several lines cannot change the structure of a Halon role', async (t) => {
  const overrides = { lnid: '1.1.1.1@tcp:1:2:3"\n      m0p_multiplicity: 9000 # ' };
  t.match(problem(halonRoles[0]!, overrides), { code: 'template-error', message: /m0p_endpoint/ });
});

t.test('no override makes rendering throw, and rendering twice gives the same', async () => {
  const renderer = createRenderers()();
  const sources = [
    ...halonRoles,
    ...nativeRoles,
    native(
      endpoint,
      'environment: { A: "{{ a }}", B: "{% for x in a %}{{ x.value }}{% endfor %}" }',
      'cores: "{{ host_cores }}"',
    ),
  ];
  const names = fc.constantFrom(
    'a',
    'lnid',
    'host_cores',
    'host_mem_as',
    'multiplicity',
    '__proto__',
  );
  const overrides = fc.dictionary(fc.oneof(names, fc.string()), fc.jsonValue(), { maxKeys: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...sources), overrides, (source, given) => {
      const once = renderer(source, variables, given as Variables);
      const again = renderer(source, variables, given as Variables);
      if (JSON.stringify(once) !== JSON.stringify(again)) return false;
      if (once.ok)
        return once.templates.every(
          ({ multiplicity }) => multiplicity >= 1 && multiplicity <= 10_000,
        );
      const { line } = once.problem;
      return line >= source.line && line < source.line + source.text.split('\n').length;
    }),
    { numRuns: 500 },
  );
});

/** A role that goes round so many times. */
const rounds = (count: number): RoleSource =>
  native(`endpoint: '{% for i in (1..${count}) %}{% endfor %}{{ lnid }}:1:2:3'`);

const stepsIn = (source: RoleSource, budget = new RenderingBudget()): number => {
  renderParsed(source, parseRole(source), variables, {}, { budget });
  return budget.used;
};

t.test('what a role takes is counted, the same each time', async (t) => {
  for (const source of [...halonRoles, ...nativeRoles]) {
    const steps = stepsIn(source);
    t.equal(stepsIn(source), steps, source.name);
    t.ok(steps > 0 && steps < stepsOfCommand.perRendering, `${source.name}: ${steps} steps`);
  }
  const [few, more] = [stepsIn(rounds(1000)), stepsIn(rounds(2000))];
  t.ok(more - few >= 1000, 'each round of a loop is');
});

t.test('a role one step beyond what it may take is refused, with its line', async (t) => {
  const source = rounds(1000);
  const steps = stepsIn(source);
  t.equal(stepsIn(source, new RenderingBudget(steps)), steps);
  t.throws(() => stepsIn(source, new RenderingBudget(steps - 1)), {
    code: 'template-error',
    message: `the role takes more than ${steps - 1} steps to render, as many as it may.`,
    position: { line: source.line + 3 },
  });
  t.match(problem(rounds(stepsOfRendering)), {
    code: 'template-error',
    message: /processes\[0\]\.endpoint: the role takes more than 20000 steps/,
    file: source.file,
    line: source.line + 3,
  });
});

t.test('whatever a template does is counted', async (t) => {
  const greedy = [
    `{% for i in (1..9000) %}{% assign a = i ${'| plus: 1 '.repeat(500)}%}{% endfor %}`,
    `{% for i in (1..9000) %}{% if ${'1 == 2 or '.repeat(500)} i == 0 %}{% endif %}{% endfor %}`,
    `{% for i in (1..9000) %}{% case i %}{% when ${'"a" or '.repeat(500)} "b" %}{% endcase %}{% endfor %}`,
    '{% assign x = (1..900) %}{% for i in (1..9000) %}{% assign y = x | sort %}{% endfor %}',
    '{% assign x = (1..900) %}{% for i in (1..9000) %}{% assign y = x | sum %}{% endfor %}',
    '{% assign x = (1..900) %}{% for i in (1..9000) %}{% if x contains 0 %}{% endif %}{% endfor %}',
    '{% assign x = (1..900) %}{% for i in (1..9000) %}{{ x }}{% endfor %}',
    '{% assign x = (1..900) %}{% for i in (1..9000) %}{% assign y = x | find_exp: "a", "a > 999" %}{% endfor %}',
    '{% assign e = "a,b" | split: "," %}{% for i in (1..60) %}{% assign e = e | push: e | push: e %}{% endfor %}{{ e }}',
    '{% assign e = "a,b" | split: "," %}{% for i in (1..60) %}{% assign e = e | push: e | push: e %}{% endfor %}{{ e | join }}',
    '{% for i in (1..9000) %}{% for k in (1..9000) %}{% break %}{% endfor %}{% endfor %}',
    '{% tablerow i in (1..90000) %}{% endtablerow %}',
  ];
  for (const text of greedy) {
    const refused = { code: 'template-error', message: /more than 20000 steps/ };
    t.match(problem(native(`endpoint: '${text}'`)), refused, text);
    t.match(problem(role('halon', `- name: greedy\n  content: ${text}\n`)), refused, text);
  }
});

t.test('a text that is long to read as YAML is refused', async (t) => {
  const { text, ...source } = halonRoles[0]!;
  const long = role('halon', `${text}\n${'# a comment\n'.repeat(stepsOfRendering / 3)}`);
  t.match(problem({ ...source, text: long.text }), { message: /more than 20000 steps/ });
});

t.test('all that one command renders has a limit, which grows with how much it is', async (t) => {
  const heavy = rounds(9000);
  const renderCommand = createRenderers();
  const render = renderCommand();
  let count = 0;
  let last = render(heavy, variables, {});
  while (last.ok && count < 100) {
    count += 1;
    last = render(heavy, variables, {});
  }
  const { base, perRendering } = stepsOfCommand;
  t.equal(count, Math.floor(base / (stepsIn(heavy) - perRendering)));
  t.match(last, {
    problem: {
      code: 'template-error',
      message: /renderings of this command take more than \d+ steps together/,
      line: heavy.line + 3,
    },
  });
  t.ok(renderCommand()(heavy, variables, {}).ok, 'the next command has its own');

  const usual = renderCommand();
  const costly = halonRoles.toSorted((a, b) => stepsIn(b) - stepsIn(a))[0]!;
  for (let i = 0; i < 1000; i += 1) if (!usual(costly, variables, {}).ok) t.fail(`host ${i}`);
});
