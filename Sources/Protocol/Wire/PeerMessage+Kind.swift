extension PeerMessage {
    /// Which message it is: the word on the wire.
    public enum Kind: String, Sendable, CaseIterable {
        case subscribe
        case read
        case resume
        case release
        case publish
        case call
        case used
        case stats
        case ready
        case kept
        case report
    }

    public var kind: Kind {
        switch self {
        case .subscribe: .subscribe
        case .read: .read
        case .resume: .resume
        case .release: .release
        case .publish: .publish
        case .call: .call
        case .used: .used
        case .stats: .stats
        case .ready: .ready
        case .kept: .kept
        case .report: .report
        }
    }
}
