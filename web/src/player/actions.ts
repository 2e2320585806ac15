// What the keys do.

import type { Engine } from './engine';
import type { KeyActions } from './keys';
import { readPrefs, writePrefs } from './prefs';
import { RATES } from './rates';

export function actions(
  video: HTMLVideoElement,
  controller: HTMLElement,
  engine: () => Engine | null,
  toggleStats: () => void,
): KeyActions {
  const live = (): boolean => engine()?.behind() != null;
  const range = (): [number, number] => {
    const { seekable } = video;
    return seekable.length > 0 ? [seekable.start(0), seekable.end(seekable.length - 1)] : [0, 0];
  };
  const seek = (to: number): void => {
    const [start, end] = range();
    if (live() && to >= end - 1) {
      engine()?.goLive();
    } else {
      video.currentTime = Math.min(Math.max(to, start), end);
    }
  };
  return {
    togglePlay: () => {
      if (video.paused) {
        controller.dispatchEvent(new CustomEvent('mediaplayrequest', { composed: true, bubbles: true }));
      } else {
        video.pause();
      }
    },
    seekBy: (seconds) => seek(video.currentTime + seconds),
    seekTo: (fraction) => {
      const [start, end] = range();
      seek(start + (end - start) * fraction);
    },
    volumeBy: (change) => {
      video.volume = Math.min(1, Math.max(0, Math.round((video.volume + change) * 100) / 100));
      video.muted = video.volume === 0;
    },
    toggleMute: () => {
      video.muted = !video.muted;
    },
    toggleFullscreen: () => {
      const name = document.fullscreenElement ? 'mediaexitfullscreenrequest' : 'mediaenterfullscreenrequest';
      controller.dispatchEvent(new CustomEvent(name, { composed: true, bubbles: true }));
    },
    toggleCaptions: () => {
      const track = [...video.textTracks].find(({ kind }) => kind === 'subtitles' || kind === 'captions');
      if (track) {
        track.mode = track.mode === 'showing' ? 'disabled' : 'showing';
      }
    },
    rateBy: (steps) => {
      // At the live edge the speed belongs to the pace.
      if (!live()) {
        const nearest = RATES.findIndex((rate) => rate >= video.playbackRate);
        video.playbackRate = RATES[Math.min(RATES.length - 1, Math.max(0, nearest + steps))] ?? 1;
        writePrefs({ ...readPrefs(), rate: video.playbackRate });
      }
    },
    toggleStats,
  };
}
