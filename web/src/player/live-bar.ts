// The live part of the bar: on air or back to live, how far behind in plain words, how many watch.

import type { Controls } from './controls';
import { setText } from './dom';
import type { Engine } from './engine';
import { offersLive, type Model } from './state';
import type { Say } from '../text';

export class LiveBar {
  readonly #controls: Controls;
  readonly #say: Say;
  readonly #locale: string;

  constructor(controls: Controls, say: Say, locale: string) {
    this.#controls = controls;
    this.#say = say;
    this.#locale = locale;
  }

  render(model: Model | null, engine: Engine | null, video: HTMLVideoElement): void {
    const { live, behind } = this.#controls;
    if (!model) {
      live.hidden = true;
      behind.hidden = true;
      return;
    }
    const offered = offersLive(model);
    live.hidden = model.source !== 'live' && !offered;
    const edge = model.source === 'live' && (engine?.following() ?? true) && !video.paused;
    live.toggleAttribute('data-edge', edge);
    const label = offered ? 'player-on-air-again' : edge ? 'player-on-air' : 'player-back-to-live';
    setText(live.lastElementChild ?? live, this.#say(label));
    const seconds = engine?.behind() ?? null;
    behind.hidden = model.source !== 'live' || seconds === null || video.currentTime === 0;
    if (seconds !== null) {
      setText(behind, this.#behindText(Math.max(0, seconds)));
    }
  }

  viewers(count: number): void {
    const { viewers } = this.#controls;
    viewers.hidden = count === 0;
    setText(viewers, this.#say('player-viewers', { count }));
  }

  #behindText(seconds: number): string {
    if (seconds < 60) {
      const digits = seconds < 10 ? 1 : 0;
      const format = new Intl.NumberFormat(this.#locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      return this.#say('player-behind', { seconds: format.format(seconds) });
    }
    return this.#say('player-behind-long', { time: clock(seconds) });
  }
}

/** 3:07, 1:02:03. */
export function clock(seconds: number): string {
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = String(Math.floor(seconds % 60)).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}
