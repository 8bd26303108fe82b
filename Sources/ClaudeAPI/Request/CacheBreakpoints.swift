/// Where a request's prefix is to be cached: at most four places, in the order tools, system,
/// messages.
///
/// The last tool and the last system block end what stays the same for a whole session. The last
/// message is what the next request continues; the one of the user before it was the last of the
/// request before, so that its cache is found also when many blocks came since.
struct CacheBreakpoints: Equatable {
    static let maximum = 4

    /// Marks the last of them.
    let tools: Bool
    let system: Bool
    /// Message and block in it, at most two.
    let blocks: [Place]

    struct Place: Equatable {
        let message: Int
        let block: Int
    }

    init(_ request: MessagesRequest) {
        tools = !request.tools.isEmpty
        system = request.system.contains { !$0.isEmpty }
        var places: [Place] = []
        for (index, message) in request.messages.enumerated().reversed() where places.count < 2 {
            guard message.role == .user || places.isEmpty,
                let block = message.content.lastIndex(where: \.isCacheable)
            else { continue }
            places.append(Place(message: index, block: block))
        }
        blocks = places
    }
}

extension ContentBlock {
    /// The API takes no breakpoint on thinking and none on an empty text.
    fileprivate var isCacheable: Bool {
        switch self {
        case .text(let text): !text.isEmpty
        case .toolUse, .toolResult: true
        case .thinking, .redactedThinking, .other: false
        }
    }
}
