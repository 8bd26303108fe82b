import JSON

/// A text put together from pieces, which may be cut within a surrogate pair.
struct JoinedText: Sendable {
    private(set) var text = ""
    /// A high surrogate that waits for its other half.
    private var half: UInt16?
    /// Whether a pair was put together.
    private(set) var hasJoined = false

    var isEmpty: Bool { text.isEmpty && half == nil }

    /// - Returns: what is known by this piece.
    mutating func append(_ piece: JSONText) -> String {
        guard !piece.isEmpty else { return "" }
        var known = ""
        switch (half, piece.leading) {
        case (let high?, let low?):
            known.unicodeScalars.append(UnicodeScalarPair(high, low).scalar)
            hasJoined = true
        case (nil, nil): break
        default: known = "\u{FFFD}"
        }
        half = piece.trailing
        known += piece.text
        text += known
        return known
    }

    /// Nothing follows.
    var whole: String { half == nil ? text : text + "\u{FFFD}" }
}
