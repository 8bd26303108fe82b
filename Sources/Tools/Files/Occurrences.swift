import CLinux

/// Where a text occurs in a file's bytes: left to right, not overlapping, found in linear time.
///
/// A line feed of a text without carriage returns stands for any line's end; a text with carriage
/// returns is meant byte by byte.
struct Occurrences {
    private let needle: [UInt8]
    /// What is searched: the file, or the file with every line's end as a line feed.
    private let searched: [UInt8]
    private let file: [UInt8]
    private let isExact: Bool

    init(of needle: [UInt8], in file: [UInt8]) {
        self.needle = needle
        self.file = file
        isExact =
            !needle.contains(0x0A) || needle.contains(0x0D) || !file.contains(0x0D)
        searched = isExact ? file : Self.withLineFeeds(file)
    }

    /// How many there are.
    var count: Int {
        var count = 0
        var start = 0
        while let place = Self.first(needle, in: searched, from: start) {
            count += 1
            start = place + needle.count
        }
        return count
    }

    /// Gives each one's range in the file.
    func forEach<Failure: Error>(_ body: (Range<Int>) throws(Failure) -> Void) throws(Failure) {
        var start = 0
        /// The same place in both: what is searched, and the file.
        var place = (searched: 0, file: 0)
        while let found = Self.first(needle, in: searched, from: start) {
            advance(&place, to: found)
            let begin = place.file
            advance(&place, to: found + needle.count)
            try body(begin..<place.file)
            start = found + needle.count
        }
    }

    private func advance(_ place: inout (searched: Int, file: Int), to target: Int) {
        guard !isExact else {
            place = (target, target)
            return
        }
        while place.searched < target {
            let end = LineEnd(file[...], at: place.file)
            place.file += end?.bytes.count ?? 1
            place.searched += 1
        }
    }

    private static func withLineFeeds(_ file: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(file.count)
        var previous: UInt8 = 0
        for byte in file {
            // The line feed of a pair has been put for its carriage return.
            if byte != 0x0A || previous != 0x0D { result.append(byte == 0x0D ? 0x0A : byte) }
            previous = byte
        }
        return result
    }

    /// The first place from `start` on (`memmem(3)`: two-way search, linear in both sizes).
    static func first(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard !needle.isEmpty, start < bytes.count else { return nil }
        return unsafe bytes.withUnsafeBytes { haystack in
            guard let base = haystack.baseAddress,
                let found = unsafe memmem(
                    base + start, UInt(haystack.count - start), needle, UInt(needle.count))
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }
}
