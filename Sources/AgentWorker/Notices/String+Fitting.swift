extension String {
    /// The beginning that takes at most so many bytes as a JSON string, and whether it is all.
    ///
    /// Escapes count as long as they are written: a text of control characters grows sixfold. Linear.
    package func fitting(jsonBytes maximum: Int) -> (text: Substring, isWhole: Bool) {
        // Nothing is longer than six bytes: most texts are whole at a glance.
        if utf8.count <= maximum / 6 { return (self[...], true) }
        var used = 0
        var index = unicodeScalars.startIndex
        while index < unicodeScalars.endIndex {
            used += unicodeScalars[index].jsonBytes
            if used > maximum { return (self[..<index], false) }
            index = unicodeScalars.index(after: index)
        }
        return (self[...], true)
    }

    /// The same as one string, with a note where something is missing.
    package func shortened(jsonBytes maximum: Int) -> String {
        let (text, isWhole) = fitting(jsonBytes: maximum)
        return isWhole ? self : "\(text)\n[… shortened: \(utf8.count) bytes in all]"
    }
}

extension Unicode.Scalar {
    fileprivate var jsonBytes: Int {
        switch value {
        case 0x22, 0x5C, 0x08, 0x09, 0x0A, 0x0C, 0x0D: 2
        case 0..<0x20, 0x7F: 6
        case 0..<0x80: 1
        case 0..<0x800: 2
        case 0..<0x10000: 3
        default: 4
        }
    }
}
