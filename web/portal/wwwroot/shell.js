// What every page needs from the browser, without the circuit: theme, copy buttons, skip link, sign-out, and loading again
// when the server has forgotten the circuit. Loaded once by the page, and imported by the layout for the theme.

const root = document.documentElement;
const yearInSeconds = 365 * 24 * 3600;

// A server that says nothing for so long is missed, and the page says so; the server sends a sign of life every second (PortalApp).
const serverTimeout = 4000;

/** Charts follow this attribute, so that there is one source of truth for dark and light. */
export function showTheme(dark) {
  root.dataset.theme = dark ? 'dark' : 'light';
}

export function chooseTheme(dark) {
  document.cookie = `theme=${dark ? 'dark' : 'light'}; path=/; max-age=${yearInSeconds}; samesite=lax`;
  showTheme(dark);
}

/** What the system prefers, or null where the user has chosen. The request's hint can be missing or old. */
export function systemPrefersDark() {
  return /(^|; )theme=(dark|light)/.test(document.cookie) ? null : matchMedia('(prefers-color-scheme: dark)').matches;
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    copyBySelection(button.dataset.copy);
  }
  const label = button.getAttribute('aria-label');
  button.setAttribute('aria-label', button.dataset.copied);
  button.classList.add('done');
  setTimeout(() => {
    button.setAttribute('aria-label', label);
    button.classList.remove('done');
  }, 1500);
}

// The clipboard interface needs a secure origin; plain http on another host than localhost is none.
function copyBySelection(text) {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

async function signOut() {
  await fetch('/auth/sign-out', { method: 'POST', credentials: 'same-origin' });
  location.replace('/welcome');
}

function onClick(event) {
  const target = event.target.closest('[data-copy], [data-sign-out], .skip, #nav a');
  if (!target) {
    return;
  }
  if (target.matches('[data-copy]')) {
    copy(target);
  } else if (target.matches('[data-sign-out]')) {
    signOut();
  } else if (target.matches('.skip')) {
    event.preventDefault();
    document.getElementById('main')?.focus();
  } else if (document.getElementById('nav').matches(':popover-open')) {
    document.getElementById('nav').hidePopover();
  }
}

// After a restart the server answers, but does not know the circuit: the page's state is in its address and on the server.
async function reloadWhenServerAnswers() {
  for (;;) {
    try {
      if ((await fetch('/health/live', { cache: 'no-store' })).ok) {
        location.reload();
        return;
      }
    } catch {
      // Not there yet.
    }
    await new Promise(resolve => setTimeout(resolve, 1500));
  }
}

function onReconnectState(event) {
  if (event.detail?.state === 'rejected' || event.detail?.state === 'failed') {
    reloadWhenServerAnswers();
  }
}

if (!globalThis.internShell) {
  globalThis.internShell = true;
  document.addEventListener('click', onClick);
  document.addEventListener('components-reconnect-state-changed', onReconnectState, true);
  document.getElementById('components-reconnect-modal')?.addEventListener('components-reconnect-state-changed', onReconnectState);
  Blazor.start({ circuit: { configureSignalR: builder => builder.withServerTimeout(serverTimeout) } });
}
