extension JSONValue {
    /// The compact UTF-8 text of the value, keys in their order, ready to be parsed back to an equal
    /// value: control characters escaped, nothing else, doubles with as many digits as all need.
    ///
    /// A double that is not finite has no JSON form and is a programmer's mistake. The cost is linear
    /// in the value; recursion is as deep as the value, whose depth its maker has limited.
    public func encoded() -> [UInt8] {
        Jansson.encode(self)
    }
}

extension JSONValue {
    /// 15 where every double of the value survives it, so that 0.1 stays 0.1, else 17, which any
    /// double survives: jansson takes one precision for a whole text (`JSON_REAL_PRECISION`).
    var realDigits: Int {
        switch self {
        case .double(let number): number.survives15Digits ? 15 : 17
        case .array(let elements): elements.contains { $0.realDigits == 17 } ? 17 : 15
        case .object(let members): members.contains { $0.value.realDigits == 17 } ? 17 : 15
        case .null, .bool, .integer, .string: 15
        }
    }
}

extension Double {
    /// Whether its shortest text has at most 15 significant digits.
    fileprivate var survives15Digits: Bool {
        let mantissa = description.utf8.prefix { $0 != UInt8(ascii: "e") }
        let digits = mantissa.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.drop { $0 == UInt8(ascii: "0") }.count <= 15
    }
}

extension JSONValue: CustomStringConvertible {
    /// The compact JSON text.
    public var description: String {
        String(decoding: encoded(), as: UTF8.self)
    }
}
