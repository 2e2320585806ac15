// The ten numbers beside the preview.

import { clock } from '../player/live-bar';
import { setText } from '../player/dom';
import type { Say } from '../text';
import { megabits, picture, seconds, type Health } from './health';

export function showNumbers(root: HTMLElement, health: Health, say: Say, locale: string): void {
  const number = new Intl.NumberFormat(locale);
  const values: Record<string, string> = {
    uptime: clock(health.uptimeMs / 1000),
    viewers: number.format(health.viewers),
    bitrate: health.bitrate ? megabits(health.bitrate, locale) : '–',
    picture: picture(health),
    keyframes: health.keyframeIntervalMs ? seconds(health.keyframeIntervalMs, locale) : '–',
    dropped: number.format(health.droppedFrames),
    late: `${number.format(Math.max(0, Math.round(health.lateMs ?? 0)))} ms`,
    codecs: [health.videoCodec, health.audioCodec].filter(Boolean).join(' + ') || '–',
    recording: recording(health.recording, say),
    encoder: [health.protocol, health.encoder].filter(Boolean).join(', ') || '–',
  };
  for (const [name, value] of Object.entries(values)) {
    const cell = root.querySelector(`[data-number="${name}"]`);
    if (cell) {
      setText(cell, value);
    }
  }
}

function recording(state: string, say: Say): string {
  return state === 'on' ? say('dash-recording-on') : state === 'off' ? say('dash-recording-off') : state;
}
