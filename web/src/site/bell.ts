// How many notifications wait, beside the bell. Asked for when the page is opened and when somebody comes back to it.

const MAX_SHOWN = 99;

export function bell(): void {
  const count = document.querySelector<HTMLElement>('[data-unread]');
  if (!count) {
    return;
  }
  const refresh = async (): Promise<void> => {
    try {
      const response = await fetch('/api/v1/users/me/notifications?unread=true&count=0');
      const { total } = (await response.json()) as { total: number };
      count.textContent = total > MAX_SHOWN ? `${MAX_SHOWN}+` : String(total);
      count.hidden = !(total > 0);
    } catch {
      // The page is as good without.
    }
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      void refresh();
    }
  });
  void refresh();
}
