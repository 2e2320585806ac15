// Drives an embed with PeerTube's own client, @peertube/embed-api, from a page of another origin, as other people's pages do.
//
// usage: node embed-api.mjs EMBED_URL [SCREENSHOT.png]      the address without a query
//
// One line of JSON:
//   answers       what the methods answered, by name
//   notices       what the embed said by itself: how often, by name
//   played        seconds of media while it played for three
//   paused        seconds of media while it was paused for one
//   hostile       what hostile messages were answered with: only the last of them has an answer
//   errors        exceptions and console errors on both pages
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { launch, resolve, round, usage, watchPage } from './lib.mjs';

const [url, screenshot] = process.argv.slice(2);
if (!url) {
  usage('embed-api.mjs EMBED_URL [SCREENSHOT.png]');
}
const client = fs.readFileSync(path.join(path.dirname(resolve('@peertube/embed-api/package.json')), 'build/player.min.js'));
const page = (frame) => `<!doctype html><title>Somebody's page</title><body style="margin:0">
<iframe src="${frame}" width="960" height="540" style="border:0" allow="autoplay; fullscreen"></iframe><script src="/client.js"></script>`;
const server = http.createServer((request, response) => {
  const isClient = request.url === '/client.js';
  response.setHeader('content-type', isClient ? 'text/javascript' : 'text/html');
  response.end(isClient ? client : page(`${url}?api=1&scope=here`));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const here = `http://127.0.0.1:${server.address().port}/`;

const browser = await launch();
const tab = await browser.newPage({ viewport: { width: 960, height: 540 }, ignoreHTTPSErrors: true });
const seen = watchPage(tab, url);
await tab.goto(here);
const report = await tab.evaluate(async (pageOrigin) => {
  const { PeerTubePlayer } = globalThis;
  const frame = document.querySelector('iframe');
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const notices = {};
  const answers = {};
  const player = new PeerTubePlayer(frame, 'here');
  for (const name of ['play', 'pause', 'playbackStatusUpdate', 'playbackStatusChange', 'resolutionUpdate', 'volumeChange']) {
    player.addEventListener(name, (said) => (notices[name] = [...(notices[name] ?? []), said]));
  }
  const status = () => notices.playbackStatusUpdate?.at(-1) ?? {};
  const until = async (what, holds) => {
    const end = performance.now() + 20_000;
    while (!holds()) {
      if (performance.now() > end) {
        throw new Error(`never: ${what}; ${JSON.stringify({ answers, notices })}`);
      }
      await sleep(20);
    }
  };
  await player.ready;
  answers.before = { playing: await player.isPlaying(), resolutions: await player.getResolutions() };

  await player.play();
  await until('plays', () => status().playbackState === 'playing' && status().position > 0.2);
  const from = await player.getCurrentTime();
  const updates = notices.playbackStatusUpdate.length;
  await sleep(3_000);
  const played = (await player.getCurrentTime()) - from;
  answers.updatesIn3s = notices.playbackStatusUpdate.length - updates;
  answers.isPlaying = await player.isPlaying();
  answers.resolutions = await player.getResolutions();
  answers.picture = (await player.getImageDataUrl()).slice(0, 23);

  await player.pause();
  await until('pauses', () => status().playbackState === 'paused');
  const at = await player.getCurrentTime();
  await sleep(1_000);
  const paused = (await player.getCurrentTime()) - at;

  await player.setVolume(0.4);
  await until('volume', () => notices.volumeChange?.at(-1) === 0.4);
  answers.volume = await player.getVolume();
  await player.seek(2);
  await until('seeks', () => Math.abs(status().position - 2) < 0.3);
  answers.position = await player.getCurrentTime();
  await player.setResolution(0);
  answers.chosen = (await player.getResolutions()).find(({ active }) => active)?.id;
  await player.setResolution(-1);
  answers.rates = await player.getPlaybackRates();
  await player.setPlaybackRate(1.5);
  answers.rate = await player.getPlaybackRate();
  answers.captions = await player.getCaptions();
  answers.list = [await player.getCurrentPosition(), await player.playNextVideo(), await player.playPreviousVideo(), await player.setVideoPassword('none')].length;
  const refused = (asked) => asked.then(() => 'done', (error) => error);
  answers.refused = {
    volume: await refused(player.setVolume(2)),
    seek: await refused(player.seek('x')),
    resolution: await refused(player.setResolution(99)),
    rate: await refused(player.setPlaybackRate(1_000)),
    caption: await refused(player.setCaption('xx')),
    unknown: await refused(player.sendMessage('constructor')),
  };

  const hostile = [];
  const origin = new URL(frame.src).origin;
  window.addEventListener('message', ({ data, origin: from }) => {
    const message = JSON.parse(data);
    if (message.id === undefined || message.id < 0) {
      hostile.push({ ...message, from });
    }
  });
  // What the client above does not understand it ignores; so does the embed.
  const say = (message) => frame.contentWindow.postMessage(message, origin);
  const call = (id, method, params) => JSON.stringify({ id, method: `here::${method}`, params });
  for (const message of ['', '{', 'null', '[]', '1', '{"method":1}', { method: 'here::play', id: -1 }, null, 7, new ArrayBuffer(8), '[' .repeat(4_000)]) {
    say(message);
  }
  say(call(-2, 'setVideoPassword', 'x'.repeat(5_000)));
  say(JSON.stringify({ id: -3, method: 'elsewhere::play' }));
  say(JSON.stringify({ id: { toString: 1 }, method: 'here::getVolume' }));
  say(JSON.stringify({ method: 'here::nothing' }));
  say(call(-4, '__proto__'));
  await until('an answer', () => hostile.some(({ id }) => id === -4));
  await player.play();
  await until('plays again', () => status().playbackState === 'playing');
  return { pageOrigin, answers, notices: Object.fromEntries(Object.entries(notices).map(([name, all]) => [name, all.length])), changes: notices.playbackStatusChange, played, paused, hostile: hostile.filter(({ id }) => id !== undefined) };
}, here).catch((error) => ({ failure: String(error) }));
if (screenshot) {
  await tab.screenshot({ path: screenshot });
}
await browser.close();
server.close();

const errors = [...seen.pageErrors, ...seen.consoleErrors].concat(report.failure ?? []);
console.log(JSON.stringify({ ...report, played: round(report.played), paused: round(report.paused), errors }));
