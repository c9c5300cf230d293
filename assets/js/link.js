// Keeps the address bar on what was run, and copies the link to it.
const button = element.querySelector('button');
const field = element.querySelector('input');
const said = element.querySelector('[role=status]');

function address() {
  return (props.base || location.origin + location.pathname) + (props.value ? '?' + props.value : location.search);
}

watch('value', () => {
  if (!props.value) return;
  const theme = new URLSearchParams(location.search).get('__theme');
  history.replaceState(history.state, '', '?' + props.value + (theme ? '&__theme=' + encodeURIComponent(theme) : ''));
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
