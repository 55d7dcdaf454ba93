import './app.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError, NOT_STORED_YET } from './api/client.ts';
import { App } from './app.tsx';
import { startTheme } from './kit/theme.ts';
import { startKeyboard } from './keyboard/keys.ts';
import { TipProvider } from './kit/tip.tsx';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // The daemon is on this machine: an answer of its own is final, silence may be a restart, of its recorder as well.
      retry: (failures, error) =>
        error instanceof ApiError &&
        (error.type === NOT_STORED_YET
          ? failures < 14
          : failures < 3 && (error.status === 0 || error.type === 'not_running')),
      // Most calls are stored at once, those of a machine that has much to do some seconds later.
      retryDelay: (failures, error) =>
        error instanceof ApiError && error.type === NOT_STORED_YET ? (failures < 8 ? 250 : 1000) : 1000 * 2 ** failures,
      refetchOnWindowFocus: false,
    },
  },
});

startTheme();
startKeyboard(window);
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <TipProvider>
          <App />
        </TipProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
