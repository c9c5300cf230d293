// Draws a page that holds all it needs as a PNG: laid out in a frame where nothing runs, then drawn as an SVG image.
// `width` is in CSS pixels; the picture has two of its own for each, and no more than 4000 CSS pixels of height.
async function picture(html, width) {
  const tallest = 4000;
  const scale = 2;
  const frame = document.createElement('iframe');
  frame.sandbox = 'allow-same-origin'; // read from here, with its scripts off
  frame.setAttribute('aria-hidden', 'true');
  frame.tabIndex = -1;
  frame.style.cssText = `position:fixed;left:-100000px;top:0;width:${width}px;height:${tallest}px;border:0;visibility:hidden`;
  frame.srcdoc = html;
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  document.body.append(frame);
  try {
    await loaded;
    const page = frame.contentDocument;
    const root = page.documentElement;
    await page.fonts.ready;
    const whole = Math.ceil(page.body.getBoundingClientRect().height);
    root.classList.toggle('cut', whole > tallest);
    const height = Math.max(1, Math.min(whole, tallest));
    const back = frame.contentWindow.getComputedStyle(root).backgroundColor;
    // XML has no place for these two, whatever wrote them.
    const markup = new XMLSerializer().serializeToString(root).replace(/[\ufffe\uffff]/g, '\ufffd');
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width * scale}" height="${height * scale}"` +
      ` viewBox="0 0 ${width} ${height}"><foreignObject width="100%" height="100%">${markup}</foreignObject></svg>`;
    const image = new Image();
    // Not a blob's address: from one, Chromium would not let the canvas be read again.
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext('2d');
    pen.fillStyle = back;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas gave no picture'))), 'image/png');
    });
  } finally {
    frame.remove();
  }
}
