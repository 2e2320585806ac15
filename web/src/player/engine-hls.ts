// hls.js, with a pace of our own (see latency.ts).
//
// Its light build is enough for what is made here: audio and video are muxed, captions come as <track>. Other servers may keep
// audio apart, which takes the full build.

import type Hls from 'hls.js';
import type { ErrorData, HlsConfig, Level } from 'hls.js';
import workerUrl from 'hls.js/dist/hls.worker.js?url';
import type { Engine, EngineEvents, EngineOptions, Quality, Stats } from './engine';
import { Pace } from './latency';

/** How often the pace looks. A part lasts at least 200 ms. */
const PACE_MS = 100;
/** A seek that lands this close to the live edge is a wish to be live. */
const LIVE_ZONE_S = 3;
/** The viewer's clock is believed while it agrees with the playlist's edge this well. */
const CLOCK_TRUST_S = 3;
/** Two media errors within this time: recovering again will not help. */
const RECOVER_AGAIN_MS = 5_000;

/** A live survives a restart of its server: keep asking, ever slower, for a minute before giving up to the caller. */
const PATIENT = { maxNumRetry: 12, retryDelayMs: 500, maxRetryDelayMs: 4_000 };

function config(live: boolean, startAt: number): Partial<HlsConfig> {
  return {
    workerPath: workerUrl,
    lowLatencyMode: live,
    // The latency to hold is the server's PART-HOLD-BACK: setting liveSyncDuration would override it.
    liveSyncOnStallIncrease: 0.2,
    // 1 = hls.js leaves the playback rate to our pace.
    maxLiveSyncPlaybackRate: 1,
    // Infinity as duration makes the seekable range the window of the playlist: the rewind bar.
    liveDurationInfinity: true,
    // hls.js 1.7 forgets the parts of the segment being loaded whenever it trims the back buffer, and then waits for
    // them until they leave the playlist. So in a live nothing is trimmed: the browser does it by itself when full.
    backBufferLength: live ? Number.POSITIVE_INFINITY : 30,
    maxBufferLength: 30,
    startPosition: startAt > 0 ? startAt : -1,
    manifestLoadPolicy: {
      default: { maxTimeToFirstByteMs: 8_000, maxLoadTimeMs: 12_000, timeoutRetry: PATIENT, errorRetry: { ...PATIENT, maxNumRetry: 2 } },
    },
    playlistLoadPolicy: {
      // A blocking reload may be held for three target durations (RFC 8216bis 6.2.5.2).
      default: { maxTimeToFirstByteMs: 15_000, maxLoadTimeMs: 20_000, timeoutRetry: PATIENT, errorRetry: PATIENT },
    },
  };
}

export class HlsEngine implements Engine {
  readonly #video: HTMLVideoElement;
  readonly #live: boolean;
  readonly #events: EngineEvents;
  readonly #abort = new AbortController();
  readonly #pace = new Pace();
  readonly #build: typeof Hls;
  #hls: Hls | null = null;
  #timer = 0;
  #following = true;
  #ownSeek = false;
  #fedAtMs = Number.POSITIVE_INFINITY;
  #stalls = 0;
  #bytes = 0;
  #recoveredAt = Number.NEGATIVE_INFINITY;

  constructor({ video, live, events }: EngineOptions, build: typeof Hls) {
    this.#build = build;
    this.#video = video;
    this.#live = live;
    this.#events = events;
    const { signal } = this.#abort;
    if (live) {
      video.addEventListener('seeking', () => this.#onSeek(), { signal });
      video.addEventListener('pause', () => this.#onPause(), { signal });
      this.#timer = window.setInterval(() => this.#tick(), PACE_MS);
    }
  }

  load(url: string, startAt: number): void {
    this.#hls?.destroy();
    this.#pace.reset();
    this.#following = true;
    this.#fedAtMs = Number.POSITIVE_INFINITY;
    const hls = new this.#build(config(this.#live, startAt));
    this.#hls = hls;
    hls.on(this.#build.Events.MANIFEST_PARSED, (_, { levels }) => this.#events.ready(levels.map(quality)));
    hls.on(this.#build.Events.FRAG_BUFFERED, (_, { stats }) => (this.#bytes += stats.total));
    hls.on(this.#build.Events.ERROR, (_, data) => this.#onError(hls, data));
    hls.attachMedia(this.#video);
    hls.loadSource(url);
  }

  goLive(): void {
    this.#following = true;
    this.#pace.reset();
    this.#jump();
  }

  behind(): number | null {
    const hls = this.#hls;
    if (!this.#live || !hls?.latestLevelDetails) {
      return null;
    }
    const shown = this.pictureTime()?.getTime();
    const byClock = shown === undefined ? Number.NaN : (Date.now() - shown) / 1000;
    // A wrong clock on the viewer's side must not make a wrong sentence: then the distance to the edge has to do.
    return Math.abs(byClock - hls.latency) < CLOCK_TRUST_S ? byClock : hls.latency;
  }

  following(): boolean {
    return this.#following;
  }

  pictureTime(): Date | null {
    return this.#hls?.playingDate ?? null;
  }

  choose(index: number): void {
    if (this.#hls) {
      this.#hls.nextLevel = index;
    }
  }

  stats(): Stats {
    const hls = this.#hls;
    const details = hls?.latestLevelDetails ?? null;
    const level = hls && hls.currentLevel >= 0 ? hls.levels[hls.currentLevel] : undefined;
    return {
      engine: `hls.js ${this.#build.version}`,
      latencyTarget: this.#live && details ? this.#pace.target(holdBack(details)) : null,
      partTarget: details?.partTarget || null,
      bandwidth: hls?.bandwidthEstimate ?? null,
      bytes: this.#bytes,
      level: level ? quality(level, hls?.currentLevel ?? 0) : null,
      stalls: this.#stalls,
    };
  }

  destroy(): void {
    this.#abort.abort();
    window.clearInterval(this.#timer);
    this.#hls?.destroy();
    this.#hls = null;
  }

  #tick(): void {
    const hls = this.#hls;
    const details = hls?.latestLevelDetails;
    if (!hls || !details?.live || this.#video.paused || this.#video.seeking) {
      return;
    }
    const nowMs = performance.now();
    if (this.#video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) {
      this.#fedAtMs = nowMs;
    }
    const advice = this.#pace.advise({
      nowMs,
      starvedMs: nowMs - this.#fedAtMs,
      age: details.age,
      latency: details.edge + details.age - this.#video.currentTime,
      ahead: bufferedAhead(this.#video),
      holdBack: holdBack(details),
      grain: details.partTarget || details.targetduration,
      following: this.#following,
    });
    if (advice.do === 'jump') {
      this.#fedAtMs = nowMs;
      this.#jump();
    } else if (this.#following && this.#video.playbackRate !== advice.rate) {
      this.#video.playbackRate = advice.rate;
    }
  }

  #jump(): void {
    const position = this.#hls?.liveSyncPosition;
    if (position !== null && position !== undefined) {
      this.#ownSeek = true;
      this.#video.playbackRate = 1;
      this.#video.currentTime = position;
    }
  }

  #onSeek(): void {
    if (this.#ownSeek) {
      this.#ownSeek = false;
      return;
    }
    const position = this.#hls?.liveSyncPosition;
    this.#following = position === null || position === undefined || position - this.#video.currentTime < LIVE_ZONE_S;
    this.#video.playbackRate = 1;
  }

  #onPause(): void {
    // A pause is a wish to see what comes next; a pause at the end of the media is not a wish.
    if (!this.#video.ended) {
      this.#following = false;
      this.#video.playbackRate = 1;
    }
  }

  #onError(hls: Hls, data: ErrorData): void {
    if (data.details === this.#build.ErrorDetails.BUFFER_STALLED_ERROR) {
      this.#stalls += 1;
      this.#pace.stalled(performance.now());
    }
    if (!data.fatal) {
      return;
    }
    const detail = `${data.details} ${data.response?.code ?? ''}`.trim();
    if (data.type === this.#build.ErrorTypes.MEDIA_ERROR) {
      const now = performance.now();
      if (now - this.#recoveredAt > RECOVER_AGAIN_MS) {
        this.#recoveredAt = now;
        hls.recoverMediaError();
        return;
      }
      const incompatible = data.details === this.#build.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR;
      this.#events.failed(incompatible ? 'unsupported' : 'media', detail);
    } else {
      this.#events.failed('network', detail);
    }
  }
}

function quality(level: Level, index: number): Quality {
  return {
    id: String(index),
    width: level.width,
    height: level.height,
    bitrate: level.bitrate,
    codec: level.codecSet,
  };
}

interface HoldBack {
  partHoldBack: number;
  holdBack: number;
  targetduration: number;
}

/** RFC 8216bis 4.4.3.8: HOLD-BACK is three target durations when it is not said. */
function holdBack(details: HoldBack): number {
  return details.partHoldBack || details.holdBack || 3 * details.targetduration;
}

function bufferedAhead({ buffered, currentTime }: HTMLVideoElement): number {
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.start(i) <= currentTime + 0.1 && currentTime < buffered.end(i)) {
      return buffered.end(i) - currentTime;
    }
  }
  return 0;
}
