// Finds what to play for a replay that was announced by its page, `/w/SHORT`.

export interface ReplayVideo {
  playlist: string;
  duration: number;
  viewsUrl: string;
}

interface VideoDetails {
  isLocal: boolean;
  uuid: string;
  duration: number;
  streamingPlaylists: { playlistUrl: string }[];
}

/** null: not there (yet), or not to be reached; ask again. */
export async function fetchReplay(path: string): Promise<ReplayVideo | null> {
  const id = path.split('/').at(-1) ?? '';
  try {
    const response = await fetch(`/api/v1/videos/${encodeURIComponent(id)}`);
    if (!response.ok) {
      return null;
    }
    const video = (await response.json()) as VideoDetails;
    const playlist = video.streamingPlaylists[0]?.playlistUrl;
    // The public address may differ from the one this page was opened with (a tunnel, a test): same server, so the
    // path is enough and stays within the Content-Security-Policy.
    return playlist ? { playlist: video.isLocal ? new URL(playlist).pathname : playlist, duration: video.duration, viewsUrl: `/api/v1/videos/${video.uuid}/views` } : null;
  } catch {
    return null;
  }
}
