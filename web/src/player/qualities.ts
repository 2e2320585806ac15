// Puts the engine's qualities where media-chrome's menu looks for them: the video element's renditions, a draft
// standard that `media-tracks` fills in.

import type { Quality } from './engine';

interface Rendition extends EventTarget {
  id: string;
}

interface RenditionTrack extends EventTarget {
  selected: boolean;
  addRendition(src: string, width?: number, height?: number, codec?: string, bitrate?: number, frameRate?: number): Rendition;
}

interface RenditionVideo extends HTMLVideoElement {
  addVideoTrack(kind: string, label?: string, language?: string): RenditionTrack;
  removeVideoTrack(track: RenditionTrack): void;
  videoRenditions: EventTarget & { selectedIndex: number };
}

export class QualityMenu {
  readonly #video: RenditionVideo;
  #track: RenditionTrack | null = null;
  #choose: (index: number) => void = () => {};

  constructor(video: HTMLVideoElement) {
    this.#video = video as RenditionVideo;
    this.#video.videoRenditions.addEventListener('change', () => this.#choose(this.#video.videoRenditions.selectedIndex));
  }

  set(qualities: Quality[], choose: (index: number) => void): void {
    this.clear();
    this.#choose = choose;
    const track = this.#video.addVideoTrack('main');
    track.selected = true;
    for (const { id, width, height, codec, bitrate } of qualities) {
      track.addRendition(id, width, height, codec, bitrate).id = id;
    }
    this.#track = track;
  }

  clear(): void {
    this.#choose = () => {};
    if (this.#track) {
      this.#video.removeVideoTrack(this.#track);
      this.#track = null;
    }
  }
}
