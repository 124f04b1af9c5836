import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { readFile } from './api.ts';
import { App } from './app.tsx';
import { MediaSourceContext } from './parts/media.tsx';
import { begin } from './state.ts';
import './style.css';

void begin();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MediaSourceContext.Provider value={readFile}>
      <App />
    </MediaSourceContext.Provider>
  </StrictMode>,
);
