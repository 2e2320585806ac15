// What the address of an embed says about its player, by PeerTube's names. `autoplay`, `muted` and `start` are read by the
// server. Pure.

import { RATES } from '../player/rates';
import { DEFAULT_SCOPE, isScope } from './wire';

const MAX_COLOUR_LENGTH = 64;
const MAX_LANGUAGE_LENGTH = 32;

export interface Wishes {
  /** null: the embed API is not asked for. */
  scope: string | null;
  /** Whether there is anything to press or drag. */
  controls: boolean;
  controlBar: boolean;
  title: boolean;
  /** Whether the title leads to the page of the video. */
  link: boolean;
  loop: boolean;
  /** Where to stop, in seconds. */
  stop: number | null;
  subtitle: string | null;
  rate: number | null;
  playBackground: string | null;
  foreground: string | null;
}

export function readWishes(query: string): Wishes {
  const params = new URLSearchParams(query);
  const toggle = (name: string, fallback: boolean): boolean => {
    const value = params.get(name);
    return value === null ? fallback : value === '1' || value === 'true';
  };
  const text = (name: string, longest: number): string | null => {
    const value = params.get(name);
    return value !== null && value !== '' && value.length <= longest ? value : null;
  };
  const scope = params.get('scope') ?? '';
  const rate = Number(params.get('playbackRate'));
  return {
    scope: toggle('api', false) ? (isScope(scope) ? scope : DEFAULT_SCOPE) : null,
    controls: toggle('controls', true),
    controlBar: toggle('controlBar', true),
    title: toggle('title', true),
    link: toggle('peertubeLink', true),
    loop: toggle('loop', false),
    stop: seconds(params.get('stop') ?? ''),
    subtitle: text('subtitle', MAX_LANGUAGE_LENGTH),
    rate: RATES.includes(rate) ? rate : null,
    playBackground: text('bigPlayBackgroundColor', MAX_COLOUR_LENGTH),
    foreground: text('foregroundColor', MAX_COLOUR_LENGTH),
  };
}

/** "90", "90s" or "1h2m3s"; null for what is none of them. */
function seconds(text: string): number | null {
  const [whole, h, m, s] = /^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s?)?$/.exec(text) ?? [];
  return whole ? Number(h ?? 0) * 3_600 + Number(m ?? 0) * 60 + Number(s ?? 0) : null;
}
