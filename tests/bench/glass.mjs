// Follows stamped pictures into Chromium: node glass.mjs page|playlist URL SECONDS, prints one line of JSON.
//
// "page" opens one of our pages, "playlist" plays a playlist with plain hls.js. Each picture the browser hands to its
// compositor is copied to a small canvas, its time is read from the blocks (src/stamp.rs says how they lie), and
// compared with the clock. The first seconds, in which a player finds its place, are left out.

import { createServer } from 'node:http';
import { createReadStream, existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const WARM_UP_S = 10;
/** A picture that comes this much after the one before it is seen as a freeze. */
const FREEZE_MS = 200;
const START_PATIENCE_MS = 30_000;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const [mode, address, time] = process.argv.slice(2);
const seconds = Number(time);
if (!['page', 'playlist'].includes(mode) || !address || !(seconds > 0)) {
  console.error('usage: node glass.mjs page|playlist URL SECONDS');
  process.exit(2);
}
if (!existsSync(CHROMIUM)) {
  console.error(`${CHROMIUM} is missing (install it with: apt-get install chromium)`);
  process.exit(1);
}

const PLAIN_PAGE = `<!doctype html><meta charset="utf-8"><title>hls.js</title>
<video muted autoplay playsinline width="1280" height="720"></video>
<script src="/hls.js"></script>
<script>
  const hls = new Hls({ lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.1 });
  hls.loadSource(new URLSearchParams(location.search).get('src'));
  hls.attachMedia(document.querySelector('video'));
</script>`;

/** Serves the plain page and hls.js; gives back where. */
function plainPlayer() {
  const server = createServer((request, response) => {
    if (request.url === '/hls.js') {
      response.setHeader('content-type', 'text/javascript');
      createReadStream(require.resolve('hls.js/dist/hls.min.js')).pipe(response);
    } else {
      response.setHeader('content-type', 'text/html');
      response.end(PLAIN_PAGE);
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }));
  });
}

/** Runs in the page: reads every picture until it is asked for what it saw. */
function observe(video) {
  const COLUMNS = 24;
  const ROWS = 2;
  const SCALE = 4; // pixels per block on the canvas
  const canvas = document.createElement('canvas');
  canvas.width = COLUMNS * SCALE;
  canvas.height = ROWS * SCALE;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const seen = { pictures: [], unreadable: 0, waiting: [], rates: [], first: null };
  window.glass = seen;

  function crc16(ms) {
    let crc = 0xffff;
    for (let shift = 24; shift >= 0; shift -= 8) {
      crc ^= ((ms >>> shift) & 0xff) << 8;
      for (let bit = 0; bit < 8; bit += 1) {
        crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
      }
    }
    return crc;
  }

  function readStamp() {
    const block = video.videoWidth / 32;
    const left = (video.videoWidth - COLUMNS * block) / 2;
    const top = video.videoHeight / 2 - block;
    context.drawImage(video, left, top, COLUMNS * block, ROWS * block, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let ms = 0;
    let crc = 0;
    for (let bit = 0; bit < COLUMNS * ROWS; bit += 1) {
      const x = (bit % COLUMNS) * SCALE + SCALE / 2;
      const y = Math.floor(bit / COLUMNS) * SCALE + SCALE / 2;
      const one = data[(y * canvas.width + x) * 4 + 1] > 125 ? 1 : 0;
      if (bit < 32) ms = ms * 2 + one;
      else crc = crc * 2 + one;
    }
    return crc === crc16(ms) ? ms : null;
  }

  function shown() {
    const clock = Date.now();
    const at = performance.now();
    const stamp = readStamp();
    seen.first ??= at;
    if (stamp === null) {
      seen.unreadable += 1;
    } else {
      // Both are the low 32 bits of a time; the difference is small and may pass the wrap.
      seen.pictures.push({ at, latency: (clock - stamp) | 0 });
    }
    seen.rates.push(video.playbackRate);
    video.requestVideoFrameCallback(shown);
  }
  video.requestVideoFrameCallback(shown);
  video.addEventListener('waiting', () => seen.waiting.push(performance.now()));
}

function percentile(sorted, percent) {
  return sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

const plain = mode === 'playlist' ? await plainPlayer() : null;
const url = plain ? `${plain.origin}/?src=${encodeURIComponent(address)}` : address;
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required', '--mute-audio', '--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 760 } });
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  const began = Date.now();
  await page.goto(url);
  const video = await page.waitForSelector('video', { state: 'attached', timeout: START_PATIENCE_MS });
  await video.evaluate(observe);
  await page.waitForFunction(() => window.glass.first !== null, null, { timeout: START_PATIENCE_MS });
  const first = Date.now() - began;
  await page.waitForTimeout((WARM_UP_S + seconds) * 1000);
  const seen = await video.evaluate((element) => ({ ...window.glass, now: performance.now(), dropped: element.getVideoPlaybackQuality().droppedVideoFrames }));
  const from = seen.first + WARM_UP_S * 1000;
  const pictures = seen.pictures.filter(({ at }) => at >= from);
  const latencies = pictures.map(({ latency }) => latency).sort((a, b) => a - b);
  const freezes = pictures.filter(({ at }, index) => index > 0 && at - pictures[index - 1].at > FREEZE_MS).length;
  const rates = seen.rates.sort((a, b) => a - b);
  const result = {
    seconds: (seen.now - from) / 1000,
    first,
    read: pictures.length,
    unreadable: seen.unreadable,
    min: latencies[0] ?? null,
    p50: percentile(latencies, 50),
    p95: percentile(latencies, 95),
    max: latencies.at(-1) ?? null,
    stalls: seen.waiting.filter((at) => at >= from).length,
    freezes,
    dropped: seen.dropped,
    rate: percentile(rates, 50),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await browser.close();
  plain?.close();
}
