import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// `$engine` is the way to the engine: Tauri in the product, tests/fake-engine.ts for pictures and tests.
export default defineConfig(({ mode }) => ({
  plugins: [svelte({ configFile: false })],
  resolve: {
    alias: { $engine: here(mode === 'production' || mode === 'development' ? 'src/lib/tauri.ts' : 'tests/fake-engine.ts') },
    conditions: mode === 'test' ? ['browser', 'module', 'import', 'development'] : undefined,
  },
  // Pictures of icons/ are read from above this folder.
  server: { port: 5173, strictPort: true, fs: { allow: ['..'] } },
  // Nothing inlined: the window's content security policy allows no data: styles or scripts.
  build: { target: 'safari16', outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
}))
