// Forms that change one part of a page: they are sent on the side, and the part is put in place of the old one, so that a
// player beside it plays on. Without scripts the same forms load the page again.

export function swapForms(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && form.dataset['swap'] && !event.defaultPrevented) {
      event.preventDefault();
      void send(form, form.dataset['swap'], event.submitter);
    }
  });
}

async function send(form: HTMLFormElement, part: string, submitter: HTMLElement | null): Promise<void> {
  if (form.ariaBusy === 'true') {
    return;
  }
  form.ariaBusy = 'true';
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) {
    body.append(name, String(value));
  }
  try {
    const response = await fetch(form.action, { method: 'POST', body });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const fresh = page.getElementById(part);
    const old = document.getElementById(part);
    if (!response.ok || !fresh || !old) {
      throw new Error(`no ${part} in the answer`);
    }
    const before = new Set([...old.querySelectorAll('[id]')].map((element) => element.id));
    const pressed = submitter?.title;
    old.replaceWith(fresh);
    const added = [...fresh.querySelectorAll<HTMLElement>('li[id]')].find((element) => !before.has(element.id));
    const again = [...fresh.querySelectorAll<HTMLElement>('button[title]')].find((button) => button.title === pressed);
    const target = added ?? again ?? fresh.querySelector<HTMLElement>('textarea');
    target?.focus({ preventScroll: !added });
    added?.scrollIntoView({ block: 'nearest' });
  } catch {
    // The page that says what went wrong.
    form.removeAttribute('data-swap');
    form.requestSubmit(submitter);
  } finally {
    form.ariaBusy = null;
  }
}
