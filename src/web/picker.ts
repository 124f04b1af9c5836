/**
 * Runs in the app that is previewed, not in the manager: lets a person point at an element, and tells the page around it
 * which one. It says nothing that the app could not say itself.
 */
(() => {
  if (window.parent === window) return;
  const MAX_HTML = 600;
  const MAX_TEXT = 200;
  let frame: HTMLElement | undefined;

  /** Where an element is, in a few words that still find it. */
  const selectorOf = (element: Element): string => {
    const parts: string[] = [];
    for (
      let at: Element | null = element;
      at && at !== document.body && parts.length < 6;
      at = at.parentElement
    ) {
      if (at.id !== '') {
        parts.unshift(`#${CSS.escape(at.id)}`);
        break;
      }
      const same = [...(at.parentElement?.children ?? [])].filter(({ tagName }) => tagName === at!.tagName);
      const name = at.tagName.toLowerCase();
      parts.unshift(same.length > 1 ? `${name}:nth-of-type(${same.indexOf(at) + 1})` : name);
    }
    return parts.join(' > ');
  };

  const mark = ({ target }: MouseEvent) => {
    if (!frame || !(target instanceof Element)) return;
    const { left, top, width, height } = target.getBoundingClientRect();
    Object.assign(frame.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
  };
  const pick = (event: MouseEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const { target } = event;
    stop();
    if (!(target instanceof Element)) return;
    window.parent.postMessage(
      {
        kino: 'picked',
        selector: selectorOf(target),
        text: (target.textContent ?? '').trim().slice(0, MAX_TEXT),
        html: target.outerHTML.slice(0, MAX_HTML),
        path: location.pathname + location.search,
      },
      '*',
    );
  };
  const leave = ({ key }: KeyboardEvent) => {
    if (key !== 'Escape') return;
    stop();
    window.parent.postMessage({ kino: 'left' }, '*');
  };
  const stop = () => {
    frame?.remove();
    frame = undefined;
    window.removeEventListener('mousemove', mark, true);
    window.removeEventListener('click', pick, true);
    window.removeEventListener('keydown', leave, true);
  };
  const start = () => {
    stop();
    frame = document.createElement('div');
    Object.assign(frame.style, {
      ...{ position: 'fixed', zIndex: '2147483647', pointerEvents: 'none' },
      ...{ outline: '2px solid #0f766e', background: 'rgb(15 118 110 / 15%)' },
    });
    document.documentElement.append(frame);
    window.addEventListener('mousemove', mark, true);
    window.addEventListener('click', pick, true);
    window.addEventListener('keydown', leave, true);
  };
  window.addEventListener('message', ({ data, source }) => {
    if (source !== window.parent || data?.kino !== 'pick') return;
    if (data.on === true) start();
    else stop();
  });
})();
