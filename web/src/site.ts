/** The page without a server: as main.ts, and the service worker that makes it work offline. */
import { mount } from 'svelte';
import Loading from './browser/Loading.svelte';
import './main';

mount(Loading, { target: document.body });

if ('serviceWorker' in navigator) {
  void navigator.serviceWorker.register('sw.js').catch(() => {}); // not over plain http: the page works all the same
}
