/// Why there is no sandbox, in words for the model.
struct StageFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static func changed(_ path: String) -> StageFailure {
        StageFailure(
            "\(path) was moved or replaced by something else just now: try again. "
                + Stage.nothingWasRun)
    }
}
