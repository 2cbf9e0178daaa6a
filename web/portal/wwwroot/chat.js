// The playground: this module owns everything inside the conversation, and streams from /v1 itself. The circuit only sets the
// choices. The conversation is kept in the tab's session, so a reload shows it again.

const keptAs = 'chat:conversation';

class Conversation {
  constructor() {
    this.messages = JSON.parse(sessionStorage.getItem(keptAs) ?? '[]');
  }

  keep() {
    sessionStorage.setItem(keptAs, JSON.stringify(this.messages));
  }

  clear() {
    this.messages = [];
    sessionStorage.removeItem(keptAs);
  }
}

/** Yields the data of each event of a Server-Sent Events body. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }
    const blocks = (rest + value).replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split('\n').filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart()).join('\n');
      if (data) {
        yield data;
      }
    }
  }
}

async function* deltas(request, signal) {
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    credentials: 'same-origin',
    signal,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new Error(body.error?.message ?? body.title ?? `${response.status} ${response.statusText}`);
  }
  for await (const data of events(response.body)) {
    if (data === '[DONE]') {
      return;
    }
    const chunk = JSON.parse(data);
    if (chunk.error) {
      throw new Error(chunk.error.message);
    }
    yield chunk;
  }
}

async function markdown(text) {
  const response = await fetch('/portal/markdown', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  return response.ok ? response.text() : undefined;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text) {
    made.textContent = text;
  }
  return made;
}

/** @param parts {{thread, form, input, send, stop, clear, status}} elements the component renders once and never again. */
export function open(parts, words, first) {
  const conversation = new Conversation();
  let settings = first;
  let running;

  function bubble(message) {
    const item = element('li', `bubble ${message.role}`);
    item.append(element('span', 'from', words.roles[message.role]));
    const text = element('div', 'text', message.content);
    item.append(text);
    parts.thread.append(item);
    return { item, text };
  }

  function figures(item, message) {
    const line = element('p', 'figures');
    for (const figure of message.figures ?? []) {
      line.append(element('span', 'chip', figure));
    }
    item.append(line);
  }

  // Sanitised by the server; until then, and where that fails, it stays text.
  async function dress(text, content) {
    const html = await markdown(content).catch(() => undefined);
    if (html) {
      text.innerHTML = html;
    }
  }

  async function show(message) {
    const { item, text } = bubble(message);
    if (message.role === 'assistant') {
      figures(item, message);
      await dress(text, message.content);
    }
  }

  function request() {
    const { model, system, temperature, maxTokens, seed } = settings;
    const history = conversation.messages.map(({ role, content }) => ({ role, content }));
    return {
      model,
      messages: system ? [{ role: 'system', content: system }, ...history] : history,
      temperature,
      max_tokens: maxTokens,
      ...(seed === null || seed === undefined ? {} : { seed }),
      stream: true,
      stream_options: { include_usage: true },
    };
  }

  async function answer(signal) {
    const message = { role: 'assistant', content: '', figures: [] };
    const { item, text } = bubble(message);
    item.classList.add('streaming');
    const began = performance.now();
    let firstAt;
    let tokens = 0;
    let reason = 'stop';
    try {
      for await (const chunk of deltas(request(), signal)) {
        const choice = chunk.choices?.[0];
        if (choice?.delta?.content) {
          firstAt ??= performance.now();
          tokens += 1;
          message.content += choice.delta.content;
          text.textContent = message.content;
          parts.thread.scrollTop = parts.thread.scrollHeight;
        }
        reason = choice?.finish_reason ?? reason;
        tokens = chunk.usage?.completion_tokens ?? tokens;
      }
    } catch (error) {
      if (!signal.aborted) {
        item.remove();
        throw error;
      }
      reason = 'abort';
    } finally {
      item.classList.remove('streaming');
    }
    message.figures = describe(began, firstAt, tokens, reason);
    conversation.messages.push(message);
    conversation.keep();
    figures(item, message);
    parts.status.textContent = words.done;
    await dress(text, message.content);
  }

  function describe(began, firstAt, tokens, reason) {
    if (!firstAt) {
      return [words.reasons[reason] ?? reason];
    }
    const seconds = Math.max((performance.now() - firstAt) / 1000, 0.001);
    const rate = tokens > 1 ? [words.rate.replace('{0}', ((tokens - 1) / seconds).toFixed(1))] : [];
    return [words.ttft.replace('{0}', Math.round(firstAt - began)), ...rate, words.tokens.replace('{0}', tokens), words.reasons[reason] ?? reason];
  }

  function busy(on) {
    parts.stop.hidden = !on;
    parts.send.hidden = on;
    parts.thread.setAttribute('aria-busy', `${on}`);
  }

  async function send() {
    const content = parts.input.value.trim();
    if (!content || running) {
      return;
    }
    if (!settings.model) {
      parts.status.textContent = words.noModel;
      return;
    }
    parts.input.value = '';
    fit();
    parts.status.textContent = words.answering;
    const message = { role: 'user', content };
    conversation.messages.push(message);
    conversation.keep();
    bubble(message);
    empty();
    running = new AbortController();
    busy(true);
    try {
      await answer(running.signal);
    } catch (error) {
      fail(error.message);
    } finally {
      running = undefined;
      busy(false);
      parts.input.focus();
      parts.thread.scrollTop = parts.thread.scrollHeight;
    }
  }

  function fail(text) {
    const item = element('li', 'bubble failed', text);
    item.setAttribute('role', 'alert');
    parts.thread.append(item);
    parts.status.textContent = '';
    // The question goes back into the box, to be sent again.
    parts.input.value = conversation.messages.pop()?.content ?? '';
    conversation.keep();
    fit();
  }

  function empty() {
    parts.thread.dataset.state = parts.thread.childElementCount > 0 ? 'full' : 'empty';
  }

  function fit() {
    parts.input.style.height = 'auto';
    parts.input.style.height = `${Math.min(parts.input.scrollHeight, 220)}px`;
  }

  function clear() {
    running?.abort();
    conversation.clear();
    parts.thread.replaceChildren();
    empty();
    parts.input.focus();
  }

  const listening = new AbortController();
  const on = (target, type, action) => target.addEventListener(type, action, { signal: listening.signal });
  on(parts.form, 'submit', event => {
    event.preventDefault();
    send();
  });
  on(parts.input, 'input', fit);
  on(parts.input, 'keydown', event => {
    // Enter sends, Shift+Enter breaks the line; while an input method composes, Enter is its own.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  on(parts.stop, 'click', () => running?.abort());
  on(parts.clear, 'click', clear);
  for (const suggestion of document.querySelectorAll('[data-ask]')) {
    on(suggestion, 'click', () => {
      parts.input.value = suggestion.dataset.ask;
      send();
    });
  }
  conversation.messages.forEach(show);
  empty();
  parts.input.disabled = false;

  return {
    set(changed) {
      settings = changed;
    },
    dispose() {
      running?.abort();
      listening.abort();
    },
  };
}
