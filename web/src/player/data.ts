// What the server tells a page about its video: the JSON in `<script type="application/json">` beside the player.

export type Phase = 'waiting' | 'on-air' | 'interrupted' | 'ended';

/** Data of the server-sent event `state`. */
export interface LiveState {
  state: Phase;
  since: string | null;
  session: number | null;
  /** Page of the replay this session left, as `/w/SHORT`. */
  replay: string | null;
  graceEndsAt: string | null;
  /** Where a live of another server is watched, while it is on air. */
  playlist?: string;
}

export interface Caption {
  src: string;
  lang: string;
  label: string;
}

export interface PlayerData {
  id: string;
  title: string;
  /** Address of the watch page, for the embed's title link. */
  page: string;
  poster: string | null;
  locale: string;
  kind: 'live' | 'video';
  /** `ll.m3u8` of a live, the master playlist of a video or, if `plain`, its file. */
  playlist: string;
  plain: boolean;
  /** Only lives. */
  events: string | null;
  live: LiveState | null;
  viewsUrl: string;
  viewsIntervalMs: number;
  captions: Caption[];
  /** A live begins by itself, muted; a video waits for its viewer. */
  autoplay: boolean;
  muted: boolean;
  startAt: number;
  embed: boolean;
  /** An embed whose page has controls of its own: the keyboard is none. */
  bare?: boolean;
  /** The studio's preview: no counting, no keyboard of its own. */
  preview: boolean;
  strings: Record<string, string>;
}

export function readData(root: ParentNode): PlayerData | null {
  const script = root.querySelector('script[type="application/json"][data-player-data]');
  return script?.textContent ? (JSON.parse(script.textContent) as PlayerData) : null;
}
