// Markup that comes from the server: how it is put in place without losing what somebody typed, opened or stood on, and
// how its buttons and forms are answered. Needs page.js.
Object.assign(swatchbook, {
  // Answers may come in another order than they were made: whether this one is newer than what was shown here before.
  newer(element, value) {
    const number = value?.number ?? 0;
    if (number < (element.number ?? 0)) return false;
    element.number = number;
    return true;
  },

  // Replaces a node's markup only when it differs; open folds, what was typed and the focus stay. Returns whether it did.
  put(node, html) {
    if (node.shown === html) return false;
    const open = [...node.querySelectorAll('details[open]')].map((fold) => fold.dataset.key);
    const here = node.contains(document.activeElement) ? document.activeElement : null;
    const focus = here?.closest('[data-key]')?.dataset.key;
    const cursor = here && [here.selectionStart, here.selectionEnd];
    const typed = new Map([...node.querySelectorAll('[data-form] [name]')].map((field) => [this.fieldKey(field), field]));
    node.innerHTML = node.shown = html;
    for (const field of node.querySelectorAll('[data-form] [name]')) {
      const before = typed.get(this.fieldKey(field));
      if (!before) continue;
      if (['radio', 'checkbox'].includes(field.type)) {
        if (before.checked !== before.defaultChecked) field.checked = before.checked;
      } else if (before.value !== before.defaultValue) field.value = before.value;
    }
    for (const fold of node.querySelectorAll('details')) fold.open ||= open.includes(fold.dataset.key);
    const again = focus && node.querySelector(`[data-key="${CSS.escape(focus)}"]`);
    again?.focus();
    if (again && again.value === here.value && again.selectionStart != null && cursor[0] != null) again.setSelectionRange(...cursor);
    return true;
  },

  fieldKey(field) {
    const choice = ['radio', 'checkbox'].includes(field.type) ? field.value : '';
    const form = field.closest('[data-form]').dataset;
    return [form.form, form.of, field.name, choice].join(' ');
  },

  // New markup may take away the button that has the focus, hide it, or make another one of it. What this returns puts
  // the focus back on the same button, else on what `next` finds, else on what took its place; unless the visitor went
  // elsewhere meanwhile.
  keepFocus(element, next = () => null) {
    const reached = 'button, summary, input';
    const seen = (node) => (node?.checkVisibility() ? node : null);
    const all = () => [...element.querySelectorAll(reached)].filter(seen);
    const keyed = (node) => node?.closest('button[data-key], details[data-key]')?.dataset.key;
    let key, place = -1;
    const note = (event) => {
      const inside = element.contains(event.target);
      key = inside ? keyed(event.target) : undefined;
      place = inside ? all().indexOf(event.target.closest(reached)) : -1;
    };
    for (const kind of ['focusin', 'pointerdown', 'click']) document.addEventListener(kind, note);
    return () => {
      const here = document.activeElement;
      const lost = place >= 0 && (here === document.body || (element.contains(here) && !seen(here)));
      if (!lost && !(key && element.contains(here) && keyed(here) !== key)) return;
      const same = key && element.querySelector(`[data-key="${CSS.escape(key)}"]`);
      const again = seen(same?.matches('details') ? null : same) ?? seen(same?.closest('details')?.querySelector('summary'));
      const rest = all();
      (again ?? next() ?? rest[Math.min(place, rest.length - 1)])?.focus({ preventScroll: true });
    };
  },

  // Buttons made on the server: a press goes back as the event that the button names, with the button's data.
  presses(element, trigger) {
    element.addEventListener('click', (event) => {
      const button = event.target.closest('[data-act], [data-on]');
      if (!button || !['BUTTON', 'A'].includes(button.tagName)) return;
      if (button.tagName === 'A') {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return; // another tab or window
        event.preventDefault();
      }
      trigger(button.dataset.on ?? 'click', { ...button.dataset });
    });
    element.addEventListener('keydown', (event) => {
      const menu = event.key === 'Escape' && element.querySelector('details.menu[open]');
      if (!menu) return;
      menu.open = false;
      menu.querySelector('summary').focus();
    });
    document.addEventListener('click', (event) => {
      const menu = element.querySelector('details.menu[open]');
      if (menu && !menu.contains(event.target)) menu.open = false;
    });
  },

  // Forms made on the server: sent as a press whose act the form names, with what its fields hold.
  forms(element, trigger) {
    element.addEventListener('submit', (event) => {
      const form = event.target.closest('[data-form]');
      if (!form) return;
      event.preventDefault();
      const data = { act: form.dataset.form };
      for (const [name, value] of new FormData(form)) data[name] = name in data ? [data[name], value].flat() : value;
      trigger('click', data);
    });
    element.addEventListener('change', (event) => {
      if ('lasting' in event.target.dataset) localStorage.setItem('swatchbook-' + event.target.name, event.target.value);
    });
  },

  // Fields that this browser remembers, such as one's name.
  last(node) {
    for (const field of node.querySelectorAll('[data-lasting]')) field.value ||= localStorage.getItem('swatchbook-' + field.name) ?? '';
  },

  // A list that opens below its button stays inside the window.
  inside(element) {
    element.addEventListener('toggle', (event) => {
      const list = event.target.matches('details.menu[open]') && event.target.querySelector('ul');
      if (!list) return;
      list.style.left = '0';
      const over = list.getBoundingClientRect().right - document.documentElement.clientWidth + 16;
      if (over > 0) list.style.left = `${-over}px`;
    }, true);
  },

  // A line that is only heard. It is on the page before its words are: a region that comes with them is often not read.
  voice() {
    const line = document.createElement('p');
    line.className = 'sr';
    line.setAttribute('role', 'status');
    (document.querySelector('main') ?? document.body).append(line);
    return (words) => { if (line.textContent !== words) line.textContent = words; };
  },
});
