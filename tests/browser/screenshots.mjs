// Pictures of pages on a desktop and a phone, light and dark.
//
// usage: node screenshots.mjs FOLDER URL...      a URL may be followed by =NAME; without, the path names the file
// environment: LOGIN=user:password, SETTLE=milliseconds before each picture (600), LANGUAGE=fr, FULL=0 (only what is in view)
import fs from 'node:fs';
import path from 'node:path';
import { launch, signIn, usage, watchPage } from './lib.mjs';

const [folder, ...pages] = process.argv.slice(2);
if (!folder || pages.length === 0) {
  usage('screenshots.mjs FOLDER URL...');
}
fs.mkdirSync(folder, { recursive: true });
const settle = Number(process.env.SETTLE ?? 600);
const SCREENS = [
  { name: 'desktop', viewport: { width: 1280, height: 800 } },
  { name: 'phone', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
];

const browser = await launch();
const problems = [];
for (const { name, ...screen } of SCREENS) {
  const context = await browser.newContext({ ...screen, locale: process.env.LANGUAGE ?? 'en', ignoreHTTPSErrors: true });
  const page = await context.newPage();
  if (process.env.LOGIN) {
    await signIn(page, pages[0], process.env.LOGIN);
  }
  for (const entry of pages) {
    const [, url, given] = /^(https?:\/\/[^=]*?(?:\?[^ ]*?)?)(?:=([\w-]+))?$/.exec(entry) ?? [null, entry, null];
    const file = given ?? (new URL(url).pathname.replaceAll('/', '_').replace(/^_/, '') || 'home');
    const seen = watchPage(page, url);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto(url);
      await page.waitForTimeout(settle);
      await page.screenshot({ path: path.join(folder, `${file}-${name}-${scheme}.png`), fullPage: process.env.FULL !== '0' });
    }
    // A page that scrolls sideways is broken on that screen.
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) {
      problems.push(`${file} on ${name}: ${wide} px too wide`);
    }
    problems.push(...seen.pageErrors.map((error) => `${file}: ${error}`), ...seen.consoleErrors.map((error) => `${file}: ${error}`));
    problems.push(...[...seen.otherHosts].map((host) => `${file}: request to ${host}`));
    page.removeAllListeners();
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify({ folder, pages: pages.length, problems: [...new Set(problems)] }));
