import Daemon
import Logging
import Protocol
import Realtime
import Store

/// Taking over edits of the watched files, and announcing each exactly once.
extension HubCore {
    /// Reads both files now and takes over what changed while no hub was running.
    ///
    /// Blocks: before the loop runs. What changed is counted, and workers that connect see it.
    package func filesAtStart() -> HubTask {
        let contents = WatchedFile.allCases.map { WatchedContent(reading: $0, configDirectory) }
        return HubTask("configuration at start") { [unowned self] iteration in
            for content in contents { try takeOver(content, iteration) }
        }
    }

    /// Has both files read on the files thread.
    package func lookAtFiles() {
        let directory = configDirectory
        let isTaken = desks.files.offload("configuration", reply: nil) {
            WatchedFile.allCases.map { WatchedContent(reading: $0, directory) }
        } then: { [unowned self] contents, iteration in
            for content in contents { try takeOver(content, iteration) }
        }
        if !isTaken {
            logger.error("the configuration was not read: the files thread has too much to do")
        }
    }

    /// Puts a valid content into effect and announces it, unless it is the one in effect already.
    func takeOver(_ content: WatchedContent, _ iteration: Iteration) throws {
        let file = content.file
        if file == .theme, case .valid(let document, _) = content.verdict { theme = document }
        let known = try iteration.store.generation(of: file)
        guard content.digest != known?.digest else {
            refusedContent[file] = nil
            return
        }
        guard case .valid(_, let settings) = content.verdict else { return refuse(content) }
        refusedContent[file] = nil
        // A database that knows no content yet has nothing to announce.
        let count = known.map { $0.count + 1 } ?? 0
        try iteration.store.put(GenerationRow(count: count, digest: content.digest), of: file)
        let old = (generations, self.settings)
        iteration.onRollback { [self] in (generations, self.settings) = old }
        generations[file] = count
        if let settings { self.settings = settings }
        guard known != nil else { return }
        announce(file, iteration)
    }

    private func announce(_ file: WatchedFile, _ iteration: Iteration) {
        metrics.configChange("announced")
        logger.notice("\(file.fileName) changed and is in effect")
        let text = ControlMessage.configChanged(file)
            .text(at: iteration.now, eventID: Fresh.eventID())
        iteration.broadcast(.announcement(generations, text: text), to: peers.workers)
    }

    /// Once per content, not once per look at it.
    private func refuse(_ content: WatchedContent) {
        guard case .invalid(let problems) = content.verdict,
            refusedContent[content.file] != content.digest
        else { return }
        refusedContent[content.file] = content.digest
        metrics.configChange("invalid")
        logger.error(
            "\(content.file.fileName) is not taken over, the old content stays in effect",
            metadata: ["problems": "\(problems)"])
    }
}
