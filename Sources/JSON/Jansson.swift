import CJansson

/// The only place that holds jansson's pointers.
///
/// A tree of jansson values lives for one call on one thread and is released before it returns:
/// its counts and containers are never shared.
enum Jansson {
    private typealias Node = UnsafeMutablePointer<json_t>

    /// Parses with `json_loadb`.
    ///
    /// The caller has limited the nesting.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> Result<JSONValue, JSONError> {
        var failure = json_error_t()
        guard let root = unsafe load(bytes, &failure) else {
            return .failure(JSONError(failure))
        }
        defer { unsafe json_decref(root) }
        return .success(unsafe value(of: root))
    }

    /// Encodes with `json_dumpb`, first into a kilobyte of stack, which holds most messages.
    static func encode(_ value: JSONValue) -> [UInt8] {
        let root = unsafe node(of: value)
        defer { unsafe json_decref(root) }
        let flags = JSON_COMPACT | JSON_ENCODE_ANY | Int32(value.realDigits) << 11
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { small in
            let size = unsafe dump(root, flags, into: small)
            if size <= small.count {
                return unsafe [UInt8](
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(small)[..<size]))
            }
            return unsafe [UInt8](unsafeUninitializedCapacity: size) { large, count in
                count = unsafe large.withMemoryRebound(to: CChar.self) {
                    unsafe dump(root, flags, into: $0)
                }
            }
        }
    }

    private static func load(
        _ bytes: UnsafeRawBufferPointer, _ failure: inout json_error_t
    ) -> Node? {
        let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)
        guard let start = bytes.baseAddress else {
            // An empty buffer may have no address, which jansson takes for a wrong argument.
            return unsafe json_loadb("", 0, flags, &failure)
        }
        return unsafe json_loadb(
            start.assumingMemoryBound(to: CChar.self), bytes.count, flags, &failure)
    }

    private static func dump(
        _ root: Node, _ flags: Int32, into buffer: UnsafeMutableBufferPointer<CChar>
    ) -> Int {
        let size = unsafe json_dumpb(root, buffer.baseAddress, buffer.count, Int(flags))
        precondition(size > 0, "jansson could not encode a value that it has made")
        return size
    }
}

// MARK: - From jansson

extension Jansson {
    private static func value(of node: Node) -> JSONValue {
        switch unsafe node.pointee.type {
        case JSON_OBJECT: unsafe .object(object(of: node))
        case JSON_ARRAY: unsafe .array(array(of: node))
        case JSON_STRING:
            unsafe .string(string(json_string_value(node), json_string_length(node)))
        case JSON_INTEGER: unsafe .integer(json_integer_value(node))
        case JSON_REAL: unsafe .double(json_real_value(node))
        case JSON_TRUE: .bool(true)
        case JSON_FALSE: .bool(false)
        default: .null
        }
    }

    private static func object(of node: Node) -> JSONObject {
        var members: [(key: String, value: JSONValue)] = []
        members.reserveCapacity(unsafe json_object_size(node))
        var place = unsafe json_object_iter(node)
        while let member = unsafe place {
            let key = unsafe string(json_object_iter_key(member), json_object_iter_key_len(member))
            if let child = unsafe json_object_iter_value(member) {
                members.append((key, unsafe value(of: child)))
            }
            unsafe place = json_object_iter_next(node, member)
        }
        return JSONObject(uniqueMembers: members)
    }

    private static func array(of node: Node) -> [JSONValue] {
        var elements: [JSONValue] = []
        let count = unsafe json_array_size(node)
        elements.reserveCapacity(count)
        for index in 0..<count {
            if let child = unsafe json_array_get(node, index) {
                elements.append(unsafe value(of: child))
            }
        }
        return elements
    }

    private static func string(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}

// MARK: - To jansson

extension Jansson {
    /// Makes a tree that the caller owns.
    private static func node(of value: JSONValue) -> Node {
        switch value {
        case .null: unsafe made(json_null())
        case .bool(let flag): unsafe made(flag ? json_true() : json_false())
        case .integer(let number): unsafe made(json_integer(number))
        case .double(let number): unsafe real(number)
        case .string(let text): unsafe string(text)
        case .array(let elements): unsafe array(elements)
        case .object(let members): unsafe object(members)
        }
    }

    private static func real(_ number: Double) -> Node {
        precondition(number.isFinite, "JSON has no form for the double \(number)")
        return unsafe made(json_real(number))
    }

    /// Swift's strings are valid UTF-8, so jansson need not check it again.
    private static func string(_ text: String) -> Node {
        var text = text
        return text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe made(json_stringn_nocheck(address(of: characters), characters.count))
            }
        }
    }

    private static func array(_ elements: [JSONValue]) -> Node {
        let parent = unsafe made(json_array())
        for element in elements {
            let status = unsafe json_array_append_new(parent, node(of: element))
            precondition(status == 0, "no memory for a JSON array of \(elements.count) elements")
        }
        return unsafe parent
    }

    private static func object(_ members: JSONObject) -> Node {
        let parent = unsafe made(json_object())
        for (key, value) in members {
            let child = unsafe node(of: value)
            var key = key
            let status = key.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    unsafe json_object_setn_new_nocheck(
                        parent, address(of: characters), characters.count, child)
                }
            }
            precondition(status == 0, "no memory for a JSON object of \(members.count) members")
        }
        return unsafe parent
    }

    /// The address of the characters; jansson refuses a null pointer, which an empty string may have.
    private static func address(
        of characters: UnsafeBufferPointer<CChar>
    ) -> UnsafePointer<CChar> {
        unsafe characters.baseAddress ?? emptyText
    }

    /// One zero byte, allocated once and kept for the life of the process.
    nonisolated(unsafe) private static let emptyText: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        unsafe byte.initialize(to: 0)
        return unsafe UnsafePointer(byte)
    }()

    /// Running out of memory for a few bytes ends the process, as it does everywhere in Swift.
    private static func made(_ node: Node?) -> Node {
        guard let node = unsafe node else { preconditionFailure("no memory for a JSON value") }
        return unsafe node
    }
}

extension JSONError {
    /// Translates what jansson reports; its text is dropped, because it quotes the peer.
    init(_ failure: json_error_t) {
        let code = unsafe withUnsafePointer(to: failure) { unsafe json_error_code($0) }
        self.init(
            reason: Reason(code), line: Int(failure.line),
            column: Int(failure.column), position: Int(failure.position))
    }
}

extension JSONError.Reason {
    fileprivate init(_ code: json_error_code) {
        self =
            switch code {
            case json_error_premature_end_of_input: .truncated
            case json_error_invalid_utf8: .invalidUTF8
            case json_error_end_of_input_expected: .trailingBytes
            case json_error_duplicate_key: .duplicateKey
            case json_error_null_byte_in_key: .zeroInKey
            case json_error_numeric_overflow: .numberOutOfRange
            case json_error_stack_overflow: .tooDeep
            case json_error_out_of_memory: .outOfMemory
            default: .syntax
            }
    }
}
