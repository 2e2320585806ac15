// The qualities, as PeerTube's clients know them.

import type { QualityMenu } from '../player/qualities';

interface Resolution {
  id: number;
  label: string;
  active: boolean;
  width?: number;
  height: number;
}

/** The player chooses by itself. */
const AUTO = -1;

/** Empty until something is loaded. */
export function resolutions({ list, chosen }: QualityMenu): Resolution[] {
  if (list.length === 0) {
    return [];
  }
  const each = list.map(({ width, height }, id) => ({ id, label: height > 0 ? `${height}p` : 'Audio', active: id === chosen, width, height }));
  return [...each, { id: AUTO, label: 'Auto', active: chosen === AUTO, height: 0 }];
}
