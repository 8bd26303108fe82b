/// Writes to file descriptor 2, a whole text at a time, so that lines of threads stay apart.
public enum StandardError {
    /// Blocks while a pipe behind it is full.
    @Sendable public static func write(_ text: String) {
        // What cannot be written is lost: there is no other place to complain.
        _ = WholeWrite.write(text.utf8, to: 2)
    }

    /// Why a process refuses to start, for whoever started it; an error in the journal.
    public static func fail(_ text: String) {
        let isJournal = JournalStream.isStandardError(ProcessEnvironment.variables())
        write(isJournal ? JournalStream.marked(text, .error) : text)
    }
}
