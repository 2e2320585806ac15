// The browser's own player: for Safari on iPhone, which speaks Low-Latency HLS itself, and for plain files.

import type { Engine, EngineEvents, EngineOptions, Stats } from './engine';

/** Farther from the end of the seekable range than this, the viewer has rewound. */
const LIVE_ZONE_S = 6;

interface DatedVideo extends HTMLVideoElement {
  /** WebKit: the date of media time zero, from EXT-X-PROGRAM-DATE-TIME. */
  getStartDate?(): Date;
}

export class NativeEngine implements Engine {
  readonly #video: DatedVideo;
  readonly #live: boolean;
  readonly #plain: boolean;
  readonly #events: EngineEvents;
  readonly #abort = new AbortController();
  #stalls = 0;

  constructor({ video, live, plain, events }: EngineOptions) {
    this.#video = video;
    this.#live = live;
    this.#plain = plain;
    this.#events = events;
    const { signal } = this.#abort;
    video.addEventListener('loadedmetadata', () => events.ready([]), { signal });
    video.addEventListener('waiting', () => (this.#stalls += 1), { signal });
    video.addEventListener('error', () => this.#onError(), { signal });
  }

  load(url: string, startAt: number): void {
    if (!this.#plain && !this.#video.canPlayType('application/vnd.apple.mpegurl')) {
      this.#events.failed('unsupported', 'no HLS');
      return;
    }
    this.#video.src = url;
    if (startAt > 0) {
      this.#video.addEventListener('loadedmetadata', () => (this.#video.currentTime = startAt), { once: true });
    }
  }

  goLive(): void {
    const { seekable } = this.#video;
    if (seekable.length > 0) {
      this.#video.currentTime = seekable.end(seekable.length - 1);
    }
  }

  behind(): number | null {
    const shown = this.pictureTime();
    return this.#live && shown ? (Date.now() - shown.getTime()) / 1000 : null;
  }

  following(): boolean {
    const { seekable, currentTime } = this.#video;
    return seekable.length === 0 || seekable.end(seekable.length - 1) - currentTime < LIVE_ZONE_S;
  }

  pictureTime(): Date | null {
    const start = this.#video.getStartDate?.().getTime() ?? Number.NaN;
    return Number.isNaN(start) ? null : new Date(start + this.#video.currentTime * 1000);
  }

  choose(): void {
    // The system chooses.
  }

  stats(): Stats {
    const { videoWidth: width, videoHeight: height } = this.#video;
    return {
      engine: 'HLS (system)',
      latencyTarget: null,
      partTarget: null,
      bandwidth: null,
      bytes: 0,
      level: { id: '0', width, height, bitrate: 0, codec: '' },
      stalls: this.#stalls,
    };
  }

  destroy(): void {
    this.#abort.abort();
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  #onError(): void {
    const error = this.#video.error;
    const network = error?.code === MediaError.MEDIA_ERR_NETWORK || error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    this.#events.failed(network ? 'network' : 'media', error?.message ?? '');
  }
}
