import ClaudeAPI
import HTTPClient
import Testing
import TestSupport

struct RetryTests {
    private func advice(_ headers: [(name: String, value: String)]) -> RetryAdvice {
        RetryAdvice(headers: headers)
    }

    private func error(_ status: Int, _ advice: RetryAdvice = RetryAdvice()) -> ClaudeError {
        .api(APIError(kind: .unknown, status: status, message: "", advice: advice))
    }

    @Test func `milliseconds win over seconds, and seconds over nothing`() {
        #expect(
            advice([("retry-after-ms", "250"), ("retry-after", "9")]).after == .milliseconds(250))
        #expect(advice([("retry-after", "1.5")]).after == .milliseconds(1_500))
        #expect(advice([("retry-after", "soon")]).after == nil)
        #expect(advice([("retry-after", "-1")]).after == nil)
        #expect(advice([("retry-after", "1e99")]).after == nil)
        #expect(advice([]).after == nil)
    }

    @Test func `a date counts from the answer's own date`() {
        let headers = [
            (name: "date", value: "Sun, 06 Nov 1994 08:49:37 GMT"),
            (name: "retry-after", value: "Sun, 06 Nov 1994 08:50:07 GMT"),
        ]
        #expect(advice(headers).after == .seconds(30))
    }

    @Test func `x-should-retry wins over the status`() {
        #expect(!error(529, advice([("x-should-retry", "false")])).canRetry)
        #expect(error(400, advice([("x-should-retry", "true")])).canRetry)
    }

    @Test(arguments: [
        (400, false), (401, false), (403, false), (404, false), (408, true), (409, true),
        (413, false), (422, false), (429, true), (500, true), (503, true), (529, true),
    ])
    func `statuses that can pass are tried again`(_ status: Int, _ canRetry: Bool) {
        #expect(error(status).canRetry == canRetry)
    }

    @Test func `a certificate that is not trusted is not tried again`() {
        func failure(_ cause: HTTPClientError.Cause) -> ClaudeError {
            .connection(HTTPClientError(cause: cause, origin: "https://a", reason: "r"))
        }
        #expect(!failure(.tls).canRetry)
        #expect(failure(.unreachable).canRetry)
        #expect(failure(.timedOut).canRetry)
    }

    @Test(arguments: seeds)
    func `delays grow under a doubling ceiling, and attempts end`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var schedule = RetrySchedule(
            RetryPolicy(
                maximumAttempts: 5, firstDelay: .milliseconds(100), maximumDelay: .milliseconds(250)
            ))
        var delays: [Duration] = []
        while let delay = schedule.next(after: error(500), using: &random) { delays.append(delay) }
        #expect(delays.count == 4)
        for (delay, ceiling) in zip(delays, [100, 200, 250, 250]) {
            #expect(delay <= .milliseconds(ceiling))
        }
    }

    @Test func `the server's delay is taken as it is, and one too long ends the attempts`() {
        var random = SplitMix64(seed: 1)
        var schedule = RetrySchedule(RetryPolicy())
        let patient = error(429, RetryAdvice(after: .seconds(60)))
        #expect(schedule.next(after: patient, using: &random) == .seconds(60))
        let impatient = error(429, RetryAdvice(after: .seconds(61)))
        #expect(schedule.next(after: impatient, using: &random) == nil)
    }
}
