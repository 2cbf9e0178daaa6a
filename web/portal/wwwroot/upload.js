// Resumable upload straight from the browser: the circuit only hears how far it is, twice a second.
// The server says what it has stored; the browser sends the rest, also after a lost network or a reload with the same file.

const chunkBytes = 4 * 1024 * 1024;
const longestPause = 15_000;
const wait = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
const storageKey = file => `upload:${file.name}:${file.size}:${file.lastModified}`;

async function json(response) {
  if (response.ok) {
    return response.json();
  }
  const problem = await response.json().catch(() => ({}));
  const error = new Error([problem.title, problem.detail].filter(Boolean).join(' ') || `${response.status} ${response.statusText}`);
  // A full disk does not empty itself; other failures of the server and of the network pass.
  error.final = response.status === 507 || (response.status < 500 && ![408, 409, 425, 429].includes(response.status));
  throw error;
}

async function known(id) {
  const response = await fetch(`/api/catalog/uploads/${id}`, { credentials: 'same-origin' });
  return response.status === 404 ? undefined : json(response);
}

async function open(file, signal) {
  const earlier = localStorage.getItem(storageKey(file));
  const found = earlier ? await known(earlier) : undefined;
  if (found) {
    return found;
  }
  const upload = await json(await fetch('/api/catalog/uploads', {
    method: 'POST',
    credentials: 'same-origin',
    signal,
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID?.() ?? `${Date.now()}-${file.size}` },
    body: JSON.stringify({ fileName: file.name, sizeBytes: file.size }),
  }));
  localStorage.setItem(storageKey(file), upload.id);
  return upload;
}

async function sendChunk(upload, file, signal) {
  return json(await fetch(`/api/catalog/uploads/${upload.id}`, {
    method: 'PATCH',
    credentials: 'same-origin',
    signal,
    headers: { 'Content-Type': 'application/octet-stream', 'Upload-Offset': `${upload.offset}` },
    body: file.slice(upload.offset, upload.offset + chunkBytes),
  }));
}

async function complete(upload, signal) {
  return json(await fetch(`/api/catalog/uploads/${upload.id}/complete`, { method: 'POST', credentials: 'same-origin', signal }));
}

async function sendAll(file, signal, report) {
  let upload = await open(file, signal);
  let pause = 500;
  while (!upload.complete) {
    try {
      upload = upload.offset < file.size ? await sendChunk(upload, file, signal) : await complete(upload, signal);
      pause = 500;
      report(upload.offset, false);
    } catch (error) {
      if (signal.aborted || error.final) {
        throw error;
      }
      report(upload.offset, true);
      await wait(pause);
      pause = Math.min(pause * 2, longestPause);
      // Ask what really arrived: a chunk may be stored although its answer was lost.
      upload = await known(upload.id).catch(() => upload) ?? await open(file, signal);
    }
  }
  localStorage.removeItem(storageKey(file));
  return upload;
}

/** Listens to a file input; calls Picked, Sent, Done or Failed of the component. */
export function attach(input, component) {
  const gone = new AbortController();
  let current = new AbortController();
  let lastReport = 0;

  async function picked() {
    const files = [...input.files];
    if (files.length === 0) {
      return;
    }
    current.abort();
    current = new AbortController();
    const signal = current.signal;
    try {
      // One after the other: each is shown as it goes.
      for (const file of files) {
        await component.invokeMethodAsync('Picked', file.name, file.size);
        const upload = await sendAll(file, signal, (offset, waiting) => {
          const now = performance.now();
          if (waiting || now - lastReport > 500) {
            lastReport = now;
            component.invokeMethodAsync('Sent', offset, waiting);
          }
        });
        await component.invokeMethodAsync('Done', upload.id);
      }
    } catch (error) {
      if (!signal.aborted) {
        await component.invokeMethodAsync('Failed', error.message);
      }
    }
  }

  input.addEventListener('change', picked, { signal: gone.signal });
  return {
    cancel() {
      current.abort();
      input.value = '';
    },
    dispose() {
      gone.abort();
      current.abort();
    },
  };
}
