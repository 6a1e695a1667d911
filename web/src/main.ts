import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import { startRouter } from './lib/router.svelte'
import './map/map.css'

startRouter()
mount(App, { target: document.getElementById('app')! })
