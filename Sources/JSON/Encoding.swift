extension JSONValue {
    /// The compact UTF-8 text of the value, keys in their order, ready to be parsed back to an equal
    /// value: doubles are written with 17 digits, control characters escaped, nothing else.
    ///
    /// A double that is not finite has no JSON form and is a programmer's mistake. The cost is linear
    /// in the value; recursion is as deep as the value, whose depth its maker has limited.
    public func encoded() -> [UInt8] {
        Jansson.encode(self)
    }
}

extension JSONValue: CustomStringConvertible {
    /// The compact JSON text.
    public var description: String {
        String(decoding: encoded(), as: UTF8.self)
    }
}
