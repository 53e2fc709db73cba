// The core build has no type file of its own.
declare module 'sortablejs/modular/sortable.core.esm.js' {
  export { default } from 'sortablejs'
}
