// What the browser scripts share: the real Chromium, driven by playwright-core from web/node_modules.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--autoplay-policy=no-user-gesture-required',
  '--mute-audio',
  // Headless pages are never seen; without these their timers slow down.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
}

export function resolve(name) {
  return require.resolve(name);
}

/** Collects what must not happen: errors on the console, exceptions, requests to other hosts. */
export function watchPage(page, url) {
  const own = new URL(url).host;
  const seen = { consoleErrors: [], pageErrors: [], otherHosts: new Set(), failed: [] };
  page.on('console', (message) => {
    if (message.type() === 'error') {
      seen.consoleErrors.push(message.text());
    }
  });
  page.on('pageerror', (error) => seen.pageErrors.push(error.message));
  page.on('request', (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && host !== own) {
      seen.otherHosts.add(host);
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 400) {
      seen.failed.push(`${response.status()} ${new URL(response.url()).pathname}`);
    }
  });
  return seen;
}

/** Signs in with the form, as people do. `login` is `user:password`. */
export async function signIn(page, base, login) {
  const colon = login.indexOf(':');
  await page.goto(new URL('/login', base).href);
  await page.fill('#username', login.slice(0, colon));
  await page.fill('#password', login.slice(colon + 1));
  await Promise.all([page.waitForNavigation(), page.click('main button[type=submit]')]);
}

export function percentile(values, p) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length === 0 ? null : round(sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))]);
}

export function round(value, digits = 3) {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
}

export function usage(text) {
  console.error(`usage: ${text}`);
  process.exit(2);
}
