/// The path and query of a request as the client sent them, taken apart before they are decoded,
/// so that an escaped slash never makes a segment of its own.
package struct RequestTarget: Equatable {
    /// Decoded; empty where the path is not one that any route could have.
    package let segments: [String]
    /// Decoded names and values in their order.
    package let query: [(name: String, value: String)]
    /// Names of parameters that could not be decoded.
    package let malformedQuery: [String]

    package init(path: String, query: String?) {
        segments = Self.segments(path) ?? []
        var pairs: [(name: String, value: String)] = []
        var malformed: [String] = []
        for part in (query ?? "").split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Percent.decode(halves[0], plusIsSpace: true)
            let value = Percent.decode(halves.count == 2 ? halves[1] : "", plusIsSpace: true)
            if let name, let value {
                pairs.append((name, value))
            } else {
                malformed.append(name ?? "")
            }
        }
        self.query = pairs
        malformedQuery = malformed
    }

    private static func segments(_ path: String) -> [String]? {
        guard path.hasPrefix("/") else { return nil }
        var segments: [String] = []
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let segment = Percent.decode(part), !segment.isEmpty, segment != ".",
                segment != "..", !segment.utf8.contains(0)
            else { return nil }
            segments.append(segment)
        }
        return segments
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.segments == right.segments && left.malformedQuery == right.malformedQuery
            && left.query.elementsEqual(right.query) { $0 == $1 }
    }
}
