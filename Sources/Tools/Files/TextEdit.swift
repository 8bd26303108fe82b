/// Why a replacement can't be made, in words that let the model mend it.
struct EditFailure: Error, Equatable, CustomStringConvertible {
    let description: String
}

/// Applies replacements to a file's bytes; pure.
///
/// Works on bytes, so that what is not UTF-8, a byte order mark and mixed line ends stay as they
/// are. A line feed in `old_string` matches any line's end. In `new_string` the first stands for
/// the first end of the text that goes, the second for the second, and so on; further ones are like
/// the last of those, or as most lines of the file end where the text had none. A text with a
/// carriage return is taken byte by byte.
struct TextEdit {
    /// The result.
    private(set) var bytes: [UInt8]
    /// Where the last change begins in `bytes`.
    private(set) var lastChange = 0
    /// How many places were changed.
    private(set) var changes = 0
    private let usualEnd: LineEnd

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let counts = LineEnd.counts(in: bytes[...])
        // A line feed where they are equally frequent, also in a file without lines.
        usualEnd =
            LineEnd.allCases.max { counts[$0, default: 0] < counts[$1, default: 0] } ?? .lineFeed
    }

    /// Makes one replacement, or throws and leaves everything as it was.
    mutating func apply(_ replacement: EditInput.Replacement) throws(EditFailure) {
        let old = Array(replacement.old.utf8)
        guard !old.isEmpty else {
            throw EditFailure(
                description: "old_string is empty, which makes a new file, but the file has "
                    + "content. Give the text to replace.")
        }
        let places = Occurrences(of: old, in: bytes)
        let count = places.count
        guard count > 0 else { throw notFound(old) }
        guard count == 1 || replacement.replacesAll else {
            throw EditFailure(
                description: "old_string occurs \(count) times. Add lines around it until "
                    + "it occurs once, or set replace_all to change every one.")
        }
        let (result, last) = try replace(places, with: Array(replacement.new.utf8))
        bytes = result
        lastChange = last
        changes += count
    }

    private func replace(
        _ places: Occurrences, with new: [UInt8]
    ) throws(EditFailure) -> (bytes: [UInt8], last: Int) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var (end, last) = (0, 0)
        try places.forEach { place throws(EditFailure) in
            result += bytes[end..<place.lowerBound]
            last = result.count
            result += inFileForm(new, for: bytes[place])
            end = place.upperBound
            guard result.count + bytes.count - end <= ToolLimits.maximumFileBytes else {
                throw EditFailure(
                    description: "the file would have more than \(ToolLimits.maximumFileBytes) "
                        + "bytes, which is the limit.")
            }
        }
        return (result + bytes[end...], last)
    }

    private func inFileForm(_ new: [UInt8], for old: ArraySlice<UInt8>) -> [UInt8] {
        guard new.contains(0x0A), !new.contains(0x0D) else { return new }
        var ends: [LineEnd] = []
        LineEnd.forEach(in: old) { ends.append($0) }
        return LineEnd.put(ends.isEmpty ? [usualEnd] : ends, into: new)
    }

    private func notFound(_ old: [UInt8]) -> EditFailure {
        let wanted = Self.squeezed(old)
        let isThereButForBlanks =
            wanted.contains(0x20) && Occurrences(of: wanted, in: Self.squeezed(bytes)).count > 0
        return EditFailure(
            description: "old_string does not occur in the file. "
                + (isThereButForBlanks
                    ? "It does with other blanks or line ends: copy it exactly as Read shows it."
                    : "Read the file again and copy the text exactly, without line numbers."))
    }

    /// Each run of blanks and line ends as one blank, none at both ends.
    private static func squeezed(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isPending = false
        for byte in bytes {
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                isPending = !result.isEmpty
            } else {
                if isPending { result.append(0x20) }
                isPending = false
                result.append(byte)
            }
        }
        return result
    }
}
