import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.cache/', 'out/'] },
  { files: ['**/*.ts', 'assets/*.js'], extends: [...tseslint.configs.recommendedTypeChecked] },
  {
    files: ['**/*.ts', 'assets/*.js'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'max-params': ['error', 4],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // The types of their comments are checked by tsc; the linter does not see casts there.
    files: ['assets/*.js'],
    rules: { '@typescript-eslint/no-unsafe-argument': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  { files: ['test/**', 'scripts/**'], rules: { 'no-console': 'off', 'max-lines': 'off' } },
  {
    files: ['src/**'],
    ignores: ['src/main.ts'],
    rules: { 'no-restricted-globals': ['error', { name: 'process', message: 'Only main.ts touches process.' }] },
  },
)
