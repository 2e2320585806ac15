import { defineConfig } from 'vite';

// The server renders the pages; Vite only builds what they link to. Every page resolves `src/NAME` through the
// manifest, so file names carry a hash and can be cached for ever.
export default defineConfig({
  base: '/assets/',
  publicDir: false,
  build: {
    manifest: 'manifest.json',
    assetsDir: '',
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Inlined assets would need `data:` in the Content-Security-Policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 650,
    rollupOptions: {
      input: {
        site: 'src/site/main.ts',
        watch: 'src/watch.ts',
        studio: 'src/studio/main.ts',
        styles: 'src/styles/main.css',
        'styles-player': 'src/styles/player.css',
        icon: 'src/icon.svg',
      },
    },
  },
});
