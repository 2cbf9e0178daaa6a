// A tree walked with the arrow keys (the ARIA pattern): up and down go along what is shown, right opens a branch or enters it, left closes it or
// leaves it, Home and End go to the ends. The focus and what is folded live here; what the tree holds is the page's.

function shown(tree) {
  return [...tree.querySelectorAll('[role="treeitem"]')].filter(item => !item.parentElement.closest('[aria-expanded="false"]'));
}

function focus(tree, item) {
  if (!item) {
    return;
  }
  for (const other of tree.querySelectorAll('[role="treeitem"]')) {
    other.tabIndex = other === item ? 0 : -1;
  }
  item.focus();
}

function fold(item, closed) {
  item.setAttribute('aria-expanded', closed ? 'false' : 'true');
}

function go(tree, item, key) {
  const items = shown(tree);
  const at = items.indexOf(item);
  const expanded = item.getAttribute('aria-expanded');
  switch (key) {
    case 'ArrowDown': return focus(tree, items[at + 1]);
    case 'ArrowUp': return focus(tree, items[at - 1]);
    case 'Home': return focus(tree, items[0]);
    case 'End': return focus(tree, items.at(-1));
    case 'ArrowRight': return expanded === 'false' ? fold(item, false) : expanded === 'true' ? focus(tree, items[at + 1]) : undefined;
    case 'ArrowLeft': return expanded === 'true' ? fold(item, true) : focus(tree, item.parentElement.closest('[role="treeitem"]'));
    default: return expanded && fold(item, expanded === 'true');
  }
}

const keys = ['ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'Enter', ' '];

export function open(tree) {
  const onKey = event => {
    if (keys.includes(event.key) && event.target.matches('[role="treeitem"]') && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      go(tree, event.target, event.key);
    }
  };
  const onClick = event => {
    const item = event.target.closest('[role="treeitem"]');
    if (item && getSelection().isCollapsed) {
      focus(tree, item);
      if (event.target.closest('.trace-row') && item.hasAttribute('aria-expanded')) {
        fold(item, item.getAttribute('aria-expanded') === 'true');
      }
    }
  };
  tree.addEventListener('keydown', onKey);
  tree.addEventListener('click', onClick);
  return {
    dispose() {
      tree.removeEventListener('keydown', onKey);
      tree.removeEventListener('click', onClick);
    },
  };
}
