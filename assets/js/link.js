// Keeps the address bar on what was run, and copies the link to it.
const button = element.querySelector('button');
const field = element.querySelector('input');
const said = element.querySelector('[role=status]');

const names = ['prompt', 'models', 'palette', 'samples', 'tokens', 'temperature', 'seed', 'top_p', 'top_k', 'min_p', 'penalty', 'stop'];

function address() {
  return (props.base || location.origin + location.pathname) + (props.value ? `?${props.value}&tab=compare` : location.search);
}

watch('value', () => {
  if (!props.value) return;
  swatchbook.remember([...names, 'tab'], props.value + '&tab=compare');
  field.hidden = true;
  said.textContent = '';
});

button.addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(address());
    said.textContent = 'Copied.';
  } catch {
    field.hidden = false;
    field.value = address();
    field.select();
    said.textContent = 'Copy it from here:';
  }
});
