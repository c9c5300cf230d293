// A list or a line with buttons in it: presses, marks for what is on the palette, and the focus after a press.
swatchbook.presses(element, trigger);
const emptied = () => element.closest('#kept') && !element.querySelector('button');
const focus = swatchbook.keepFocus(element, () => (emptied() ? document.querySelector('#disk-order input:checked') : null));
watch('value', () => {
  swatchbook.pick();
  swatchbook.held(element, props.base);
  focus();
});
