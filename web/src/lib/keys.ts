/** Whether a key is free for the page's own use: nobody types, no dialog has it, and it is no shortcut of the browser. */
export function isFree(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target instanceof Element ? event.target : null;
  return !isTyping(target) && !target?.closest('dialog, [role=dialog], [popover]');
}

/** Text fields have keys and an undo of their own. */
export function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return ['text', 'number', 'search'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
