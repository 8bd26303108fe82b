/// What one run may take, each with its reason.
package struct RunLimits: Equatable, Sendable {
    /// Answers of the model in one run: a loop that gets nowhere ends.
    package var maximumSteps = 200
    /// Tokens that the model's context holds.
    package var contextWindow = 200_000

    /// 1,000 tool calls of one answer are run; the others get an error as their result.
    package static let maximumCallsPerAnswer = 1_000
    /// Calls that only read and run at once.
    package static let maximumParallelCalls = 8
    /// 400 KB for all results of one answer, half of a context: later ones are cut to a note.
    package static let maximumResultBytesPerAnswer = 400_000
    /// Of a result beyond that.
    package static let maximumLateResultBytes = 500
    /// Summaries of one run: a third one means that summaries don't help.
    package static let maximumCompactions = 3
    /// Times that a refused conversation is mended in one run.
    ///
    /// Without what belongs to one model, then with its tools told as text; what is refused after
    /// that is refused for another reason.
    package static let maximumRepairs = 2
    /// How long cancelled tools may take to be gone before the run ends without them.
    package static let stopTime = Duration.seconds(5)
    /// Beyond the hub's own time for a question: then its answer is taken as a denial.
    package static let lateAnswerTime = Duration.seconds(10)
    /// A report that found no room on the hub's disk is sent again after a second.
    package static let unstoredReportDelay = Duration.seconds(1)

    package init() {}

    /// From here on older turns are summarised: answer and results of a step have to fit on top.
    var compactionTokens: Int { contextWindow / 20 * 17 }
    /// Of the conversation, a compaction keeps about a quarter of the context as it was.
    var keptBytes: Int { contextWindow }
}
