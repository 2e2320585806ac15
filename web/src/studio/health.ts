// The server's measurements, and what they mean in a sentence. Pure.

import type { Phase } from '../player/data';
import type { Say } from '../text';

export interface Point {
  /** Unix time in milliseconds. */
  at: number;
  bitrate: number;
  fps: number;
  viewers: number;
}

export interface Advice {
  level: 'warn' | 'error';
  code: string;
  text: string;
}

export interface Health {
  state: Phase;
  onAirSince: string | null;
  graceEndsAt?: string | null;
  protocol: string | null;
  encoder: string | null;
  width: number | null;
  height: number | null;
  videoCodec: string | null;
  audioCodec: string | null;
  bitrate: number | null;
  fps: number | null;
  keyframeIntervalMs: number | null;
  lateMs: number | null;
  droppedFrames: number;
  viewers: number;
  uptimeMs: number;
  recording: string;
  advice: Advice[];
  lastError: string | null;
  /** One point a second; in the stream of events only the newest, after the first event. */
  history: Point[];
}

export type Level = 'ok' | 'warn' | 'error' | 'none';

export function level(health: Health): Level {
  if (health.state === 'interrupted' || health.advice.some((advice) => advice.level === 'error')) {
    return 'error';
  }
  if (health.advice.length > 0) {
    return 'warn';
  }
  return health.state === 'on-air' && health.bitrate ? 'ok' : 'none';
}

export function sentence(health: Health, say: Say, locale: string): string {
  if (health.state === 'interrupted') {
    const until = health.graceEndsAt ? new Date(health.graceEndsAt) : null;
    const time = until ? new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(until) : '';
    return time ? say('dash-interrupted-until', { time }) : say('dash-interrupted');
  }
  if (health.state !== 'on-air') {
    return say(health.state === 'ended' ? 'dash-ended-sentence' : 'dash-waiting-sentence');
  }
  const worst = health.advice.find((advice) => advice.level === 'error') ?? health.advice[0];
  if (worst) {
    return say(worst.level === 'error' ? 'dash-bad' : 'dash-attention');
  }
  if (!health.bitrate) {
    return say('dash-starting');
  }
  // In whole steps, so that a screen reader hears of changes and not of every second.
  const bitrate = megabits(health.bitrate, locale);
  if (!health.height) {
    return health.videoCodec ? say('dash-starting') : say('dash-good-audio', { bitrate });
  }
  if (!health.keyframeIntervalMs) {
    return say('dash-good-picture', { picture: picture(health), bitrate });
  }
  return say('dash-good', { picture: picture(health), bitrate, keyframes: seconds(health.keyframeIntervalMs, locale) });
}

/** "1080p60", as streamers say it. */
export function picture({ height, fps }: Health): string {
  return height ? `${height}p${fps ? Math.round(fps) : ''}` : '–';
}

export function megabits(bitsPerSecond: number, locale: string): string {
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  return `${number.format(bitsPerSecond / 1e6)} Mbit/s`;
}

export function seconds(ms: number, locale: string): string {
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(ms / 1000)} s`;
}
