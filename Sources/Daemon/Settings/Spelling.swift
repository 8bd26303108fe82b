/// Finds the name that somebody probably meant.
enum Spelling {
    /// The known name with the fewest edits from `word`, if it is at most a third of its length.
    ///
    /// A name of up to 128 characters is compared; cost is word × known characters.
    static func nearest(to word: String, among known: [String]) -> String? {
        guard word.utf8.count <= 128 else { return nil }
        let ranked = known.map { (name: $0, distance: distance($0, word)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance * 3 <= word.utf8.count ? best.name : nil
    }

    /// Levenshtein's distance over bytes, letters compared without case.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased().utf8)
        let right = Array(right.lowercased().utf8)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
            }
        }
        return row[right.count]
    }
}
