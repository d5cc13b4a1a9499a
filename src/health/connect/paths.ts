/** Workers of Kafka Connect take every path with a slash at its end as well, and kcctl asks so. */
export function eitherWay(path: string): string[] {
  return [path, `${path}/`]
}
