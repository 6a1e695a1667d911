// The build: a plain single-page bundle in dist/, served by the binary at "/".
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { serviceWorker } from './scripts/service-worker'

const server = process.env.HEXWARD_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [svelte(), serviceWorker()],
  // The map library starts its worker as an ES module.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // A data: address for a small asset would be refused by the content security policy.
    assetsInlineLimit: 0,
    manifest: true,
    chunkSizeWarningLimit: 1300,
  },
  server: { proxy: { '/api': { target: server, changeOrigin: false } } },
  test: { include: ['src/**/*.test.ts', 'tests/unit/**/*.test.ts'], environment: 'node' },
})
