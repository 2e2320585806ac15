// The statistics panel (key `i`): for the curious and for bug reports, never in the picture by itself.

import { el, setText } from './dom';
import type { Engine } from './engine';
import type { Say } from '../text';

const REFRESH_MS = 500;

export class StatsPanel {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #say: Say;
  readonly #engine: () => Engine | null;
  readonly #rows = new Map<string, { row: HTMLElement; value: HTMLElement }>();
  #timer = 0;

  constructor(video: HTMLVideoElement, say: Say, engine: () => Engine | null) {
    this.#video = video;
    this.#say = say;
    this.#engine = engine;
    this.#list = el('dl');
    const close = el('button', { type: 'button', class: 'tp-stats-close', 'aria-label': say('player-close') }, '×');
    close.addEventListener('click', () => this.toggle());
    this.element = el('section', { class: 'tp-stats', slot: 'top-chrome', noautohide: true, hidden: true, 'aria-label': say('player-stats') }, close, this.#list);
  }

  toggle(): void {
    this.element.hidden = !this.element.hidden;
    window.clearInterval(this.#timer);
    if (!this.element.hidden) {
      this.#refresh();
      this.#timer = window.setInterval(() => this.#refresh(), REFRESH_MS);
    }
  }

  destroy(): void {
    window.clearInterval(this.#timer);
  }

  #refresh(): void {
    const video = this.#video;
    const stats = this.#engine()?.stats();
    const quality = video.getVideoPlaybackQuality();
    const behind = this.#engine()?.behind();
    this.#row('player-stats-picture', `${video.videoWidth}×${video.videoHeight}`);
    this.#row('player-stats-frames', `${quality.droppedVideoFrames} / ${quality.totalVideoFrames}`);
    this.#row('player-stats-buffer', seconds(bufferEnd(video) - video.currentTime));
    this.#row('player-stats-latency', behind === null || behind === undefined ? null : `${seconds(behind)} (${seconds(stats?.latencyTarget ?? 0)})`);
    this.#row('player-stats-speed', `${video.playbackRate.toFixed(2)}×`);
    this.#row('player-stats-bitrate', stats?.level?.bitrate ? `${megabits(stats.level.bitrate)}` : null);
    this.#row('player-stats-network', stats?.bandwidth ? megabits(stats.bandwidth) : null);
    this.#row('player-stats-received', stats?.bytes ? `${(stats.bytes / 1e6).toFixed(1)} MB` : null);
    this.#row('player-stats-part', stats?.partTarget ? seconds(stats.partTarget) : null);
    this.#row('player-stats-stalls', String(stats?.stalls ?? 0));
    this.#row('player-stats-codec', stats?.level?.codec || null);
    this.#row('player-stats-engine', stats?.engine ?? null);
  }

  #row(key: string, text: string | null): void {
    let entry = this.#rows.get(key);
    if (!entry) {
      const value = el('dd');
      const row = el('div', {}, el('dt', {}, this.#say(key)), value);
      entry = { row, value };
      this.#rows.set(key, entry);
      this.#list.append(row);
    }
    entry.row.hidden = text === null;
    setText(entry.value, text ?? '');
  }
}

function bufferEnd({ buffered, currentTime }: HTMLVideoElement): number {
  return buffered.length > 0 ? buffered.end(buffered.length - 1) : currentTime;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function megabits(bitsPerSecond: number): string {
  return `${(bitsPerSecond / 1e6).toFixed(2)} Mbit/s`;
}
