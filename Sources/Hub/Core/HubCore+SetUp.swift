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
    }

    private func setUpEviction() {
        alarms.on(.evict) { [unowned self] iteration in
            channels.evict(at: iteration.clock)
            sessions.evict()
            alarms.set(.evict, at: iteration.clock + .seconds(30))
        }
        alarms.set(.evict, at: .zero)
    }
}
