/** The candidate nearest to `word` by edit distance, ignoring case and separators; undefined when none is near. */
export function suggestion(word: string, candidates: readonly string[]): string | undefined {
  const distances = candidates.map((candidate) => ({
    candidate,
    distance: editDistance(plain(word), plain(candidate)),
  }))
  const nearest = distances.sort((a, b) => a.distance - b.distance)[0]
  return nearest && nearest.distance <= mostMistakes(word) ? nearest.candidate : undefined
}

/** Two slips in a short word, one in every three characters of a long one: more is another word. */
function mostMistakes(word: string): number {
  return Math.max(2, Math.floor(word.length / 3))
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_ ]/g, '')
}

/** Levenshtein: the fewest insertions, deletions and replacements of one character that make `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, character] of [...a].entries()) {
    const current = [row + 1]
    for (const [column, other] of [...b].entries()) {
      const replaced = (previous[column] ?? 0) + (character === other ? 0 : 1)
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
