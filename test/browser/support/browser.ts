/** A real Chromium: the one that the machine has. Without one the tests of this folder are skipped, and say so. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core';
import type { Daemon } from './daemon.ts';

const PLACES = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

export const chromiumPath = PLACES.find((path) => path !== '' && existsSync(path)) ?? null;

if (chromiumPath === null) {
  console.warn('no Chromium found: tests in a browser are skipped (install chromium, or set CHROMIUM_PATH)');
}

export async function launch(): Promise<Browser> {
  if (chromiumPath === null) throw new Error('there is no Chromium');
  // Root may not have the sandbox of its own; the pages are ours.
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** What the page complained of: console errors, uncaught errors, refused by the policy. */
  complaints: string[];
  /** Addresses that were asked for beside the daemon's own. */
  strangers: string[];
}

export interface VisitOptions {
  width?: number;
  height?: number;
  theme?: 'light' | 'dark';
}

/** A signed-in page at `hash` (`#/calls`). */
export async function visit(browser: Browser, daemon: Daemon, hash = '', options: VisitOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.theme ?? 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const close = context.close.bind(context);
  context.close = async (why) => {
    // What is answered by the test when the page goes is no fault of it.
    for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' });
    await close(why);
  };
  const page = await context.newPage();
  watchRequests(page);
  const complaints: string[] = [];
  const strangers: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (
      !/^(?:blob:)?http:\/\/127\.0\.0\.1:|^data:/.test(request.url()) ||
      !request.url().includes(new URL(daemon.adminUrl).host)
    )
      strangers.push(request.url());
  });
  await signIn(page, daemon);
  if (hash !== '') await page.goto(`${daemon.adminUrl}/${hash}`);
  return { context, page, complaints, strangers };
}

/** What asks again and again, or has no end. */
const ENDLESS = /\/(?:health|api\/live|api\/setup)(?:$|\?)/;
/** Runs when there is nothing left to do in the page, after it has been painted once more. */
const IDLE = `document.fonts.ready.then(() => new Promise((done) => {
  const idle = (then) => requestIdleCallback(then, { timeout: 2000 });
  idle(() => requestAnimationFrame(() => idle(done)));
}))`;
const PAINTED = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';
const SETTLED_MS = 20_000;

interface Requests {
  begun: number;
  underWay: Set<Request>;
}
const requests = new WeakMap<Page, Requests>();

function watchRequests(page: Page): void {
  const known: Requests = { begun: 0, underWay: new Set() };
  requests.set(page, known);
  page.on('request', (request) => {
    if (!request.url().startsWith('http') || ENDLESS.test(request.url())) return;
    known.begun += 1;
    known.underWay.add(request);
  });
  const ended = (request: Request) => known.underWay.delete(request);
  page.on('requestfinished', ended);
  page.on('requestfailed', ended);
}

/**
 * Resolves when the page of `visit` has all that it asked for, and has drawn it: what is measured then, or found not to
 * be there, is not about to change. It does not wait for ever.
 */
export function settled(page: Page): Promise<void> {
  return without(page, IDLE);
}

/** The same for who waits for the end of all changes himself: a page of 12,000 pixels is hardly ever idle. */
export function answered(page: Page): Promise<void> {
  return without(page, PAINTED);
}

/** Questions under way, before `pause` and behind it. */
async function without(page: Page, pause: string): Promise<void> {
  const known = requests.get(page) ?? { begun: 0, underWay: new Set() };
  for (const end = Date.now() + SETTLED_MS; Date.now() < end;) {
    const { begun } = known;
    const isBusy = known.underWay.size > 0;
    await page.evaluate(pause);
    if (!isBusy && known.underWay.size === 0 && known.begun === begun) return;
  }
}

/** Two keys in a row, as one key: again where the machine rested between them, so that they were two. */
export async function pressChord(page: Page, first: string, then: string, isDone: () => boolean): Promise<void> {
  for (const end = Date.now() + SETTLED_MS; Date.now() < end && !isDone();) {
    await page.keyboard.press(first);
    await page.keyboard.press(then);
    await page.evaluate(IDLE);
  }
}

async function signIn(page: Page, daemon: Daemon): Promise<void> {
  const answer = await fetch(`${daemon.adminUrl}/api/login-codes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${daemon.token}` },
  });
  const { url } = (await answer.json()) as { url: string };
  await page.goto(url);
}
