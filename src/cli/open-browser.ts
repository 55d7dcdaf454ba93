import { spawn } from 'node:child_process';

type Env = Readonly<Record<string, string | undefined>>;

/** Program and arguments that open a page on this platform, none of them read by a shell; null = there is no screen. */
export function browserCommand(url: string, platform: NodeJS.Platform, env: Env): [string, string[]] | null {
  if (platform === 'darwin') return ['open', [url]];
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]];
  const hasScreen = ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME', 'BROWSER'].some(
    (name) => (env[name] ?? '') !== '',
  );
  return hasScreen ? ['xdg-open', [url]] : null;
}

/** False: nobody knows how, or there is no screen. The browser outlives us. */
export function openBrowser(url: string, platform: NodeJS.Platform, env: Env): Promise<boolean> {
  const command = browserCommand(url, platform, env);
  if (command === null) return Promise.resolve(false);
  const [program, args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
