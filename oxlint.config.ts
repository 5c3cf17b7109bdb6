import { join } from 'node:path';
import { determinism } from './scripts/checks/determinism.ts';
import { handedInTime } from './scripts/checks/handed-in-time.ts';

const asErrors = (names: readonly string[]): Record<string, 'error'> =>
  Object.fromEntries(names.map((name) => [name, 'error']));

/** What typescript-eslint recommends for those who have types at hand. */
const recommended = asErrors([
  'no-array-constructor',
  'no-unused-expressions',
  'no-var',
  'prefer-const',
  'prefer-rest-params',
  'prefer-spread',
  ...[
    'await-thenable',
    'ban-ts-comment',
    'no-array-delete',
    'no-base-to-string',
    'no-duplicate-enum-values',
    'no-duplicate-type-constituents',
    'no-empty-object-type',
    'no-explicit-any',
    'no-extra-non-null-assertion',
    'no-floating-promises',
    'no-for-in-array',
    'no-implied-eval',
    'no-misused-new',
    'no-misused-promises',
    'no-namespace',
    'no-non-null-asserted-optional-chain',
    'no-redundant-type-constituents',
    'no-require-imports',
    'no-this-alias',
    'no-unnecessary-type-assertion',
    'no-unnecessary-type-constraint',
    'no-unsafe-argument',
    'no-unsafe-assignment',
    'no-unsafe-call',
    'no-unsafe-declaration-merging',
    'no-unsafe-enum-comparison',
    'no-unsafe-function-type',
    'no-unsafe-member-access',
    'no-unsafe-return',
    'no-unsafe-unary-minus',
    'no-wrapper-object-types',
    'only-throw-error',
    'prefer-as-const',
    'prefer-namespace-keyword',
    'prefer-promise-reject-errors',
    'restrict-plus-operands',
    'triple-slash-reference',
    'unbound-method',
  ].map((name) => `typescript/${name}`),
]);

/** What the linter holds the project to; the types come from the `tsconfig.json` that is nearest to a file. */
const config = {
  plugins: ['eslint', 'typescript'],
  jsPlugins: [join(import.meta.dirname, 'scripts', 'checks', 'lint-plugin.ts')],
  categories: { correctness: 'off' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist/', '.tap/', '.demo/', 'test/fixtures/', 'docs/', 'src/web/built/'],
  rules: {
    ...recommended,
    eqeqeq: 'error',
    'object-shorthand': 'error',
    'no-console': 'error',
    'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    'typescript/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
    'typescript/restrict-template-expressions': [
      'error',
      { allowNumber: true, allowBoolean: true },
    ],
  },
  overrides: [
    {
      files: ['src/**/*.ts', 'src/**/*.tsx'],
      rules: { 'halcyon/arrows': 'error', 'typescript/explicit-module-boundary-types': 'error' },
    },
    { files: ['src/core/**/*.ts'], rules: determinism },
    {
      files: ['src/station/**/*.ts', 'src/ipmi/**/*.ts', 'src/obm/**/*.ts'],
      excludeFiles: ['src/*/time.ts', 'src/station/**/*-thread.ts'],
      rules: handedInTime,
    },
    {
      // What people see on a terminal is these files' output, not a left-over.
      files: ['src/cli/**/*.ts', 'src/halcyon.ts', 'src/halctl.ts', 'scripts/**/*.ts'],
      rules: { 'no-console': 'off' },
    },
    {
      files: ['test/**/*.ts'],
      rules: {
        // tap runs subtests in order and waits for them; not to await them is its idiom.
        'typescript/no-floating-promises': [
          'error',
          {
            allowForKnownSafePromises: [
              { from: 'package', package: '@tapjs/core', name: 'PromiseWithSubtest' },
            ],
          },
        ],
        // Tests look into answers whose shape is what they assert.
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
      },
    },
    {
      // Who reads them asks for it: vite, and the linter.
      files: ['*.config.ts', 'scripts/checks/lint-plugin.ts'],
      rules: { 'no-restricted-exports': 'off' },
    },
    {
      files: ['src/web/page/**'],
      rules: {
        // Components say what they are by what they return.
        'typescript/no-misused-promises': ['error', { checksVoidReturn: false }],
      },
    },
  ],
};

export default config;
