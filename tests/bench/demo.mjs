// Publishes a test pattern with a clock and a tone into a permanent live called "Demo" on a running server, until
// Ctrl-C: node demo.mjs [--url http://localhost:9000] [--user root] [--password PASSWORD]
//
// The password may also be in TRIBUTARY_ROOT_PASSWORD; if it is in neither place, it is asked for.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';

const NAME = 'Demo';

/** Ends the program with a sentence instead of a stack trace. */
function give(up) {
  console.error(`demo: ${up}`);
  process.exit(1);
}

function options() {
  try {
    return parseArgs({
      options: {
        url: { type: 'string', default: 'http://localhost:9000' },
        user: { type: 'string', default: 'root' },
        password: { type: 'string', default: process.env.TRIBUTARY_ROOT_PASSWORD },
      },
    }).values;
  } catch (error) {
    return give(`${error.message}\nusage: make demo ARGS="[--url URL] [--user NAME] [--password PASSWORD]"`);
  }
}

async function ask(question) {
  if (!process.stdin.isTTY) {
    give('which password? Set TRIBUTARY_ROOT_PASSWORD, or say make demo ARGS="--password …". `make run` printed it on the first start.');
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(question);
  lines.close();
  return answer;
}

const { url, user, password: given } = options();

/** One call of the REST API; gives back the answer's JSON. */
async function call(path, { token, form, json } = {}) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  let body;
  if (form) body = new URLSearchParams(form);
  if (json) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(json);
  }
  let response;
  try {
    response = await fetch(new URL(path, url), { method: body ? 'POST' : 'GET', headers, body });
  } catch {
    return give(`nobody answers at ${url}. Start the server with \`make run\`, or name another with --url.`);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    give(`${path}: ${response.status} ${answer.detail ?? answer.error ?? response.statusText}`);
  }
  return answer;
}

async function signIn() {
  const client = await call('/api/v1/oauth-clients/local');
  const password = given ?? (await ask(`Password of ${user} (shown by the first \`make run\`): `));
  const answer = await call('/api/v1/users/token', {
    form: { client_id: client.client_id, client_secret: client.client_secret, grant_type: 'password', username: user, password },
  });
  return answer.access_token;
}

/** The live to publish into: found by its name, or made. */
async function live(token) {
  const mine = await call('/api/v1/users/me/videos?isLive=true&count=100', { token });
  const found = mine.data.find((video) => video.name === NAME && video.isLive);
  if (found) {
    return found.uuid;
  }
  const me = await call('/api/v1/users/me', { token });
  const made = await call('/api/v1/videos/live', {
    token,
    json: {
      channelId: me.videoChannels[0].id,
      name: NAME,
      privacy: 1,
      permanentLive: true,
      saveReplay: true,
      replaySettings: { privacy: 1 },
    },
  });
  return made.video.uuid;
}

/** ffmpeg as a streamer would run it: a keyframe a second, no B-frames. */
function publish(address) {
  const clock = "drawtext=text='%{localtime\\:%X}':fontsize=72:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=16:x=(w-tw)/2:y=h-th-48";
  const encoder = spawn(
    'ffmpeg',
    [
      '-hide_banner', '-loglevel', 'error', '-nostdin',
      '-re', '-f', 'lavfi', '-i', `testsrc2=size=1280x720:rate=30,${clock}`,
      '-re', '-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=4:sample_rate=48000,volume=0.3',
      '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p',
      '-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '2500k', '-g', '30', '-keyint_min', '30', '-sc_threshold', '0',
      '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
      '-f', 'flv', address,
    ],
    // In a process group of its own: the terminal's Ctrl-C would reach it as well as ours, and two are a rude goodbye.
    { stdio: ['ignore', 'inherit', 'inherit'], detached: true },
  );
  encoder.on('error', (error) => give(`cannot run ffmpeg: ${error.message}`));
  return encoder;
}

const token = await signIn();
const uuid = await live(token);
const { streamKey, rtmpUrl } = await call(`/api/v1/videos/live/${uuid}`, { token });
const video = await call(`/api/v1/videos/${uuid}`, { token });
console.log(`watch: ${new URL(`/w/${video.shortUUID}`, url)}`);
console.log('Ctrl-C ends it; the replay stays on the channel.');

const encoder = publish(`${rtmpUrl}/${streamKey}`);
let ending = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    // ffmpeg says goodbye to the server, so that the replay is there at once; asked twice it would not.
    if (!ending) {
      encoder.kill('SIGINT');
    }
    ending = true;
  });
}
encoder.on('exit', (code, signal) => {
  if (!ending) {
    give(`the encoder ended (${signal ?? code}); was the live ended, or is another encoder publishing into it?`);
  }
  process.exit(0);
});
