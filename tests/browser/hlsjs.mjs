// Plays a playlist with plain hls.js in a bare page, as other people's players do.
//
// usage: node hlsjs.mjs PLAYLIST_URL SECONDS [SCREENSHOT.png]
// environment: LOW_LATENCY=0 (default 1), HLS_CONFIG='{"liveSyncDurationCount":2}', WARMUP=seconds (2)
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { launch, percentile, resolve, round, usage, watchPage } from './lib.mjs';

const [source, seconds, screenshot] = process.argv.slice(2);
if (!source || !(Number(seconds) > 0)) {
  usage('hlsjs.mjs PLAYLIST_URL SECONDS [SCREENSHOT.png]');
}
const config = {
  lowLatencyMode: process.env.LOW_LATENCY !== '0',
  ...JSON.parse(process.env.HLS_CONFIG ?? '{}'),
};

// Another origin than the playlist's: cross-origin headers are part of what is tried.
const script = fs.readFileSync(path.join(path.dirname(resolve('hls.js/package.json')), 'dist/hls.min.js'));
const server = http.createServer((request, response) => {
  const isScript = request.url === '/hls.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? script : '<!doctype html><title>hls.js</title><video muted playsinline></video><script src="/hls.js"></script>');
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const here = `http://127.0.0.1:${server.address().port}/`;

const browser = await launch();
const page = await browser.newPage({ ignoreHTTPSErrors: true });
const seen = watchPage(page, source);
await page.goto(here);
await page.evaluate(
  ([url, hlsConfig]) => {
    const report = { opened: performance.now(), first: null, stalls: 0, samples: [], errors: [], levels: [], parts: 0, segments: 0, details: null };
    globalThis.report = report;
    const video = document.querySelector('video');
    const hls = new Hls(hlsConfig);
    globalThis.hls = hls;
    video.requestVideoFrameCallback(() => (report.first = performance.now()));
    video.addEventListener('waiting', () => (report.stalls += report.first === null ? 0 : 1));
    hls.on(Hls.Events.ERROR, (_, { details, fatal, response }) => report.errors.push(`${details}${fatal ? ' (fatal)' : ''} ${response?.code ?? ''}`.trim()));
    hls.on(Hls.Events.MANIFEST_PARSED, (_, { levels }) => {
      report.levels = levels.map(({ width, height, codecSet, bitrate }) => ({ width, height, codecSet, bitrate }));
      void video.play();
    });
    hls.on(Hls.Events.FRAG_BUFFERED, (_, { part }) => (part ? (report.parts += 1) : (report.segments += 1)));
    hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      report.details = { live: details.live, version: details.version, target: details.targetduration, part: details.partTarget ?? null };
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    setInterval(() => {
      if (report.first !== null) {
        const date = hls.playingDate;
        report.samples.push({
          at: performance.now() - report.first,
          time: video.currentTime,
          glass: date ? (Date.now() - date.getTime()) / 1000 : null,
          latency: hls.latency,
        });
      }
    }, 200);
  },
  [source, config],
);
await page.waitForFunction(() => globalThis.report.first !== null, null, { timeout: 20_000 }).catch(() => {});
await page.waitForTimeout(Number(seconds) * 1000);
const report = await page.evaluate(() => {
  const video = document.querySelector('video');
  const { droppedVideoFrames, totalVideoFrames } = video.getVideoPlaybackQuality();
  return { ...globalThis.report, size: [video.videoWidth, video.videoHeight], dropped: droppedVideoFrames, total: totalVideoFrames, duration: video.duration };
});
if (screenshot) {
  await page.screenshot({ path: screenshot });
}
await browser.close();
server.close();

const warmup = Number(process.env.WARMUP ?? 2) * 1000;
const counted = report.samples.filter((sample) => sample.at >= warmup);
const tail = report.samples.slice(-6);
console.log(
  JSON.stringify({
    source,
    playing: tail.length > 1 && tail.at(-1).time - tail[0].time > 0.3,
    firstPictureMs: report.first === null ? null : Math.round(report.first - report.opened),
    advance: round((report.samples.at(-1)?.time ?? 0) - (report.samples[0]?.time ?? 0), 2),
    duration: report.duration,
    stalls: report.stalls,
    glass: { p50: percentile(counted.map(({ glass }) => glass), 50), p95: percentile(counted.map(({ glass }) => glass), 95) },
    latency: { p50: percentile(counted.map(({ latency }) => latency), 50) },
    parts: report.parts,
    segments: report.segments,
    details: report.details,
    levels: report.levels,
    size: report.size,
    frames: { dropped: report.dropped, total: report.total },
    errors: [...report.errors, ...seen.pageErrors],
    consoleErrors: seen.consoleErrors,
  }),
);
