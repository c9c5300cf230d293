// The page's own script: keys, the marks on the prompt's slots, and what shows while a run goes.
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
    if (focused) document.querySelector('#run')?.focus();
    const board = document.querySelector('#board');
    if (on && board?.getBoundingClientRect().top > innerHeight - 160) board.scrollIntoView({ block: 'start' });
  },
};

document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    document.querySelector('#run')?.click();
  }
});
