/** Whatever a value holds, it is a value: it arrives as it is, and nothing else changes. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { createRenderers } from '../../src/config/render.ts';
import type { RenderedTemplate, RoleSource, Variables } from '../../src/core/values/roles.ts';

const variables: Variables = { lnid: '10.0.0.1@tcp', host_mem_as: 4096, host_cores: [1, 1, 0] };

const role = (format: RoleSource['format'], text: string): RoleSource => ({
  name: 'r',
  format,
  text,
  file: 'roles.yaml',
  line: 1,
  requires: [],
});

/** A role that prints the variable wherever a text can stand. */
const halon = role(
  'halon',
  `- name: r
  # {{ region }}
  content:
    - m0p_endpoint: "{{ lnid }}:12345:41:301"
      m0p_mem_as: {{ host_mem_as }}
      m0p_mem_rss: 1
      m0p_mem_stack: 1
      m0p_mem_memlock: 1
      m0p_cores: [{{ host_cores | join: ", " }}]
      m0p_boot_level: { tag: PLClovis, contents: ["r", Managed] }
      m0p_services:
{% if region == "never" %}
        - m0s_type: { tag: CST_RMS, contents: [] }
{% else %}
        - m0s_type: { tag: CST_IOS, contents: [] }
{% endif %}
      m0p_multiplicity: {{ multiplicity }}
      m0p_environment:
        - [PLAIN, { tag: M0PEnvValue, contents: {{ region }} }]
        - [SINGLE, { tag: M0PEnvValue, contents: '{{ region }}' }]
        - [DOUBLE, {tag: M0PEnvValue, contents: "{{ region }}"}]
        - [BETWEEN, { tag: M0PEnvValue, contents: "<{{ region }}>" }]
        - [RAW, { tag: M0PEnvValue, contents: "{{ region | raw }}" }]
        - [APPENDED, { tag: M0PEnvValue, contents: {{ region | append: "!" }} }]
        - - BLOCK
          - tag: M0PEnvValue
            contents: >-
              {{ region }}
        - - CAPTURED
          - tag: M0PEnvValue
            contents: {% capture c %}[{{ region }}]{% endcapture %}{{ c }}
`,
);

const native = role(
  'native',
  `- role: r
  processes:
    - name: r
      endpoint: "{{ lnid }}:12345:41:301"
      multiplicity: "{{ multiplicity }}"
      cores: "{{ host_cores }}"
      memory: { as: "{{ host_mem_as }}", rss: 1, stack: 1, memlock: 1 }
      services: ['{% if region == "never" %}RMS{% else %}IOS{% endif %}']
      command: [/usr/bin/env, "{{ region }}", "--region={{ region }}"]
      environment:
        PLAIN: {{ region }}
        SINGLE: '{{ region }}'
        DOUBLE: "{{ region }}"
        BETWEEN: "<{{ region }}>"
        RAW: "{{ region | raw }}"
        APPENDED: '{{ region | append: "!" }}'
        BLOCK: >-
          {{ region }}
        CAPTURED: "{% capture c %}[{{ region }}]{% endcapture %}{{ c }}"
`,
);

const rendered = (source: RoleSource, overrides: Variables): readonly RenderedTemplate[] => {
  const result = createRenderers()()(source, variables, overrides);
  if (!result.ok) throw new Error(result.problem.message);
  return result.templates;
};

const arrives = (region: string): Readonly<Record<string, string>> => ({
  PLAIN: region,
  SINGLE: region,
  DOUBLE: region,
  BETWEEN: `<${region}>`,
  RAW: region,
  APPENDED: `${region}!`,
  BLOCK: region,
  CAPTURED: `[${region}]`,
});

/** What means something to YAML, to Liquid, to a shell or to us. */
const fragments = fc.constantFrom(
  ...['"', "'", '}', '{', ']', '[', ', ', ': ', ' #', '- ', '&a', '*a', '!!binary ', '|', '>'],
  ...['{{ lnid }}', '{%', '%}', '{#', '\\', '\\n', '$HOME', '`id`', '%s', '\t', ' ', '', '~'],
  ...['null', 'true', 'yes', '007', '0x1F', '1e400', '-0', '.5', '9007199254740993', '1.10', '<<'],
  ...[
    '"}], [LD_PRELOAD, {tag: M0PEnvValue, contents: "/tmp/x',
    '\uE002IngiCg\uE003',
    '\uE0001\uE001',
  ],
  ...['eu', 'ü', '\u{1F600}', '\u0085', '\u2028', '\uFEFF', '__proto__', 'never'],
);
const regions = fc
  .oneof(
    fc.array(fragments, { maxLength: 6 }).map((parts) => parts.join('')),
    fc.string({ unit: 'grapheme' }),
  )
  .filter((text) => !/[\0\r\n]/.test(text) && text !== 'never');

for (const source of [halon, native]) {
  t.test(`no value changes what a ${source.format} role consists of`, async (t) => {
    const [harmless] = rendered(source, { region: 'x', multiplicity: 3 });
    t.same(harmless?.spec.environment, arrives('x'));
    t.match(harmless, { multiplicity: 3, spec: { services: ['IOS'], cores: [1, 1, 0] } });
    fc.assert(
      fc.property(regions, (region) => {
        const [found] = rendered(source, { region, multiplicity: 3 });
        assert.deepEqual(found, {
          ...harmless,
          spec: {
            ...harmless?.spec,
            environment: arrives(region),
            command: harmless?.spec.command.map((word) => word.replace(/x$/, () => region)),
          },
        });
      }),
      { numRuns: 300 },
    );
  });

  t.test(`a value of several lines is refused by a ${source.format} role`, async (t) => {
    for (const region of ['a\nb', 'a"}]\n- [X, {tag: M0PEnvValue, contents: 1}]', 'a\0', 'a\r'])
      t.match(createRenderers()()(source, variables, { region }), {
        ok: false,
        problem: { message: /one line/ },
      });
  });
}

t.test('a value that is a map is no range, where a Halon role asks for a value', async (t) => {
  const found = createRenderers()()(halon, variables, { region: { range: [1, 2] } });
  t.match(found, { ok: false, problem: { message: /M0|contents.*expected text/ } });
});

t.test('a number that an override gives as text is a number where one is needed', async (t) => {
  const [found] = rendered(halon, { region: 'x', multiplicity: '2', host_mem_as: '8192' });
  t.match(found, { multiplicity: 2, spec: { memory: { as: 8192 } } });
  const [huge] = rendered(halon, { region: 'x', host_mem_as: '18446744073709551615' });
  t.match(huge, { spec: { memory: { as: 0 } } }, 'unlimited');
});

t.test('a role cannot forge what holds values apart', async (t) => {
  const forged = role('halon', halon.text.replace('"r"', '"\uE002eyJhIjoxfQ\uE003"'));
  t.match(createRenderers()()(forged, variables, { region: 'x' }), {
    ok: false,
    problem: { line: 10, message: /reserved/ },
  });
});
