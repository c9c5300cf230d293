// Buttons made on the server: a press goes back with the button's data.
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (button) trigger('click', { ...button.dataset });
});
element.addEventListener('keydown', (event) => {
  const menu = element.querySelector('details.menu[open]');
  if (event.key === 'Escape' && menu) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});
document.addEventListener('click', (event) => {
  const menu = element.querySelector('details.menu[open]');
  if (menu && !menu.contains(event.target)) menu.open = false;
});
// A press may remove the button that had the focus. The first value comes without a press.
let pressed = false;
element.addEventListener('click', () => { pressed = true; });
watch('value', () => {
  if (pressed && document.activeElement === document.body) element.querySelector('summary')?.focus();
});
