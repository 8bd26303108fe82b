/// One handler of a channel, as its client numbers it.
package typealias HandlerID = Int

/// One call that waits for an outcome.
package typealias CallID = Int

/// What a ``RealtimeStateMachine`` wants done, in this order.
package enum RealtimeAction: Sendable, Equatable {
    /// Ask the program for its token, then `tokenFetched` or `tokenFailed`.
    case fetchToken(ConnectionNumber)
    case open(ConnectionNumber, token: String?)
    case close(ConnectionNumber, code: UInt16)
    case send(RealtimeCommand)
    case changed(ConnectionState)
    case tell(HandlerID, ChannelMessage)
    case report(RealtimeError)
    case answered(CallID, Result<AnswerOutcome, RealtimeError>)
    case ponged(CallID, Result<Duration, RealtimeError>)
}
