// The captions, as PeerTube's clients know them: an id, where they are, what they are called, whether they show.

import { CallError } from './wire';

interface Caption {
  id: string;
  src: string;
  label: string;
  mode: TextTrackMode;
}

/** The language is the id: there is one track for each. */
export function captions(video: HTMLVideoElement): Caption[] {
  return [...video.querySelectorAll('track')].map(({ srclang, src, label, track }) => ({ id: srclang, src, label, mode: track.mode }));
}

/** Shows these captions and no others; no id shows none. */
export function showCaption(video: HTMLVideoElement, id: unknown): void {
  const tracks = [...video.querySelectorAll('track')];
  const none = id === null || id === undefined || id === '';
  if (!none && !tracks.some(({ srclang }) => srclang === id)) {
    throw new CallError('invalid_params', 'There are no such captions');
  }
  for (const { srclang, track } of tracks) {
    track.mode = srclang === id ? 'showing' : 'disabled';
  }
}
