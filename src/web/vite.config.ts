import { join } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: {
    outDir: join(import.meta.dirname, '..', '..', 'dist', 'web'),
    emptyOutDir: true,
    // The content policy has no place for code in addresses.
    assetsInlineLimit: 0,
    // Diagrams are large, and loaded where there is one.
    chunkSizeWarningLimit: 1_000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'diagram.html', 'picker.ts', 'enter.ts'].map((page) =>
        join(import.meta.dirname, page),
      ),
      // The picker is asked for by its name, in pages that are not ours; who enters may ask for nothing else.
      output: {
        entryFileNames: ({ name }) =>
          name === 'picker' || name === 'enter' ? '[name].js' : 'assets/[name]-[hash].js',
      },
    },
  },
});
