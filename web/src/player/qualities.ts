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

/** Says `change` when there are others, and when another is chosen. */
export class QualityMenu extends EventTarget {
  readonly #video: RenditionVideo;
  #list: Quality[] = [];
  #track: RenditionTrack | null = null;
  #choose: (index: number) => void = () => {};

  constructor(video: HTMLVideoElement) {
    super();
    this.#video = video as RenditionVideo;
    this.#video.videoRenditions.addEventListener('change', () => {
      this.#choose(this.chosen);
      this.dispatchEvent(new Event('change'));
    });
  }

  get list(): readonly Quality[] {
    return this.#list;
  }

  /** -1: the engine chooses. */
  get chosen(): number {
    return this.#video.videoRenditions.selectedIndex;
  }

  choose(index: number): void {
    this.#video.videoRenditions.selectedIndex = index;
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
    this.#list = qualities;
    this.dispatchEvent(new Event('change'));
  }

  clear(): void {
    this.#choose = () => {};
    this.#list = [];
    if (this.#track) {
      this.#video.removeVideoTrack(this.#track);
      this.#track = null;
    }
  }
}
