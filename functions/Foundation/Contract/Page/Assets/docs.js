// The page reads without this. It adds the search, and opens what the address points at.
(() => {
  const operations = [...document.querySelectorAll('.operation')];
  const text = new Map(operations.map(o => [o, o.textContent.toLowerCase()]));
  const sections = [...document.querySelectorAll('section.tag')];
  const links = new Map([...document.querySelectorAll('nav [data-for]')].map(a => [a.dataset.for, a.parentElement]));
  const field = document.getElementById('q');
  const hits = document.getElementById('hits');
  const contents = document.querySelector('nav > details');
  const nothing = Object.assign(document.createElement('p'), { className: 'nothing', textContent: 'Nothing has all of these words.', hidden: true });
  document.getElementById('content').append(nothing);

  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const operation of operations) {
      const shown = words.every(word => text.get(operation).includes(word));
      operation.hidden = !shown;
      links.get(operation.id).hidden = !shown;
      count += shown ? 1 : 0;
    }
    for (const section of sections) {
      section.hidden = words.length > 0 && !section.querySelector('.operation:not([hidden])');
    }
    for (const group of document.querySelectorAll('nav .group')) {
      group.hidden = words.length > 0 && !group.querySelector('li:not([hidden])');
    }
    document.querySelector('.intro').hidden = words.length > 0;
    nothing.hidden = count > 0;
    hits.textContent = words.length > 0 ? `${count} of ${operations.length}` : '';
  };

  const openTarget = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) {
      return;
    }
    if (target.closest('[hidden]')) {
      field.value = '';
      search();
    }
    if (target.matches('.operation')) {
      target.open = true;
    }
    target.scrollIntoView();
  };

  document.querySelector('.search').hidden = false;
  if (matchMedia('(max-width: 56rem)').matches) {
    contents.open = false;
  }
  field.addEventListener('input', search);
  addEventListener('hashchange', openTarget);
  addEventListener('keydown', event => {
    if (event.key === '/' && document.activeElement !== field) {
      event.preventDefault();
      field.focus();
    } else if (event.key === 'Escape' && document.activeElement === field) {
      field.value = '';
      search();
    }
  });
  openTarget();
})();
