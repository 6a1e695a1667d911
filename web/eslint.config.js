import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'tests/out/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      // Type checking finds undefined names, with knowledge of the types.
      'no-undef': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // The router is our own; addresses are made by one typed function.
      'svelte/no-navigation-without-resolve': 'off',
      // Maps and addresses are used as caches and parsers here; nothing reacts to their change.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  { files: ['src/worker/**'], languageOptions: { globals: { ...globals.serviceworker } } },
  { files: ['scripts/**', 'tests/**'], rules: { 'no-console': 'off' } },
)
