// What the page around may ask of the player: PeerTube's methods, by their names.

import type { Player } from '../player/player';
import { RATES } from '../player/rates';
import { captions, showCaption } from './captions';
import type { Method } from './channel';
import { resolutions } from './resolutions';
import { CallError } from './wire';

/** The longest side of a picture handed out: a larger one is a large message. */
const MAX_PICTURE_PX = 1_920;

export function methods(player: Player): ReadonlyMap<string, Method> {
  const { video, qualities } = player;
  return new Map<string, Method>([
    // Nobody listens before the player is there.
    ['isReady', () => true],
    ['play', () => player.play()],
    ['pause', () => video.pause()],
    ['isPlaying', () => !video.paused],
    ['seek', (seconds) => player.seek(number(seconds, 0, Number.MAX_SAFE_INTEGER))],
    ['getCurrentTime', () => video.currentTime],
    ['setVolume', (volume) => player.setVolume(number(volume, 0, 1))],
    ['getVolume', () => video.volume],
    ['getResolutions', () => resolutions(qualities)],
    ['setResolution', (id) => qualities.choose(number(id, -1, qualities.list.length - 1))],
    ['getCaptions', () => captions(video)],
    ['setCaption', (id) => showCaption(video, id)],
    ['getPlaybackRates', () => RATES],
    ['getPlaybackRate', () => video.playbackRate],
    ['setPlaybackRate', (rate) => player.setRate(number(rate, Math.min(...RATES), Math.max(...RATES)))],
    ['getImageDataUrl', () => picture(video)],
    // One video is played here, not a playlist; PeerTube's embed answers the same way when it has none.
    ['playNextVideo', () => undefined],
    ['playPreviousVideo', () => undefined],
    ['getCurrentPosition', () => undefined],
    // Whoever sees this player needs no password any more.
    ['setVideoPassword', () => undefined],
  ]);
}

function number(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new CallError('invalid_params', `A number from ${min} to ${max} is expected`);
  }
  return value;
}

/** The picture shown, as PeerTube hands it out: a JPEG in a `data:` URL. */
function picture(video: HTMLVideoElement): string {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || videoHeight === 0) {
    throw new CallError('runtime_error', 'There is no picture yet');
  }
  const scale = Math.min(1, MAX_PICTURE_PX / Math.max(videoWidth, videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg');
}
