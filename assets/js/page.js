// The page's own script: keys, tabs, the address, what this browser keeps, and the marks on the prompt's slots.
const swatchbook = {
  slot: /\{[^{}|]*(?:\|[^{}|]*)+\}/g,

  // The textarea stays a plain textarea; a layer behind it, hidden from screen readers, draws the marks.
  mark(text) {
    const area = document.querySelector('#prompt textarea');
    if (!area) return;
    let layer = area.parentElement.querySelector('.marks');
    if (!layer) {
      layer = document.createElement('div');
      layer.className = 'marks';
      layer.setAttribute('aria-hidden', 'true');
      area.before(layer);
      area.addEventListener('scroll', () => { layer.scrollTop = area.scrollTop; });
    }
    const nodes = [];
    let at = 0;
    for (const match of (text ?? '').matchAll(this.slot)) {
      const mark = document.createElement('mark');
      mark.textContent = match[0];
      nodes.push(text.slice(at, match.index), mark);
      at = match.index + match[0].length;
    }
    layer.replaceChildren(...nodes, (text ?? '').slice(at) + '\n');
    layer.scrollTop = area.scrollTop;
  },

  running(on) {
    if (document.body.classList.contains('running') === on) return;
    const stop = document.querySelector('#stop');
    const focused = !on && stop?.contains(document.activeElement);
    document.body.classList.toggle('running', on);
    if (on) sessionStorage.removeItem('swatchbook-draft'); // the run before is not the one to come back
    if (focused) document.querySelector('#run')?.focus();
    const board = document.querySelector('#board');
    if (on && board?.getBoundingClientRect().top > innerHeight - 160) board.scrollIntoView({ block: 'start' });
  },

  // What was kept from this browser, with the keys that delete it.
  kept() {
    try { return JSON.parse(localStorage.getItem('swatchbook-kept') ?? '[]'); } catch { return []; }
  },
  own(id, key, kind) {
    const others = this.kept().filter((each) => each.id !== id);
    localStorage.setItem('swatchbook-kept', JSON.stringify([{ id, key, kind }, ...others].slice(0, 500)));
  },
  disown(id) {
    localStorage.setItem('swatchbook-kept', JSON.stringify(this.kept().filter((each) => each.id !== id)));
  },

  // Copies words, and says so on the button; where that is not allowed, they are selected to be copied by hand.
  async copy(button, words, field) {
    const label = button.dataset.label ??= button.textContent;
    try {
      await navigator.clipboard.writeText(words);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = label; }, 1500);
    } catch {
      field.hidden = false;
      field.value = words;
      field.select();
    }
  },

  // What was kept: its link is written out, and this browser remembers the key. Returns the query that opens it.
  held(node, base) {
    const own = node.querySelector('[data-own]');
    if (own) this.own(own.dataset.own, own.dataset.secret, own.dataset.kind);
    const link = node.querySelector('[data-link]');
    if (!link) return null;
    const address = (extra = '') => (base || location.origin + location.pathname) + `?${link.dataset.link}&tab=compare${extra}`;
    link.value = address();
    for (const button of node.querySelectorAll('[data-copy]')) {
      button.onclick = () => this.copy(button, address(button.dataset.copy === 'blind' ? '&blind=1' : ''), link);
    }
    return `${link.dataset.link}&tab=compare`;
  },

  // Names in the address that say which run is shown or asked for.
  asks: ['prompt', 'models', 'palette', 'samples', 'tokens', 'temperature', 'seed', 'top_p', 'top_k', 'min_p', 'penalty', 'stop', 'run', 'packed', 'palette_id', 'blind', 'sketch', 'record', 'example', 'tab'],

  // Goes to a text, or to a place in it, that a note speaks of.
  jump(where) {
    const text = document.querySelector(`#board [data-said="${CSS.escape(where)}"]`) ?? document.querySelector(`#board [data-lane="${CSS.escape(where)}"]`);
    if (!text) return;
    text.closest('details')?.setAttribute('open', '');
    text.scrollIntoView({ block: 'center' });
    text.tabIndex = -1;
    text.focus({ preventScroll: true });
    text.classList.add('sought');
    setTimeout(() => text.classList.remove('sought'), 1800);
  },

  // Each part of the page owns some names in the address; the others' stay as they are. The tab is the one that the
  // visitor is on, also where an answer comes after its tab was left.
  remember(names, query, push = false) {
    const said = new URLSearchParams(query);
    if (names === this.asks) this.shows[said.get('tab')] = { query, of: this.pad?.standing().of };
    if (said.has('tab')) said.set('tab', this.named());
    this.write(names, said, push && !this.came);
    if (push) this.came = false;
  },

  write(names, query, push) {
    const params = new URLSearchParams(location.search);
    for (const name of names) params.delete(name);
    const kept = [...new URLSearchParams(query), ...params];
    const text = kept.map(([name, value]) => `${name}=${this.readable(value)}`).join('&');
    const address = location.pathname + (text ? '?' + text : '');
    if (address === location.pathname + location.search) return;
    history[push ? 'pushState' : 'replaceState'](history.state, '', address);
  },

  readable(value) {
    return encodeURIComponent(value).replace(/%20/g, '+').replace(/%(2F|2C|3A|7B|7C|7D|40)/g, decodeURIComponent);
  },

  // Goes to another part of the page, with the keys too.
  lead(part) {
    part.scrollIntoView({ block: 'start' });
    part.querySelector('button, a[href], input')?.focus({ preventScroll: true });
  },

  tab(name) {
    document.querySelector(`#tabs button[data-tab-id="${name}"]`)?.click();
  },

  // The tab that the address means; the server reads an address without one in the same way.
  named() {
    const params = new URLSearchParams(location.search);
    const has = (...names) => names.some((name) => params.has(name));
    if (['browse', 'compare', 'sketchpad', 'archive'].includes(params.get('tab'))) return params.get('tab');
    if (has('sketch', 'record', 'example') || params.get('packed')?.slice(0, 24).includes('.sketch.')) return 'sketchpad';
    return has('prompt', 'run', 'packed') ? 'compare' : 'browse';
  },

  // Whether the visitor is on this tab. When the page opens on another one, the address knows it before the tabs do.
  front(name) {
    const tab = document.querySelector(`#tabs button[data-tab-id="${name}"]`);
    return this.named() === name && tab?.getAttribute('aria-selected') === 'true';
  },

  // What Compare and the Sketchpad show, as an address says it. `came`: the tab was changed for an opening, whose step
  // back is the tab's.
  shows: {},
  came: false,

  // Another tab is a step in the browser's history; one that Back or Forward chose is in the address already.
  turn(name, came) {
    this.came = came && name !== this.named();
    if (name !== this.named()) this.write(['tab'], 'tab=' + name, true);
  },

  // Back and Forward choose a tab and leave what is on it. Only what the address names and the tab does not show any
  // more is opened again; where it names nothing that could be, and for the palette, it is put right.
  back() {
    const name = this.named();
    this.tab(name);
    const [shown, kind] = [this.shows[name], { compare: 'run', sketchpad: 'sketch' }[name]];
    if (shown) {
      const still = name === 'compare' || shown.of === this.pad?.standing().of;
      const [asked, has] = [location.search, still ? shown.query : ''].map((query) => new URLSearchParams(query).get(kind));
      if (asked && asked !== has) document.dispatchEvent(new CustomEvent('swatchbook:again', { detail: { id: asked, kind } }));
      else if (still) this.write(this.asks, shown.query, false);
    }
    const palette = document.querySelector('#palette .palette')?.dataset.query;
    if (new URLSearchParams(location.search).has('models')) this.write(['models', 'palette'], palette, false);
  },

  // The first stop of the Tab key leads over the header and the palette.
  skip() {
    const panel = [...document.querySelectorAll('#tabs [role=tabpanel]')].find((each) => each.checkVisibility());
    panel.tabIndex = -1;
    panel.focus();
  },

  // Swatches and dossiers say which models are on the palette.
  pick() {
    const chips = [...document.querySelectorAll('#palette .chip')];
    const picked = new Set(chips.map((chip) => `${chip.dataset.source} ${chip.dataset.model}`));
    for (const node of document.querySelectorAll('[data-source][data-model]:not(.chip)')) {
      const on = picked.has(`${node.dataset.source} ${node.dataset.model}`);
      if (node.classList.contains('picked') === on) continue;
      node.classList.toggle('picked', on);
      for (const button of node.querySelectorAll('button.add')) {
        const name = node.dataset.model.split('/').pop();
        button.dataset.label ??= button.getAttribute('aria-label') ?? button.textContent;
        button.textContent = on ? 'Added ×' : button.dataset.words ?? 'Add';
        button.setAttribute('aria-label', on ? `Added: ${name} is on your palette; press to take it off` : button.dataset.label);
        button.dataset.act = on ? 'drop' : 'add';
        button.setAttribute('aria-pressed', on);
        button.title = on ? 'Press to take it off your palette' : '';
      }
    }
  },
};

// Every view goes back to its own place.
history.scrollRestoration = 'manual';
// What is typed into a list to choose from takes the place of what was chosen.
document.addEventListener('focusin', (event) => {
  if (event.target.matches('#finding input[role=listbox], #finding .wrap input')) event.target.select();
});
// Gradio's lists take Tab for a letter and open again behind whoever has left them; and a list that scrolls would be
// the next stop, though it closes on the way there.
window.addEventListener('keydown', (event) => {
  if (event.key !== 'Tab' || !event.target.matches('input[role=combobox]')) return;
  event.stopPropagation();
  for (const list of document.querySelectorAll('ul[role=listbox]')) list.tabIndex = -1;
}, true);
// Enter takes what begins with the letters typed before what only has them somewhere: French for fr, not Afrikaans.
let arrowed = false;
document.addEventListener('input', () => { arrowed = false; }, true);
window.addEventListener('keydown', (event) => {
  if (!event.target.matches('#finding input[role=combobox]')) return;
  arrowed ||= event.key.startsWith('Arrow');
  const typed = event.target.value.trim().toLowerCase();
  if (event.key !== 'Enter' || arrowed || !typed) return;
  const said = (option) => (option.getAttribute('aria-label') ?? option.textContent).trim().toLowerCase();
  const options = [...document.querySelectorAll('ul[role=listbox] [role=option]')];
  const best = options.find((option) => said(option) === typed) ?? options.find((option) => said(option).startsWith(typed));
  if (!best) return;
  event.stopPropagation();
  event.preventDefault();
  best.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }));
}, true);
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.target.closest('a[href]')) return;
  event.preventDefault();
  const form = event.target.closest('form[data-form]');
  if (form) form.requestSubmit();
  else if (document.querySelector('#preview')?.checkVisibility()) swatchbook.piece.play();
  else document.querySelector('#run')?.click();
});
// Along the tabs with the arrow keys; Enter opens the one that is reached.
document.addEventListener('keydown', (event) => {
  const way = { ArrowLeft: (at) => at - 1, ArrowRight: (at) => at + 1, Home: () => 0, End: () => -1 }[event.key];
  const tab = event.target.closest('#tabs [role=tab]');
  if (!way || !tab) return;
  const tabs = [...tab.parentElement.querySelectorAll('[role=tab]')];
  tabs.at(way(tabs.indexOf(tab)) % tabs.length).focus();
  event.preventDefault();
});
window.addEventListener('popstate', () => swatchbook.back());
for (const kind of ['pointerdown', 'keydown']) document.addEventListener(kind, () => { swatchbook.came = false; }, true);
document.addEventListener('click', (event) => {
  const jumps = event.target.closest('[data-jump]');
  if (jumps) swatchbook.jump(jumps.dataset.jump);
  const leads = event.target.closest('[data-scroll]');
  if (leads) swatchbook.lead(document.querySelector(leads.dataset.scroll));
  const goes = event.target.closest('[data-tab]');
  if (goes) swatchbook.tab(goes.dataset.tab);
  const tab = event.target.closest('#tabs [role=tab]');
  if (tab) swatchbook.turn(tab.dataset.tabId, !event.isTrusted);
  if (!event.target.closest('.skip')) return;
  event.preventDefault();
  swatchbook.skip();
});
