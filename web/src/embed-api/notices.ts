// What the page around is told without asking.

import type { Player } from '../player/player';
import type { Channel } from './channel';
import { resolutions } from './resolutions';

const STATUS_MS = 500;

type PlaybackState = 'unstarted' | 'playing' | 'paused' | 'ended';

export function tell(channel: Channel, player: Player): void {
  const { video, qualities } = player;
  let state: PlaybackState = 'unstarted';
  const status = (): void => {
    channel.notify('playbackStatusUpdate', { position: video.currentTime, volume: video.volume, duration: duration(video), playbackState: state });
  };
  const change = (to: PlaybackState): void => {
    state = to;
    channel.notify('playbackStatusChange', to);
    status();
  };
  video.addEventListener('play', () => {
    change('playing');
    channel.notify('play', undefined);
  });
  video.addEventListener('pause', () => {
    // What comes to its end pauses first.
    if (!video.ended) {
      change('paused');
      channel.notify('pause', undefined);
    }
  });
  video.addEventListener('ended', () => change('ended'));
  video.addEventListener('seeked', status);
  video.addEventListener('volumechange', () => channel.notify('volumeChange', video.volume));
  qualities.addEventListener('change', () => channel.notify('resolutionUpdate', resolutions(qualities)));
  window.setInterval(() => {
    if (state === 'playing') {
      status();
    }
  }, STATUS_MS);
  status();
}

/** Of a live: what there is so far, because JSON has no infinity. */
function duration({ duration: whole, seekable }: HTMLVideoElement): number {
  if (Number.isFinite(whole)) {
    return whole;
  }
  return seekable.length > 0 ? seekable.end(seekable.length - 1) : 0;
}
