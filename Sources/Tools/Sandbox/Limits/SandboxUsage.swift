/// How many processes a sandbox has, and between which bounds its memory lies; pure.
package struct SandboxUsage: Sendable, Equatable {
    /// Processes and threads.
    package private(set) var tasks = 0
    /// What is certain: memory file systems, page tables, and parts that were measured.
    package private(set) var leastBytes: Int
    /// Each process counted for the whole of what it maps.
    package private(set) var mostBytes: Int

    /// - Parameter fileBytes: of the sandbox's memory file systems, mapped or not. A file there that
    ///   is mapped counts twice: at most their size too much, and never too little.
    package init(fileBytes: Int) {
        leastBytes = fileBytes
        mostBytes = fileBytes
    }

    package mutating func add(_ process: ProcessMemory) {
        tasks += process.tasks
        leastBytes += process.ownBytes
        mostBytes += process.ownBytes + process.mappedBytes
    }

    /// Of what a process maps, which counted whole until now, so much is its part.
    package mutating func measured(_ process: ProcessMemory, share: Int) {
        let share = min(share, process.mappedBytes)
        leastBytes += share
        mostBytes -= process.mappedBytes - share
    }

    /// What is certain about a limit; nil where only measuring would tell.
    package func isOver(bytes limit: Int) -> Bool? {
        leastBytes > limit ? true : mostBytes <= limit ? false : nil
    }
}
