// The player: one <video>, one engine at a time, and what the viewer is told. Lives and videos are the same player,
// because a live becomes a video in place when it ends.

import { actions } from './actions';
import { buildControls, loadLanguage, type Controls } from './controls';
import type { LiveState, PlayerData } from './data';
import { el } from './dom';
import { createEngine, type Engine } from './engine';
import { EventLink } from './events';
import { listen } from './keys';
import { LiveBar } from './live-bar';
import { readPrefs, writePrefs } from './prefs';
import { QualityMenu } from './qualities';
import { fetchReplay, type ReplayVideo } from './replay';
import { SlateView } from './slates';
import * as states from './state';
import { StatsPanel } from './stats';
import { speaker } from '../text';
import { countViews } from './views';

/** Farther from the end of what there is than this when a live ends, the viewer is rewound and goes on in the replay at the same moment. */
const REWOUND_S = 15;
/** Time to show the last pictures of a session before its replay takes their place. */
const DRAIN_MS = 2_500;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 10_000;
const BEHIND_TEXT_MS = 500;

interface Start {
  /** Names the source and the session: a new name is a new start. */
  what: string;
  url: string;
  plain?: boolean;
  live: boolean;
  at: number;
  play: boolean;
}

export class Player {
  readonly #root: HTMLElement;
  readonly #data: PlayerData;
  readonly #video: HTMLVideoElement;
  readonly #controls: Controls;
  readonly #slate: SlateView;
  readonly #bar: LiveBar;
  readonly #qualities: QualityMenu;
  #engine: Engine | null = null;
  #loaded = 'nothing';
  #model: states.Model | null = null;
  #replay: ReplayVideo | null = null;
  /** An embed loads nothing until its viewer asks. */
  #wanted: boolean;
  /** The page around asked to play: with sound, if the browser lets it. */
  #asked = false;
  /** The speed of what is recorded. */
  #rate = readPrefs().rate;
  #problem = false;
  #retryMs = RETRY_FIRST_MS;
  #retryTimer = 0;
  #retry: (() => void) | null = null;
  #drainTimer = 0;

  static async mount(root: HTMLElement, data: PlayerData): Promise<Player> {
    await loadLanguage(data.locale);
    return new Player(root, data);
  }

  private constructor(root: HTMLElement, data: PlayerData) {
    const say = speaker(data.strings, data.locale);
    this.#root = root;
    this.#data = data;
    this.#wanted = !data.embed || data.autoplay;
    this.#video = createVideo(data);
    this.#controls = buildControls(data, this.#video, root.querySelector('.still'), say);
    this.#slate = new SlateView(say);
    this.#bar = new LiveBar(this.#controls, say, data.locale);
    this.#qualities = new QualityMenu(this.#video);
    const stats = new StatsPanel(this.#video, say, () => this.#engine);
    this.#controls.controller.append(this.#slate.element, stats.element);
    this.#controls.setKind(data.kind === 'live');
    root.replaceChildren(this.#controls.controller);
    this.#wire();
    if (!data.preview && !data.bare) {
      listen(root, actions(this.#video, this.#controls.controller, () => this.#engine, () => stats.toggle()));
    }
    if (!data.preview) {
      countViews(this.#video, () => this.#replay?.viewsUrl ?? data.viewsUrl, data.viewsIntervalMs);
    }
    if (data.live) {
      this.#model = states.initial(data.live);
    }
    if (data.events) {
      new EventLink(data.events, {
        state: (state) => this.#onState(state),
        viewers: (count) => this.#onViewers(count),
        link: (up) => this.#apply({ is: 'link', up }),
      });
    }
    this.#follow();
  }

  /** For the browser tests. */
  get report(): { state: string; slate: string; behind: number | null; stalls: number; engine: string } {
    const stats = this.#engine?.stats();
    return {
      state: this.#model ? `${this.#model.source}/${this.#model.phase}` : 'video',
      slate: this.#problem ? 'problem' : this.#model ? states.slate(this.#model) : 'none',
      behind: this.#engine?.behind() ?? null,
      stalls: stats?.stalls ?? 0,
      engine: stats?.engine ?? 'none',
    };
  }

  get video(): HTMLVideoElement {
    return this.#video;
  }

  get controller(): HTMLElement {
    return this.#controls.controller;
  }

  get qualities(): QualityMenu {
    return this.#qualities;
  }

  /** Asked for by the page around: whether with sound is between that page and the browser. */
  play(): void {
    this.#asked = true;
    this.#want();
    void this.#attempt();
  }

  /** Before anything is loaded: where to begin. */
  seek(seconds: number): void {
    if (this.#wanted) {
      this.#video.currentTime = seconds;
    } else {
      this.#data.startAt = seconds;
    }
  }

  /** A live has none: its speed keeps it at its edge. */
  setRate(rate: number): void {
    this.#rate = rate;
    if (this.#engine?.behind() === null) {
      this.#video.playbackRate = rate;
    }
  }

  /** Who sets the volume wants to hear it, as far as the browser allows. */
  setVolume(volume: number): void {
    const video = this.#video;
    const played = !video.paused;
    video.volume = volume;
    video.muted = volume === 0;
    if (played && video.paused) {
      // Browsers stop what was started silently and becomes audible without its viewer.
      video.muted = true;
      void this.#attempt();
    }
  }

  #wire(): void {
    const { controller, live, sound } = this.#controls;
    const video = this.#video;
    live.addEventListener('click', () => this.#backToLive());
    sound.addEventListener('click', () => (video.muted = false));
    // After a click with the mouse the space bar is for play and pause again.
    controller.addEventListener('click', ({ detail, target }) => {
      if (detail > 0 && target instanceof HTMLButtonElement) {
        target.blur();
      }
    });
    controller.addEventListener('mediaplayrequest', () => this.#want(), { capture: true });
    video.addEventListener('volumechange', () => this.#onVolume());
    const moving = (): void => this.#apply({ is: 'moving', moving: true });
    video.addEventListener('playing', moving);
    video.addEventListener('timeupdate', () => {
      if (this.#model?.moving === false && !video.paused && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) {
        moving();
      }
    });
    video.addEventListener('waiting', () => this.#apply({ is: 'moving', moving: false }));
    video.addEventListener('ended', () => this.#apply({ is: 'drained' }));
    window.addEventListener('online', () => this.#retryNow());
    window.addEventListener('offline', () => this.#render());
    window.setInterval(() => this.#bar.render(this.#model, this.#engine, video), BEHIND_TEXT_MS);
  }

  #onState(state: LiveState): void {
    if (state.playlist) {
      this.#data.playlist = state.playlist;
    }
    this.#root.dispatchEvent(new CustomEvent('tributary:state', { bubbles: true, detail: state }));
    this.#apply({ is: 'state', state });
    const model = this.#model;
    if (model && states.over(model.phase) && model.source === 'live') {
      window.clearTimeout(this.#drainTimer);
      this.#drainTimer = window.setTimeout(() => this.#apply({ is: 'drained' }), this.#rewound() ? 0 : DRAIN_MS);
    }
  }

  #onViewers(count: number): void {
    this.#bar.viewers(count);
    this.#root.dispatchEvent(new CustomEvent('tributary:viewers', { bubbles: true, detail: count }));
  }

  #apply(input: states.Input): void {
    if (this.#model) {
      this.#model = states.step(this.#model, input);
      this.#follow();
    }
  }

  /** Makes the engine play what the model says. */
  #follow(): void {
    const { playlist, plain, autoplay, startAt } = this.#data;
    const model = this.#model;
    if (!this.#wanted) {
      // The poster and the play button say enough.
    } else if (!model) {
      this.#ensure({ what: 'video', url: playlist, plain, live: false, at: startAt, play: autoplay });
    } else if (model.source === 'none') {
      this.#stop();
    } else if (model.source === 'live') {
      this.#replay = null;
      this.#ensure({ what: `live ${model.session ?? ''}`, url: playlist, live: true, at: 0, play: true });
    } else if (model.replay && this.#loaded !== model.replay) {
      void this.#toReplay(model, model.replay);
    }
    this.#render();
  }

  async #toReplay(model: states.Model, path: string): Promise<void> {
    // Where the viewer was, on the streamer's clock; the live's own time line ends with it.
    const shown = this.#engine?.pictureTime()?.getTime() ?? Number.NaN;
    const began = Date.parse(model.onAirSince ?? '');
    const goOn = this.#rewound() && !this.#video.paused;
    this.#loaded = path;
    const replay = await fetchReplay(path);
    if (!replay) {
      this.#loaded = 'nothing';
      this.#retryLater(() => this.#follow());
      return;
    }
    this.#replay = replay;
    this.#loaded = 'nothing';
    const at = goOn && began < shown ? Math.min((shown - began) / 1000, replay.duration) : 0;
    this.#ensure({ what: path, url: replay.playlist, live: false, at, play: goOn });
  }

  #ensure(start: Start): void {
    if (this.#loaded !== start.what) {
      this.#stop();
      this.#loaded = start.what;
      void this.#start(start);
    }
  }

  async #start({ what, url, plain = false, live, at, play }: Start): Promise<void> {
    this.#controls.setKind(live);
    if (!live && !play && !this.#controls.sound.hidden) {
      // Silent only because a live starts by itself: what waits for its viewer starts with sound.
      this.#video.muted = readPrefs().muted;
      this.#controls.sound.hidden = true;
    }
    const engine = await createEngine({
      video: this.#video,
      live,
      plain,
      elsewhere: URL.canParse(url),
      events: {
        ready: (qualities) => {
          this.#retryMs = RETRY_FIRST_MS;
          this.#qualities.set(qualities, (index) => this.#engine?.choose(index));
          if (play) {
            void this.#play();
          }
        },
        failed: (why, detail) => this.#onFailed(why, detail, () => engine.load(url, live ? 0 : this.#video.currentTime || at)),
      },
    });
    if (this.#loaded !== what) {
      engine.destroy();
      return;
    }
    this.#engine = engine;
    // Loading sets the speed to the default one.
    this.#video.defaultPlaybackRate = live ? 1 : this.#rate;
    engine.load(url, at);
  }

  #stop(): void {
    window.clearTimeout(this.#retryTimer);
    window.clearTimeout(this.#drainTimer);
    this.#retry = null;
    this.#problem = false;
    this.#loaded = 'nothing';
    this.#engine?.destroy();
    this.#engine = null;
    this.#qualities.clear();
  }

  #want(): void {
    if (!this.#wanted) {
      this.#wanted = true;
      this.#follow();
    }
  }

  async #play(): Promise<void> {
    const video = this.#video;
    // Sound never starts by itself: only after the viewer has touched this page.
    if (!this.#asked && !navigator.userActivation?.hasBeenActive && !video.muted) {
      video.muted = true;
      this.#controls.sound.hidden = this.#data.preview;
    }
    await this.#attempt();
  }

  async #attempt(): Promise<void> {
    const video = this.#video;
    try {
      await video.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError' && !video.muted) {
        video.muted = true;
        this.#controls.sound.hidden = this.#data.preview;
        await video.play().catch(() => {
          // Not even muted: the big play button waits for its viewer.
        });
      }
    }
  }

  #onFailed(why: 'network' | 'media' | 'unsupported', detail: string, again: () => void): void {
    console.warn(`player: ${why}: ${detail}`);
    if (why === 'network') {
      this.#apply({ is: 'failed', failed: true });
      this.#retryLater(again);
    } else {
      this.#problem = true;
      this.#slate.problem(why, () => {
        this.#problem = false;
        this.#slate.show('none');
        again();
      });
    }
  }

  #retryLater(again: () => void): void {
    window.clearTimeout(this.#retryTimer);
    this.#retry = again;
    this.#retryTimer = window.setTimeout(() => this.#retryNow(), this.#retryMs * (0.75 + Math.random() / 2));
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
  }

  #retryNow(): void {
    window.clearTimeout(this.#retryTimer);
    const again = this.#retry;
    this.#retry = null;
    again?.();
    this.#render();
  }

  #backToLive(): void {
    if (this.#model && states.offersLive(this.#model)) {
      this.#apply({ is: 'join' });
    } else {
      this.#engine?.goLive();
      void this.#video.play().catch(() => {
        // Refused or interrupted by a new load: the play button shows it.
      });
    }
  }

  #rewound(): boolean {
    // By media, not by the clock: who waited out an interruption at the end of what there was has not rewound.
    const { seekable, currentTime } = this.#video;
    const edge = seekable.length > 0 ? seekable.end(seekable.length - 1) : currentTime;
    return this.#loaded.startsWith('live') && edge - currentTime > REWOUND_S;
  }

  #render(): void {
    const model = this.#model;
    if (this.#problem) {
      return;
    }
    if (model) {
      const slate = this.#wanted ? states.slate(model) : 'none';
      this.#slate.show(slate);
      this.#controls.controller.dataset['source'] = model.source;
      this.#controls.note.hidden = model.source !== 'replay' || this.#data.live?.state === 'ended';
      // Not asked yet: a play button, and nothing that suggests more.
      this.#controls.controller.toggleAttribute('data-idle', !this.#wanted);
      this.#controls.controller.toggleAttribute('data-starting', this.#wanted && slate === 'starting');
      this.#controls.controller.toggleAttribute('data-slate', slate !== 'none' && slate !== 'starting');
    }
    this.#bar.render(model, this.#engine, this.#video);
  }

  #onVolume(): void {
    const video = this.#video;
    const { sound } = this.#controls;
    if (!video.muted) {
      sound.hidden = true;
    }
    // Muted because nothing starts with sound is not the viewer's wish.
    if (navigator.userActivation?.hasBeenActive && !this.#data.preview) {
      writePrefs({ ...readPrefs(), volume: video.volume, muted: video.muted && sound.hidden });
    }
  }
}

function createVideo(data: PlayerData): HTMLVideoElement {
  const video = el('video', { slot: 'media', playsinline: true, preload: 'auto' });
  for (const { src, lang, label } of data.captions) {
    video.append(el('track', { kind: 'subtitles', src, srclang: lang, label }));
  }
  const prefs = readPrefs();
  video.volume = prefs.volume;
  video.muted = prefs.muted || data.muted;
  return video;
}
