/// Finds what somebody meant who typed it wrongly.
enum Nearest {
    /// The candidate that is fewest edits away from the word; nil when none is near: more than a third of the word, and
    /// at least one letter, would have to change.
    static func word(to typed: String, of candidates: [String]) -> String? {
        let limit = max(1, typed.count / 3)
        let ranked = candidates.map { (candidate: $0, distance: distance(typed, $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
        return best.candidate
    }

    /// How many letters have to be put in, left out, changed or swapped with their neighbour (optimal string alignment).
    static func distance(_ first: String, _ second: String) -> Int {
        let a = Array(first)
        let b = Array(second)
        var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count { rows[i][0] = i }
        for j in 0...b.count { rows[0][j] = j }
        for i in a.indices {
            for j in b.indices {
                var best = min(rows[i][j + 1], rows[i + 1][j]) + 1
                best = min(best, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                rows[i + 1][j + 1] = best
            }
        }
        return rows[a.count][b.count]
    }
}
