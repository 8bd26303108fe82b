/// Puts the hub's own parts together: operations and alarms, a file a group.
extension HubCore {
    func setUpOwnParts() {
        setUpAuthOperations()
        setUpKeyOperations()
        setUpTeamOperations()
        setUpUserOperations()
        setUpOwnerOperations()
        setUpHistoryOperation()
        setUpConfigOperations()
        setUpStatusOperations()
        setUpPruning()
        setUpEviction()
        setUpStorage()
    }

    private func setUpStorage() {
        // The trial itself comes before the transaction; the alarm sees to there being one.
        alarms.on(.storage) { _ in }
    }

    private func setUpEviction() {
        alarms.on(.evict) { [unowned self] iteration in
            channels.evict(at: iteration.clock)
            sessions.evict()
            lookAtSpace()
            alarms.set(.evict, at: iteration.clock + .seconds(30))
        }
        alarms.set(.evict, at: .zero)
    }
}
