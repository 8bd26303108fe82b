import CLinux

/// Why a replacement can't be made, in words that let the model mend it.
struct EditFailure: Error, Equatable, CustomStringConvertible {
    let description: String
}

/// Applies replacements to a file's bytes; pure.
///
/// Works on bytes, so that what is not UTF-8, a byte order mark and mixed line ends stay as they
/// are.
struct TextEdit {
    /// The result.
    private(set) var bytes: [UInt8]
    /// Where the last change begins in `bytes`.
    private(set) var lastChange = 0
    /// How many places were changed.
    private(set) var changes = 0
    private let endsLinesInCRLF: Bool

    init(_ bytes: [UInt8], endsLinesInCRLF: Bool) {
        self.bytes = bytes
        self.endsLinesInCRLF = endsLinesInCRLF
    }

    /// Makes one replacement, or throws and leaves everything as it was.
    mutating func apply(_ replacement: EditInput.Replacement) throws(EditFailure) {
        let old = inFileForm(replacement.old)
        let new = inFileForm(replacement.new)
        guard !old.isEmpty else {
            throw EditFailure(
                description: "old_string is empty, which makes a new file, but the file has "
                    + "content. Give the text to replace.")
        }
        let places = Self.places(of: old, in: bytes)
        guard let first = places.first else { throw notFound(replacement.old) }
        guard places.count == 1 || replacement.replacesAll else {
            throw EditFailure(
                description: "old_string occurs \(places.count) times. Add lines around it until "
                    + "it occurs once, or set replace_all to change every one.")
        }
        let size = bytes.count + places.count * (new.count - old.count)
        guard size <= ToolLimits.maximumFileBytes else {
            throw EditFailure(
                description: "the file would have \(size) bytes, over the limit of "
                    + "\(ToolLimits.maximumFileBytes).")
        }
        bytes = Self.replace(places, ofLength: old.count, in: bytes, with: new)
        lastChange = first
        changes += places.count
    }

    /// Models write line feeds; a file of CR LF keeps its own.
    private func inFileForm(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard endsLinesInCRLF, !bytes.contains(0x0D) else { return bytes }
        return bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
    }

    private func notFound(_ old: String) -> EditFailure {
        let squeezed = old.split { $0.isWhitespace }
        let text = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
        let isThereButForBlanks =
            squeezed.count > 1 && text.count < 200_000
            && text.indices.contains { text[$0...].starts(with: squeezed) }
        return EditFailure(
            description: "old_string does not occur in the file. "
                + (isThereButForBlanks
                    ? "It does with other blanks or line ends: copy it exactly as Read shows it."
                    : "Read the file again and copy the text exactly, without line numbers."))
    }

    /// Where `needle` begins, left to right, not overlapping; linear (`memmem(3)`).
    static func places(of needle: [UInt8], in bytes: [UInt8]) -> [Int] {
        guard !needle.isEmpty else { return [] }
        var places: [Int] = []
        unsafe bytes.withUnsafeBytes { haystack in
            guard let base = haystack.baseAddress else { return }
            var start = 0
            while let found = unsafe memmem(
                base + start, UInt(haystack.count - start), needle, UInt(needle.count))
            {
                let place = unsafe UnsafeRawPointer(found) - base
                places.append(place)
                start = place + needle.count
            }
        }
        return places
    }

    private static func replace(
        _ places: [Int], ofLength length: Int, in bytes: [UInt8], with new: [UInt8]
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + places.count * (new.count - length))
        var end = 0
        for place in places {
            result += bytes[end..<place]
            result += new
            end = place + length
        }
        return result + bytes[end...]
    }
}
