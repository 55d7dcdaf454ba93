import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

const BASE =
  /node_modules\/(?:@tanstack\/(?:react-query|query-core)|react|react-dom|scheduler)\/|vite\/preload-helper|src\/(?:api|format|keyboard|url|kit\/(?!chart))/;
/** What screens that show a call share. What colours code comes when there is some. */
const CALL = /src\/call\/(?!.*(?:highlight|json-worker))/;

/** Built by scripts/prepare.mjs into dist/dashboard; `npx vite dashboard` serves it in front of a running daemon. */
export default defineConfig({
  root: here,
  base: './',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: fileURLToPath(new URL('../dist/dashboard', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // Nothing may be inlined: the policy of the page allows no data: for scripts, styles and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One file of what every screen needs: many small ones take a moment each, and compress worse.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', test: BASE },
            { name: 'call', test: CALL },
          ],
        },
      },
    },
    license: { fileName: 'licenses.md' },
  },
  // React's hooks for its developer tools, 400 bytes of a page that has a limit: nobody debugs what is built.
  define: { __REACT_DEVTOOLS_GLOBAL_HOOK__: 'undefined' },
  worker: { format: 'es' },
  server: {
    proxy: { '/api': 'http://127.0.0.1:8081', '/login': 'http://127.0.0.1:8081', '/health': 'http://127.0.0.1:8081' },
  },
});
