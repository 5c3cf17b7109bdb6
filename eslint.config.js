import { join } from 'node:path';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { arrowsRule } from './scripts/checks/arrows-rule.ts';
import { determinism } from './scripts/checks/determinism.ts';
import { handedInTime } from './scripts/checks/handed-in-time.ts';

const root = import.meta.dirname;

export default defineConfig(
  { ignores: ['dist/', '.tap/', '.demo/', 'test/fixtures/', 'docs/', 'src/web/built/'] },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [join(root, 'tsconfig.json'), join(root, 'tsconfig.web.json')],
        tsconfigRootDir: root,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'no-console': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Handlers are async because of what they implement, not because of what they await.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    plugins: { halcyon: { rules: { arrows: arrowsRule(join(root, 'src')) } } },
    rules: {
      'halcyon/arrows': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
    },
  },
  { files: ['src/core/**/*.ts'], rules: determinism },
  {
    files: ['src/station/**/*.ts', 'src/ipmi/**/*.ts', 'src/obm/**/*.ts'],
    ignores: ['src/*/time.ts', 'src/station/**/*-thread.ts'],
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
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafePromises: [
            { from: 'package', package: '@tapjs/core', name: 'PromiseWithSubtest' },
          ],
        },
      ],
      // Tests look into answers whose shape is what they assert.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Vite asks for it.
    files: ['vite.config.ts'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    files: ['src/web/page/**'],
    rules: {
      // Components say what they are by what they return.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  {
    files: ['*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-exports': 'off' },
  },
);
