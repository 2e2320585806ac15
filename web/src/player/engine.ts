// What plays a playlist in a <video>: hls.js where Media Source Extensions exist, else the browser itself (iPhone).

export interface Quality {
  id: string;
  width: number;
  height: number;
  bitrate: number;
  codec: string;
}

export interface Stats {
  engine: string;
  latencyTarget: number | null;
  partTarget: number | null;
  bandwidth: number | null;
  bytes: number;
  level: Quality | null;
  stalls: number;
}

export interface EngineEvents {
  /** Media can be shown. */
  ready(qualities: Quality[]): void;
  /** Gave up for now; `load` again later. `media` problems are the browser's, `network` ones may heal by themselves. */
  failed(why: 'network' | 'media' | 'unsupported', detail: string): void;
}

export interface Engine {
  load(url: string, startAt: number): void;
  /** Follow the live edge from now on. */
  goLive(): void;
  /** Seconds between live and the picture, glass to glass as far as the playlist's clock tells; null for a video. */
  behind(): number | null;
  following(): boolean;
  /** When the picture shown was made; null if the playlist does not say. */
  pictureTime(): Date | null;
  /** -1 chooses by itself. */
  choose(index: number): void;
  stats(): Stats;
  destroy(): void;
}

export interface EngineOptions {
  video: HTMLVideoElement;
  live: boolean;
  /** A file that browsers play by themselves. */
  plain: boolean;
  /** Of another server, which may keep sound and picture apart. */
  elsewhere: boolean;
  events: EngineEvents;
}

export async function createEngine(options: EngineOptions): Promise<Engine> {
  if (!options.plain && ('MediaSource' in window || 'ManagedMediaSource' in window)) {
    const [{ default: Hls }, { HlsEngine }] = await Promise.all([
      options.elsewhere ? import('hls.js') : import('hls.js/light'),
      import('./engine-hls'),
    ]);
    if (Hls.isSupported()) {
      return new HlsEngine(options, Hls);
    }
  }
  const { NativeEngine } = await import('./engine-native');
  return new NativeEngine(options);
}
