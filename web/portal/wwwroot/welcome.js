// The one-time token is in the address's fragment, which never leaves the browser by itself. It is taken out of the address
// first, then exchanged for a cookie.

const panel = document.getElementById('sign-in');

function show(state, detail) {
  panel.dataset.state = state;
  if (detail) {
    panel.querySelector('[data-detail]').textContent = detail;
  }
}

async function exchange(token) {
  show('busy');
  try {
    const response = await fetch('/auth/exchange', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (response.ok) {
      location.replace('/welcome');
      return;
    }
    const problem = await response.json().catch(() => ({}));
    show('refused', problem.detail ?? problem.title);
  } catch {
    show('unreachable');
  }
}

function start() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  history.replaceState(null, '', '/welcome');
  if (token) {
    exchange(token);
  }
}

function onSubmit(event) {
  event.preventDefault();
  const given = new FormData(event.target).get('token').trim();
  // People paste the whole address as readily as the token.
  exchange(given.includes('#token=') ? given.slice(given.indexOf('#token=') + 7) : given);
}

if (panel) {
  panel.querySelector('form').addEventListener('submit', onSubmit);
  globalThis.addEventListener('hashchange', start);
  if (location.hash.includes('token=')) {
    start();
  }
}
