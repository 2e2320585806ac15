// Opens a page with our player, as a viewer does, and says how it went.
//
// usage: node watch.mjs URL SECONDS [SCREENSHOT.png]
// environment: LOGIN=user:password, CLICK=selector (clicked once after loading), WAIT=seconds to wait for the first picture,
//              WARMUP=seconds at the start that do not count for latency (2), REPLAY=1 (stays until the live has become its
//              replay, SECONDS at most, and plays that)
//
// Says on the standard error when the page is open, and each state of the player as it comes.
//
// One line of JSON:
//   firstPictureMs  from opening the page to the first picture; null if there was none
//   playing         pictures moved until the end
//   advance         seconds of media played
//   stalls, stallMs after the first picture
//   latency         {p50, p95, max}: Date.now() minus the date of the picture shown, in seconds
//   states          "source/phase slate" in the order seen, each with its second
//   replay          how it was offered, and what came of pressing play; null if there was none
import { launch, percentile, round, signIn, usage, watchPage } from './lib.mjs';

const [url, seconds, screenshot] = process.argv.slice(2);
if (!url || !(Number(seconds) > 0)) {
  usage('watch.mjs URL SECONDS [SCREENSHOT.png]');
}
const wait = Number(process.env.WAIT ?? 15);
const warmup = Number(process.env.WARMUP ?? 2);

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true });
const seen = watchPage(page, url);
if (process.env.LOGIN) {
  await signIn(page, url, process.env.LOGIN);
}

await page.exposeFunction('sayState', (state) => console.error(state));
await page.addInitScript(() => {
  const report = { opened: performance.now(), first: null, stalls: 0, stallMs: 0, stalledAt: null, samples: [], states: [], errors: [] };
  globalThis.report = report;
  const attach = (video) => {
    // Its frames, not its promises: pictures that are presented are pictures that are seen.
    const onFrame = () => {
      report.first ??= performance.now();
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    video.addEventListener('waiting', () => {
      if (report.first !== null && report.stalledAt === null && !video.seeking) {
        report.stalls += 1;
        report.stalledAt = performance.now();
      }
    });
    video.addEventListener('playing', () => {
      if (report.stalledAt !== null) {
        report.stallMs += performance.now() - report.stalledAt;
        report.stalledAt = null;
      }
    });
    video.addEventListener('error', () => report.errors.push(`media error ${video.error?.code} ${video.error?.message}`));
  };
  setInterval(() => {
    const video = document.querySelector('[data-player] video');
    if (video && !video.dataset.attached) {
      video.dataset.attached = '1';
      attach(video);
    }
    const player = globalThis.tributaryPlayer?.report;
    if (!video || !player) {
      return;
    }
    const state = `${player.state} ${player.slate}`;
    if (report.states.at(-1)?.state !== state) {
      report.states.push({ at: performance.now() - report.opened, state });
      globalThis.sayState(state);
    }
    if (report.first !== null) {
      report.samples.push({
        at: performance.now() - report.first,
        behind: player.behind,
        rate: video.playbackRate,
        time: video.currentTime,
        paused: video.paused,
      });
    }
  }, 200);
});

const response = await page.goto(url);
// For whoever waits for the page before the stream begins.
console.error('opened');
if (process.env.CLICK) {
  await page.click(process.env.CLICK);
}
await page.waitForFunction(() => globalThis.report?.first !== null, null, { timeout: wait * 1000 }).catch(() => {});
const replay = process.env.REPLAY ? await playReplay() : await page.waitForTimeout(Number(seconds) * 1000);
const report = await page.evaluate(() => {
  const video = document.querySelector('[data-player] video');
  const quality = video?.getVideoPlaybackQuality();
  return {
    ...globalThis.report,
    width: video?.videoWidth ?? 0,
    height: video?.videoHeight ?? 0,
    dropped: quality?.droppedVideoFrames ?? null,
    total: quality?.totalVideoFrames ?? null,
    muted: video?.muted ?? null,
    duration: video?.duration ?? null,
    final: globalThis.tributaryPlayer?.report ?? null,
    words: document.querySelector('.tp-behind')?.textContent ?? null,
    stalledNow: globalThis.report.stalledAt !== null,
  };
});
if (screenshot) {
  // The bar comes with the mouse.
  await page.mouse.move(640, 300);
  await page.mouse.move(650, 310);
  await page.waitForTimeout(300);
  await page.screenshot({ path: screenshot });
}
await browser.close();

const counted = report.samples.filter((sample) => sample.at >= warmup * 1000 && sample.behind !== null);
const lastSecond = report.samples.slice(-6);
const moved = lastSecond.length > 1 ? lastSecond.at(-1).time - lastSecond[0].time : 0;
console.log(
  JSON.stringify({
    url,
    status: response?.status() ?? null,
    playing: moved > 0.3,
    firstPictureMs: report.first === null ? null : Math.round(report.first - report.opened),
    advance: round((report.samples.at(-1)?.time ?? 0) - (report.samples[0]?.time ?? 0), 2),
    currentTime: round(report.samples.at(-1)?.time ?? 0, 2),
    duration: report.duration,
    replay: replay ?? null,
    stalls: report.stalls,
    stallMs: Math.round(report.stallMs),
    latency: {
      p50: percentile(counted.map((sample) => sample.behind), 50),
      p95: percentile(counted.map((sample) => sample.behind), 95),
      max: percentile(counted.map((sample) => sample.behind), 100),
    },
    rates: [...new Set(counted.map((sample) => sample.rate))].sort(),
    words: report.words,
    state: report.final?.state ?? null,
    slate: report.final?.slate ?? null,
    engine: report.final?.engine ?? null,
    size: [report.width, report.height],
    frames: { dropped: report.dropped, total: report.total },
    muted: report.muted,
    states: report.states.map(({ at, state }) => [round(at / 1000, 1), state]),
    errors: [...report.errors, ...seen.pageErrors],
    consoleErrors: seen.consoleErrors,
    failedRequests: [...new Set(seen.failed)],
    requestsToOtherHosts: [...seen.otherHosts],
  }),
);

/** Waits until the live has become its replay, looks at it as it is offered, and presses the page's own button. */
async function playReplay() {
  const look = () =>
    page.evaluate(() => {
      const video = document.querySelector('[data-player] video');
      return { paused: video.paused, at: video.currentTime, duration: video.duration, frames: video.getVideoPlaybackQuality().totalVideoFrames };
    });
  const isThere = () => {
    const video = document.querySelector('[data-player] video');
    const report = globalThis.tributaryPlayer?.report;
    // The live's own media stay until the replay's are found: they are behind something, a recording is not.
    return report?.state.startsWith('replay/') && report.behind === null && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && Number.isFinite(video.duration);
  };
  const there = await page.waitForFunction(isThere, null, { timeout: Number(seconds) * 1000 }).catch(() => null);
  if (!there) {
    return null;
  }
  const offered = { ...(await look()), words: await page.locator('.tp-note:visible').allTextContents() };
  await page.click('media-play-button.tp-big');
  const played = await page
    .waitForFunction((from) => document.querySelector('[data-player] video').currentTime > from + 3, offered.at, { timeout: 15_000 })
    .catch(() => null);
  return { offered, played: played !== null, after: await look() };
}
