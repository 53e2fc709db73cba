// Build and development server of the front end. `npm run dev` passes /api and the server's own
// pages on to a running tripod (TRIPOD_URL).
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const server = process.env['TRIPOD_URL'] ?? 'http://127.0.0.1:8080'
const port = Number(process.env['PORT'] ?? 5173)

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // Parts of the libraries that we don't use stay out of the bundle.
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    __VUE_I18N_LEGACY_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: false,
  },
  server: {
    port,
    strictPort: true,
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/api', '/login', '/healthz'].map((path) => [
        path,
        // the server compares Host and Origin, so both must name it
        { target: server, changeOrigin: true, headers: { origin: server } },
      ]),
    ),
  },
  preview: { port, host: '127.0.0.1' },
  build: { target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: false, manifest: true },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    server: { deps: { inline: ['element-plus'] } },
  },
})
