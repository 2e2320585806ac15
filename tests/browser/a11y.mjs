// axe-core over pages, on a desktop and a phone, light and dark: WCAG 2.1 A and AA, and what a page must not do.
//
// usage: node a11y.mjs URL...     environment: LOGIN=user:password
import fs from 'node:fs';
import { launch, resolve, signIn, usage } from './lib.mjs';

const pages = process.argv.slice(2);
if (pages.length === 0) {
  usage('a11y.mjs URL...');
}
const axe = fs.readFileSync(resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.5.5 asks for 44 px; links within sentences and lists of them are exempt. */
const TARGET_PX = 44;

const browser = await launch();
const violations = [];
for (const viewport of [{ width: 1280, height: 800 }, { width: 320, height: 640 }]) {
  // The audit is injected from outside, which the pages' own policy rightly refuses.
  const context = await browser.newContext({ viewport, bypassCSP: true, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  if (process.env.LOGIN) {
    await signIn(page, pages[0], process.env.LOGIN);
  }
  for (const url of pages) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.goto(url);
      await page.waitForTimeout(500);
      await page.evaluate(axe);
      const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
      for (const { id, nodes } of result.violations) {
        violations.push({ page: new URL(url).pathname, width: viewport.width, colorScheme, id, nodes: nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary.split('\n')[1]?.trim() ?? ''}`) });
      }
    }
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    if (sideways) {
      violations.push({ page: new URL(url).pathname, width: viewport.width, id: 'scrolls-sideways' });
    }
    const small = await page.evaluate((min) => {
      const controls = [...document.querySelectorAll('button, .button, input:not([type=checkbox], [type=radio], [type=hidden]), select, summary, .side-link, .phone-bar a')];
      return controls
        .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < min - 0.5 && control.getBoundingClientRect().width > 0)
        .map((control) => `${control.tagName.toLowerCase()}.${control.className} ${Math.round(control.getBoundingClientRect().height)} px`);
    }, TARGET_PX);
    for (const node of new Set(small)) {
      violations.push({ page: new URL(url).pathname, width: viewport.width, id: 'small-target', nodes: [node] });
    }
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify({ pages: pages.length, violations }));
process.exitCode = violations.length > 0 ? 1 : 0;
