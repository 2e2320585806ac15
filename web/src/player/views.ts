// Tells the server that somebody watches. The same request counts viewers of a live and views of a video.

export function countViews(video: HTMLVideoElement, url: () => string, intervalMs: number): () => void {
  let lastSent = Number.NEGATIVE_INFINITY;
  const send = (): void => {
    if (video.paused || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      return;
    }
    lastSent = performance.now();
    void fetch(url(), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ currentTime: Math.floor(Number.isFinite(video.duration) ? video.currentTime : 0) }),
      keepalive: true,
    }).catch(() => {
      // Counting is not worth a word to the viewer; the next one follows soon.
    });
  };
  // The first picture counts at once; stuttering does not count twice.
  const first = (): void => {
    if (performance.now() - lastSent >= intervalMs) {
      send();
    }
  };
  video.addEventListener('playing', first);
  const timer = window.setInterval(send, intervalMs);
  return () => {
    video.removeEventListener('playing', first);
    window.clearInterval(timer);
  };
}
