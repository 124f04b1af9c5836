import { join } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The script and the style of pages that are shared, one file each: they are put into every such page. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  publicDir: false,
  define: { 'process.env.NODE_ENV': JSON.stringify('production') },
  build: {
    outDir: join(import.meta.dirname, '..', '..', 'dist', 'share'),
    emptyOutDir: true,
    lib: {
      entry: join(import.meta.dirname, 'share.tsx'),
      formats: ['iife'],
      name: 'share',
      fileName: () => 'share.js',
      cssFileName: 'share',
    },
  },
});
