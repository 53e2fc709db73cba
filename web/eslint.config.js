// Lint rules. The important ones are the floors: app → layouts, features → ui → shared → api;
// a feature sees another feature only through its index.ts, and only ui/ knows Element Plus.
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

const deny = (names, message) =>
  names.map((name) => ({ group: [`@/${name}`, `@/${name}/**`], message }))
const library = {
  group: ['element-plus', 'element-plus/**', '@element-plus/**'],
  message: 'Only ui/ may use the component library.',
}
const up = { group: ['../../**'], message: 'Write @/… for anything outside the folder.' }
const floor = (folder, denied, ...more) => ({
  files: [`src/${folder}/**/*.{ts,vue}`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...deny(denied, `${folder}/ lies below: app → layouts, features → ui → shared → api.`),
          ...more,
        ],
      },
    ],
  },
})

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'src/api/generated/', 'public/'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/essential'],
  {
    files: ['**/*.{ts,vue,js,mjs}'],
    languageOptions: {
      parser: vueParser,
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.vue'], sourceType: 'module' },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'vue/multi-word-component-names': 'off',
      // a static style attribute may be written through innerHTML, which the CSP forbids
      'vue/no-static-inline-styles': 'error',
      'vue/no-v-html': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      eqeqeq: ['error', 'smart'],
      'no-console': ['error', { allow: ['error', 'warn'] }],
      'max-lines': ['error', { max: 500, skipBlankLines: true }],
    },
  },
  floor('api', ['app', 'layouts', 'features', 'ui', 'shared', 'locales'], library, up),
  floor('shared', ['app', 'layouts', 'features', 'ui'], library, up),
  floor('ui', ['app', 'layouts', 'features'], up),
  floor('layouts', ['app', 'features'], library, up),
  floor('features', ['app', 'layouts'], library, {
    group: ['@/features/*/**', '../../**'],
    message: 'Another feature is seen only through its index.ts.',
  }),
  floor('app', [], library, {
    group: ['@/features/*/**'],
    message: 'A feature is seen only through its index.ts.',
  }),
  {
    // What cannot be loaded says so: whoever asks takes the failure too, and shows it (LoadState).
    files: ['src/**/*.vue'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'VariableDeclarator[id.type="ObjectPattern"][init.callee.name=/^use(Infinite)?Query$/]:not(:has(Property[key.name="error"]))',
          message: 'Take `error` as well and show it: <LoadState>.',
        },
        {
          selector: 'VariableDeclarator[id.type="Identifier"][init.callee.name=/^use(Infinite)?Query$/]',
          message: 'Take { data, error, refetch } apart, and show the failure: <LoadState>.',
        },
      ],
    },
  },
  { files: ['scripts/**'], rules: { 'no-console': 'off' } },
)
