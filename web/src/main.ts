import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');
target.replaceChildren(); // what was there for browsers that start no script
mount(App, { target });
