/** Served from the package as `uplot.js`. */
export { default } from 'uplot'
