/// The members of a JSON object in the order in which they came.
///
/// Keys differ when their bytes differ: unlike `String`, no Unicode normalisation makes two keys
/// one, because jansson and every peer see two. A look-up walks the members, which for the dozen
/// keys of a message is faster than hashing; iterate over objects that may be large.
public struct JSONObject: Sendable, Equatable {
    private var members: [(key: String, value: JSONValue)]

    public init() {
        members = []
    }

    /// Takes the members in order; of two with the same key the later value stays.
    public init(_ elements: some Sequence<(String, JSONValue)>) {
        members = []
        for (key, value) in elements {
            self[key] = value
        }
    }

    /// Takes members whose keys are known to differ, as the parser guarantees.
    init(uniqueMembers: [(key: String, value: JSONValue)]) {
        members = uniqueMembers
    }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }

    /// The value of `key`.
    ///
    /// Setting keeps the place of a key that is there, appends a new one, and
    /// `nil` removes the member (store `.null` to write a null).
    public subscript(key: String) -> JSONValue? {
        get { index(of: key).map { members[$0].value } }
        set {
            switch (index(of: key), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// The same members with other values, without those that `change` gives nil for; linear.
    public func compactMapValues(_ change: (JSONValue) -> JSONValue?) -> JSONObject {
        JSONObject(
            uniqueMembers: members.compactMap { key, value in change(value).map { (key, $0) } })
    }

    private func index(of key: String) -> Int? {
        members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
    }

    /// Objects are equal when they hold the same members in any order (RFC 8259 §4).
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> {
        members.makeIterator()
    }

    public var underestimatedCount: Int { members.count }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }
}
